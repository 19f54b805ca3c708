//! What ends when, each part a link to its rows; what is far, endless or unknown stands below.

use std::sync::Arc;

use leptos::prelude::*;
use shared::api::overview::ExpiringBucket;
use shared::api::query::Facet;
use shared::charts::columns::svg;
use shared::charts::questions::{WHAT_ENDS, is_far, what_ends};
use shared::model::credential::CredentialKind;

use crate::charts::frame::{ChartFrame, Draw, Twin, TwinCell, TwinRow, nothing_drawn};
use crate::links::{self, List};
use crate::ui::html::html;
use crate::{format, words};

const HEIGHT: u32 = 232;

/// Which credentials a chart counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    All,
    Certificates,
}

pub fn expiry_chart(buckets: &[ExpiringBucket], counted: Counted, snapshot: Option<&str>) -> AnyView {
    let n_counted = |bucket: &ExpiringBucket| match counted {
        Counted::All => bucket.n_certificates + bucket.n_other_credentials,
        Counted::Certificates => bucket.n_certificates,
    };
    let (title, line, none) = match counted {
        Counted::All => (
            WHAT_ENDS,
            "Certificates and other credentials, by days left",
            "No export lists a credential.",
        ),
        Counted::Certificates => (
            "When do certificates end?",
            "By days left, from the snapshot",
            "No export lists a certificate.",
        ),
    };
    if buckets.iter().all(|bucket| n_counted(bucket) == 0) {
        return nothing_drawn(title, none);
    }
    let data = what_ends(buckets, counted == Counted::All);
    let series = data.series.clone();
    let value = |bucket: &ExpiringBucket, at: usize| match at {
        0 => bucket.n_certificates,
        _ => bucket.n_other_credentials,
    };
    let cell = |bucket: &ExpiringBucket, at: usize| TwinCell {
        text: format::number(value(bucket, at)),
        href: Some(match at {
            0 => links::facet_rows(
                List::Certificates,
                vec![(Facet::Expiry, bucket.value.clone())],
                snapshot,
            ),
            _ => {
                let expiry = (Facet::Expiry, bucket.value.clone());
                links::facet_rows(
                    List::Credentials,
                    std::iter::once(expiry).chain(other_kinds()).collect(),
                    snapshot,
                )
            }
        }),
    };
    let twin = Twin {
        heads: std::iter::once("Ends".to_owned())
            .chain(series.iter().map(|(name, _)| name.clone()))
            .collect(),
        rows: buckets
            .iter()
            .map(|bucket| TwinRow {
                name: words::facet_value(Facet::Expiry, &bucket.value),
                cells: (0..series.len()).map(|at| cell(bucket, at)).collect(),
            })
            .collect(),
    };
    let draw: Draw = Arc::new(move |width, paint| svg(&data, width, HEIGHT, paint));
    let n_series = series.len();
    let rest = buckets.iter().filter(|bucket| is_far(bucket)).map(|bucket| {
        let link = |at: usize| {
            let TwinCell { text, href } = cell(bucket, at);
            html! { <a class="number" href=href>{text}</a> }
        };
        let others = (n_series > 1).then(|| html! { " and " {link(1)} });
        html! {
            <li>{words::facet_value(Facet::Expiry, &bucket.value)} " " {link(0)} {others}</li>
        }
    });
    let rest = rest.collect_view();
    html! {
        <ChartFrame title=title line=line draw=draw twin=twin legend=series>
            <ul class="chart-rest">{rest}</ul>
        </ChartFrame>
    }
}

/// Kinds that the list of credentials holds beside certificates and federations.
fn other_kinds() -> impl Iterator<Item = (Facet, String)> {
    CredentialKind::ALL
        .into_iter()
        .filter(|kind| !matches!(kind, CredentialKind::Certificate | CredentialKind::Federation))
        .map(|kind| (Facet::Kind, kind.id().to_owned()))
}
