//! Every route, on one screen.

use leptos::prelude::*;
use leptos_router::StaticSegment;
use leptos_router::components::{FlatRoutes, Route, Router};

use crate::components::shell::Shell;
use crate::pages::certificates::CertificatesPage;
use crate::pages::credentials::CredentialsPage;
use crate::pages::identities::IdentitiesPage;
use crate::pages::identity::IdentityPage;
use crate::pages::kpis::KpisPage;
use crate::pages::not_found::NotFoundPage;
use crate::pages::overview::OverviewPage;
use crate::pages::sources::SourcesPage;
use crate::{live, theme};

#[component]
pub fn App() -> impl IntoView {
    theme::provide();
    live::provide();
    view! {
        <Router>
            <Shell>
                <FlatRoutes fallback=NotFoundPage>
                    <Route path=StaticSegment("") view=OverviewPage />
                    <Route path=StaticSegment("identities") view=IdentitiesPage />
                    <Route path=StaticSegment("identity") view=IdentityPage />
                    <Route path=StaticSegment("credentials") view=CredentialsPage />
                    <Route path=StaticSegment("certificates") view=CertificatesPage />
                    <Route path=StaticSegment("kpis") view=KpisPage />
                    <Route path=StaticSegment("sources") view=SourcesPage />
                </FlatRoutes>
            </Shell>
        </Router>
    }
}
