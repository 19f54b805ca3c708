//! What the GitHub connectors share: how users, apps and tokens are named, so that one export's join another's.

use super::Input;
use crate::model::access_policy::{Conditional, Privilege};
use crate::model::batch::Batch;
use crate::model::grant::GrantFact;
use crate::model::identity::{IdentityFact, IdentityKind, Status};
use crate::model::instant::Expiry;
use crate::model::principal::{Handle, HandleKind, Principal};
use crate::model::provenance::Place;
use crate::reading::json::Rows;

/// What sort of token it is: the ids of each are counted by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    FineGrained,
    Classic,
    OAuth,
    App,
}

impl TokenKind {
    /// Out of the words of `credential_type` and `programmatic_access_type`; `None` for SSH keys and what is new.
    pub fn of(words: &str) -> Option<TokenKind> {
        let words = words.to_lowercase();
        let kinds = [
            ("fine-grained", TokenKind::FineGrained),
            ("personal access token", TokenKind::Classic),
            ("oauth", TokenKind::OAuth),
            ("github app", TokenKind::App),
        ];
        kinds
            .into_iter()
            .find(|(word, _)| words.contains(word))
            .map(|(_, kind)| kind)
    }

    /// The key of the credential: `github-token:classic/12345678`.
    pub fn credential_key(self, id: &str) -> String {
        let kind = match self {
            TokenKind::FineGrained => "fine-grained",
            TokenKind::Classic => "classic",
            TokenKind::OAuth => "oauth",
            TokenKind::App => "app",
        };
        format!("github-token:{kind}/{id}")
    }
}

/// A user by login. Logins are without regard to case, and unique to one GitHub, which the source stands for.
pub(super) fn user(login: &str, input: Input<'_>, batch: &mut Batch) -> Handle {
    let text = format!("{}/users/{}", input.source, login.to_lowercase());
    batch.handle(HandleKind::Local, &text)
}

/// An app where it is installed, by its slug and the account.
pub(super) fn app(slug: &str, account: &str, input: Input<'_>, batch: &mut Batch) -> Handle {
    let text = format!("{}/apps/{slug}/{}", input.source, account.to_lowercase());
    batch.handle(HandleKind::Local, &text)
}

/// A user whose token an export lists: a token cannot outlive its user.
pub(super) fn token_user(login: &str, place: Place, input: Input<'_>, batch: &mut Batch) -> Handle {
    let handle = user(login, input, batch);
    if !batch.identities.iter().any(|fact| fact.handles.contains(&handle)) {
        let mut fact = IdentityFact::listed(smallvec::smallvec![handle], IdentityKind::User, place);
        fact.name = Some(batch.sym(login));
        fact.status = Status::Active;
        batch.identities.push(fact);
    }
    handle
}

/// A permission such as `contents: write`. Whoever may write `administration` may do everything in its scope.
pub(super) fn permission(
    subject: Handle,
    name: &str,
    level: &str,
    resource: &str,
    place: Place,
    batch: &mut Batch,
) -> GrantFact {
    let is_administration = matches!(name, "administration" | "organization_administration");
    let role = batch.sym(&format!("{name}:{level}"));
    let resource = batch.sym_of(Some(resource));
    GrantFact {
        subject: Principal::Identity(subject),
        role,
        policy: None,
        resource,
        privilege: Some(match is_administration && matches!(level, "write" | "admin") {
            true => Privilege::Administrator,
            false => Privilege::Limited,
        }),
        conditional: Conditional::Always,
        expires_at: Expiry::Never,
        place,
    }
}

/// The lists that pages with `total_count` make up: for each page the number of its list, from 0. A list that is
/// shorter than it says is a gap.
pub(super) fn lists_of_pages(rows: &Rows<'_>, what: &str, batch: &mut Batch) -> Vec<usize> {
    let mut lists = Vec::new();
    let (mut list, mut n_rows, mut total) = (0, 0, None);
    for page in &rows.pages {
        let said = rows
            .page_header(page, "total_count")
            .and_then(|n| n.parse::<usize>().ok());
        if n_rows > 0 && said != total {
            note_short(what, n_rows, total, batch);
            (list, n_rows) = (list + 1, 0);
        }
        total = said;
        n_rows += page.rows.len();
        lists.push(list);
        if total.is_none_or(|total| n_rows >= total) {
            (list, n_rows) = (list + 1, 0);
        }
    }
    if n_rows > 0 {
        note_short(what, n_rows, total, batch);
    } else if let (Some(total), true) = (total.filter(|total| *total > 0), rows.rows.is_empty()) {
        note_short(what, 0, Some(total), batch);
    }
    lists
}

fn note_short(what: &str, n_rows: usize, total: Option<usize>, batch: &mut Batch) {
    let total = total.unwrap_or_default();
    batch.gaps.push(format!(
        "{n_rows} of {total} {what} were exported: use `gh api --paginate`"
    ));
}
