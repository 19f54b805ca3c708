//! Relations: how one node of the identity graph leads to another. A closed vocabulary, one row each.
//!
//! A relation points the way an attacker goes: who controls what it comes from gets to what it leads to.

/// How one node leads to another. Those that give access come first, in the order in which a path prefers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Relation {
    /// A credential that works, and an identity that it signs in.
    Authenticates,
    /// An identity, and a credential that it authenticates with.
    Holds,
    /// Two credentials with one fingerprint.
    SameSecret,
    /// A place that stores secrets for others, and a credential that was found in it.
    Keeps,
    /// A place where others read, and a credential that a scanner found there and that still may work.
    Exposes,
    /// A principal, and the identity that it may take on.
    Assumes,
    /// An outside issuer's subject, and the identity that its tokens sign in.
    Federates,
    /// A principal, and the identity that it may make tokens or keys for.
    Impersonates,
    /// A workload, and the identity that it runs as.
    RunsAs,
    /// A principal, and a group that it belongs to.
    MemberOf,
    /// A principal, and a role or policy that it is given on a resource.
    IsGranted,
    /// A role or policy, and the resource on which it is given.
    Opens,
    /// A role or policy that gives everything, and the administrators of its resource; the root of an account, and an
    /// application that a permission gives the tenant, likewise.
    Administers,
    /// The administrators of a resource, and what lies in it.
    Controls,
    /// An identity that is less than an administrator, and whom a known way up makes it.
    Escalates,
    /// A person or team, and an identity that it answers for.
    AnswersFor,
    /// An identity, and the environment that it is of.
    LiesIn,
}

impl Relation {
    pub const ALL: [Relation; 17] = [
        Relation::Authenticates,
        Relation::Holds,
        Relation::SameSecret,
        Relation::Keeps,
        Relation::Exposes,
        Relation::Assumes,
        Relation::Federates,
        Relation::Impersonates,
        Relation::RunsAs,
        Relation::MemberOf,
        Relation::IsGranted,
        Relation::Opens,
        Relation::Administers,
        Relation::Controls,
        Relation::Escalates,
        Relation::AnswersFor,
        Relation::LiesIn,
    ];

    /// The stable word for this relation in JSON and URLs.
    pub fn id(self) -> &'static str {
        match self {
            Relation::Authenticates => "authenticates",
            Relation::Holds => "holds",
            Relation::SameSecret => "same_secret",
            Relation::Keeps => "keeps",
            Relation::Exposes => "exposes",
            Relation::Assumes => "assumes",
            Relation::Federates => "federates",
            Relation::Impersonates => "impersonates",
            Relation::RunsAs => "runs_as",
            Relation::MemberOf => "member_of",
            Relation::IsGranted => "is_granted",
            Relation::Opens => "opens",
            Relation::Administers => "administers",
            Relation::Controls => "controls",
            Relation::Escalates => "escalates",
            Relation::AnswersFor => "answers_for",
            Relation::LiesIn => "lies_in",
        }
    }

    /// The relation that a stable word names.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|relation| relation.id() == id)
    }

    /// What stands between the two names in a sentence: "`a` may assume `b`".
    pub fn verb(self) -> &'static str {
        match self {
            Relation::Authenticates => "signs in as",
            Relation::Holds => "authenticates with",
            Relation::SameSecret => "is the same secret as",
            Relation::Keeps => "keeps",
            Relation::Exposes => "gives away",
            Relation::Assumes => "may assume",
            Relation::Federates => "may sign in as",
            Relation::Impersonates => "may make tokens for",
            Relation::RunsAs => "runs as",
            Relation::MemberOf => "is a member of",
            Relation::IsGranted => "has",
            Relation::Opens => "gives access to",
            Relation::Administers => "makes its holder one of the",
            Relation::Controls => "control",
            Relation::Escalates => "can get the power of",
            Relation::AnswersFor => "answers for",
            Relation::LiesIn => "is in",
        }
    }

    /// What it means for an attacker who controls the node that it comes from.
    pub fn meaning(self) -> &'static str {
        match self {
            Relation::Authenticates => "Whoever has the credential is the identity.",
            Relation::Holds => "Whoever controls what runs as the identity finds the credential there.",
            Relation::SameSecret => "Whoever has one has the other.",
            Relation::Keeps => "Whoever controls the place can read the credential.",
            Relation::Exposes => "Whoever can read the place has the credential, until it is replaced.",
            Relation::Assumes => "Whoever is the one can become the other, with no other secret.",
            Relation::Federates => "Whoever can obtain such a token from the issuer becomes the identity.",
            Relation::Impersonates => "Whoever is the one can make credentials of the other.",
            Relation::RunsAs => "Whoever controls the workload has the identity's token.",
            Relation::MemberOf => "Whatever the group is given, its members have.",
            Relation::IsGranted => "Whoever is the one can use the role.",
            Relation::Opens => "Whoever has the role can do there what it allows.",
            Relation::Administers => "Whoever has the role can do everything there, and give it to others.",
            Relation::Controls => "Whoever administers a place can act as every identity in it.",
            Relation::Escalates => "Whoever is the one can give himself what the other may, by a known way.",
            Relation::AnswersFor => "No access: whom to ask.",
            Relation::LiesIn => "No access: where it is.",
        }
    }

    /// What states it.
    pub fn evidence(self) -> &'static str {
        match self {
            Relation::Authenticates | Relation::Holds => "the export that lists the credential with its holder",
            Relation::SameSecret => "the exports that list the two credentials",
            Relation::Keeps => "the export of the place, which names the credential",
            Relation::Exposes => "the scanner's finding",
            Relation::Assumes | Relation::Federates | Relation::Impersonates => {
                "the trust policy, federation or binding on the identity"
            }
            Relation::RunsAs => "the definition of the workload",
            Relation::MemberOf => "the membership",
            Relation::IsGranted | Relation::Opens => "the attachment, assignment or binding",
            Relation::Administers => "the attachment, assignment or binding; of a root, the export that lists it",
            Relation::Controls => "the export that lists the identity there",
            Relation::Escalates => "the statements of policies that allow the way",
            Relation::AnswersFor => "the claim of ownership that counts",
            Relation::LiesIn => "the registry row, tag, source or rule that names the environment",
        }
    }

    /// Whether it gives access: reach and paths follow these, and none of the others.
    pub fn is_access(self) -> bool {
        self < Relation::AnswersFor
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relations_are_listed_once_and_in_order() {
        assert!(Relation::ALL.is_sorted());
        for (index, relation) in Relation::ALL.into_iter().enumerate() {
            assert_eq!(relation as usize, index);
            assert_eq!(Relation::from_id(relation.id()), Some(relation));
        }
    }
}
