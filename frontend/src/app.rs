//! Every route, on one screen.

use leptos::prelude::*;

use crate::components::shell::Shell;
use crate::pages::access::AccessPage;
use crate::pages::certificates::CertificatesPage;
use crate::pages::compliance::CompliancePage;
use crate::pages::credentials::CredentialsPage;
use crate::pages::finding::FindingPage;
use crate::pages::findings::FindingsPage;
use crate::pages::history::HistoryPage;
use crate::pages::identities::IdentitiesPage;
use crate::pages::identity::IdentityPage;
use crate::pages::kpis::KpisPage;
use crate::pages::leads::LeadsPage;
use crate::pages::not_found::NotFoundPage;
use crate::pages::overview::OverviewPage;
use crate::pages::reviews::ReviewsPage;
use crate::pages::rules::RulesPage;
use crate::pages::sources::SourcesPage;
use crate::pages::what_if::WhatIfPage;
use crate::ui::html::html;
use crate::{live, theme, url_state};

#[component]
pub fn App() -> impl IntoView {
    theme::provide();
    live::provide();
    url_state::provide();
    let location = url_state::use_location();
    let page = move || {
        let path = location.path.get();
        provide_context(location.at_page(&path));
        match path.as_str() {
            "/" => html! { <OverviewPage /> },
            "/identities" => html! { <IdentitiesPage /> },
            "/identity" => html! { <IdentityPage /> },
            "/credentials" => html! { <CredentialsPage /> },
            "/certificates" => html! { <CertificatesPage /> },
            "/reviews" => html! { <ReviewsPage /> },
            "/leads" => html! { <LeadsPage /> },
            "/findings" => html! { <FindingsPage /> },
            "/finding" => html! { <FindingPage /> },
            "/rules" => html! { <RulesPage /> },
            "/compliance" => html! { <CompliancePage /> },
            "/access" => html! { <AccessPage /> },
            "/history" => html! { <HistoryPage /> },
            "/kpis" => html! { <KpisPage /> },
            "/what-if" => html! { <WhatIfPage /> },
            "/sources" => html! { <SourcesPage /> },
            _ => html! { <NotFoundPage /> },
        }
    };
    html! { <Shell>{page}</Shell> }
}
