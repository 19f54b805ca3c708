//! What the Okta connectors share: how users and clients are named, so that one export's join another's.

use super::Input;
use crate::model::batch::Batch;
use crate::model::principal::{Handle, HandleKind};

/// A user by id: `00u…`. Ids are unique in one organisation, which the source stands for.
pub(super) fn user(id: &str, input: Input<'_>, batch: &mut Batch) -> Handle {
    batch.handle(HandleKind::Local, &format!("{}/users/{id}", input.source))
}

/// An OAuth client by client id, which for an app is its id: `0oa…`.
pub(super) fn client(id: &str, input: Input<'_>, batch: &mut Batch) -> Handle {
    batch.handle(HandleKind::Local, &format!("{}/clients/{id}", input.source))
}
