//! A share as a bar of three parts: holds, unknown (hatched), fails. The number is beside it, not in it.

use leptos::prelude::*;
use shared::api::kpis::KpiValue;
use shared::model::ratio::Ratio;

use crate::format;
use crate::ui::html::html;

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
    let width = move |n: u64| format::css_share(n as f64 / total);
    html! {
        <span class="interval" aria-hidden="true">
            <span class="interval-track">
                <span class="interval-pass" style:width=width(ratio.pass)></span>
                <span class="interval-unknown" style:width=width(ratio.unknown)></span>
                <span class="interval-fail" style:width=width(ratio.fail)></span>
            </span>
            {target
                .map(|target| {
                    html! {
                        <span
                            class="interval-target"
                            style:left=format::css_share(target)
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
    let (whole, decimals) = digits.split_once('.').unwrap_or((&digits, ""));
    let number: u32 = format!("{whole}{decimals}").parse().ok()?;
    let share = f64::from(number) / 10_f64.powi(decimals.len() as i32 + 2);
    (share <= 1.0).then_some(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_read_from_its_threshold() {
        assert_eq!(target(Some("≥ 90 %")), Some(0.9));
        assert_eq!(target(Some("90%")), Some(0.9));
        assert_eq!(target(Some("99.5 %")), Some(0.995));
        assert_eq!(target(Some("900 %")), None);
        assert_eq!(target(Some("90 d")), None);
        assert_eq!(target(None), None);
    }
}
