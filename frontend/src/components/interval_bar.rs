//! A share as a bar of three parts: holds, unknown (hatched), fails. The number is beside it, not in it.

use leptos::prelude::*;
use shared::api::kpis::KpiValue;
use shared::model::ratio::Ratio;

use crate::format;

/// The counts of a KPI, when it is a share with a population.
pub fn ratio(kpi: &KpiValue) -> Option<Ratio> {
    let ratio = Ratio {
        pass: kpi.pass?,
        fail: kpi.fail?,
        unknown: kpi.unknown.unwrap_or(0),
    };
    (ratio.population() > 0).then_some(ratio)
}

/// The bar alone: the same numbers stand beside it as text.
#[component]
pub fn IntervalBar(
    ratio: Ratio,
    /// A target between 0 and 1.
    #[prop(optional_no_strip)]
    target: Option<f64>,
) -> impl IntoView {
    let total = ratio.population().max(1) as f64;
    let width = move |n: u64| format!("{:.3}%", n as f64 / total * 100.0);
    view! {
        <span class="interval" aria-hidden="true">
            <span class="interval-track">
                <span class="interval-pass" style:width=width(ratio.pass)></span>
                <span class="interval-unknown" style:width=width(ratio.unknown)></span>
                <span class="interval-fail" style:width=width(ratio.fail)></span>
            </span>
            {target
                .map(|target| {
                    view! {
                        <span
                            class="interval-target"
                            style:left=format!("{:.3}%", target * 100.0)
                            title=format!("Target {}", format::percent(target))
                        ></span>
                    }
                })}
        </span>
    }
}

/// A target that a threshold names as a percentage: `≥ 90 %`.
pub fn target(threshold: Option<&str>) -> Option<f64> {
    let text = threshold?;
    let end = text.find('%')?;
    let digits: String = text[..end]
        .chars()
        .filter(|c| c.is_ascii_digit() || *c == '.')
        .collect();
    digits
        .parse::<f64>()
        .ok()
        .map(|percent| percent / 100.0)
        .filter(|share| *share <= 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_read_from_its_threshold() {
        assert_eq!(target(Some("≥ 90 %")), Some(0.9));
        assert_eq!(target(Some("90%")), Some(0.9));
        assert_eq!(target(Some("90 d")), None);
        assert_eq!(target(None), None);
    }
}
