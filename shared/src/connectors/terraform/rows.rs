//! Resources of Terraform's states that are read as what they are in the vendor's own export, by its connector, so that
//! both say the same of one thing.

use serde_json::{Map, Value};

use super::{Resource, State};
use crate::connectors::Input;
use crate::diagnostic::Diagnostics;
use crate::model::batch::Batch;
use crate::model::credential::CredentialFact;
use crate::reading::absent::present;
use crate::reading::json::Row;

/// The attributes of a resource as they are written.
pub(super) struct Attributes(Map<String, Value>);

impl Attributes {
    pub fn get(&self, name: &str) -> &Value {
        self.0.get(name).unwrap_or(&Value::Null)
    }

    /// A text that says something.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).as_str().and_then(present)
    }

    /// The first of these that is a text which says something.
    pub fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.text(name))
    }

    /// A block that occurs once, which is a list of one.
    pub fn block(&self, name: &str) -> Option<&Map<String, Value>> {
        match self.get(name) {
            Value::Array(blocks) => blocks.first()?.as_object(),
            Value::Object(block) => Some(block),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        }
    }

    pub fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}

impl State<'_, '_> {
    pub(super) fn attributes(&mut self, resource: &Resource<'_>) -> Option<Attributes> {
        self.parse(resource).map(Attributes)
    }

    /// Reads a resource as a row of the vendor's export. What is said of it is said of the resource.
    pub(super) fn as_row(
        &mut self,
        resource: &Resource<'_>,
        row: &Value,
        read: impl FnOnce(&Row<'_>, Input<'_>, &mut Batch, &mut Diagnostics),
    ) {
        let text = row.to_string();
        let row = Row {
            list: &resource.address,
            index: 0,
            document: 0,
            text: &text,
        };
        let place = self.place(resource);
        let batch = &mut *self.batch;
        let (n_identities, n_credentials) = (batch.identities.len(), batch.credentials.len());
        let (n_grants, n_trusts) = (batch.grants.len(), batch.trusts.len());
        let mut found = Diagnostics::default();
        read(&row, self.input, batch, &mut found);
        batch.identities[n_identities..]
            .iter_mut()
            .for_each(|fact| fact.place = place);
        batch.credentials[n_credentials..]
            .iter_mut()
            .for_each(|fact| fact.place = place);
        batch.grants[n_grants..].iter_mut().for_each(|fact| fact.place = place);
        batch.trusts[n_trusts..].iter_mut().for_each(|fact| fact.place = place);
        self.tell(resource, found);
    }

    /// The credential that was made since there were so many, with the fingerprint of a secret of it in the clear.
    pub(super) fn made(&mut self, n_before: usize, secret: Option<&str>) -> Option<&mut CredentialFact> {
        let fingerprint = self.secret(secret);
        let fact = self.batch.credentials.get_mut(n_before)?;
        fact.fingerprint = fact.fingerprint.or(fingerprint);
        Some(fact)
    }
}
