//! Every route, on one screen.

use leptos::prelude::*;

use crate::components::shell::Shell;
use crate::pages::certificates::CertificatesPage;
use crate::pages::credentials::CredentialsPage;
use crate::pages::identities::IdentitiesPage;
use crate::pages::identity::IdentityPage;
use crate::pages::kpis::KpisPage;
use crate::pages::not_found::NotFoundPage;
use crate::pages::overview::OverviewPage;
use crate::pages::sources::SourcesPage;
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
            "/" => view! { <OverviewPage /> }.into_any(),
            "/identities" => view! { <IdentitiesPage /> }.into_any(),
            "/identity" => view! { <IdentityPage /> }.into_any(),
            "/credentials" => view! { <CredentialsPage /> }.into_any(),
            "/certificates" => view! { <CertificatesPage /> }.into_any(),
            "/kpis" => view! { <KpisPage /> }.into_any(),
            "/sources" => view! { <SourcesPage /> }.into_any(),
            _ => view! { <NotFoundPage /> }.into_any(),
        }
    };
    view! { <Shell>{page}</Shell> }
}
