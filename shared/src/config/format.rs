//! What may stand in `rollcall.toml`: one table, which the reader holds the file against and its JSON Schema is made of.

/// One section of the file.
pub struct Section {
    pub name: &'static str,
    pub form: Form,
    pub about: &'static str,
    pub keys: Keys,
}

/// How a section is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `[name]`, once.
    Table,
    /// `[[name]]`, any number of times.
    List,
}

/// What may stand in a section.
pub enum Keys {
    Named(&'static [Key]),
    /// The name of each of [`crate::model::thresholds::ThresholdId`], with a limit.
    Thresholds,
}

/// One key of a section.
pub struct Key {
    pub name: &'static str,
    pub about: &'static str,
    pub value: Value,
    pub need: Need,
}

/// What a key's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    Text,
    /// `2027-01-31`, with or without quotes.
    Day,
    /// A rule's code.
    Rule,
    /// A list of criteria of "governed".
    Criteria,
    /// What a gate asks for.
    Requirement,
    /// A whole number from 0 that fits in 32 bits.
    Number,
    /// Columns of an inventory, each with its heading or a list of them.
    Columns,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It must be there, and a text must say something.
    Required,
    Optional,
}

const fn required(name: &'static str, value: Value, about: &'static str) -> Key {
    Key {
        name,
        about,
        value,
        need: Need::Required,
    }
}

const fn optional(name: &'static str, value: Value, about: &'static str) -> Key {
    Key {
        name,
        about,
        value,
        need: Need::Optional,
    }
}

pub const ESTATE: Section = Section {
    name: "estate",
    form: Form::Table,
    about: "The organisation.",
    keys: Keys::Named(&[
        optional("name", Value::Text, "The organisation's name, as pages show it."),
        optional(
            "salt",
            Value::Text,
            "Any long random text, mixed into fingerprints so that they mean nothing elsewhere.",
        ),
    ]),
};

pub const EXPECTED: Section = Section {
    name: "expected",
    form: Form::List,
    about: "A source that every snapshot should have.",
    keys: Keys::Named(&[
        required("source", Value::Text, "The name of its folder."),
        optional("environment", Value::Text, "The environment that it is of."),
    ]),
};

pub const ENVIRONMENT: Section = Section {
    name: "environment",
    form: Form::List,
    about: "The environment of sources whose identities name none themselves.",
    keys: Keys::Named(&[
        required(
            "pattern",
            Value::Text,
            "A glob over source names: `*` any run, `?` one character.",
        ),
        required("is", Value::Text, "The environment."),
    ]),
};

pub const THRESHOLDS: Section = Section {
    name: "thresholds",
    form: Form::Table,
    about: "Limits other than the defaults.",
    keys: Keys::Thresholds,
};

/// A limit with who set it.
pub const SIGNED: &[Key] = &[
    required(
        "value",
        Value::Number,
        "The limit, in the unit that its name ends with.",
    ),
    optional("set_by", Value::Text, "Who set it."),
    optional("on", Value::Day, "The day on which it was set."),
];

pub const GOVERNED: Section = Section {
    name: "governed",
    form: Form::Table,
    about: "What makes an identity governed.",
    keys: Keys::Named(&[optional(
        "criteria",
        Value::Criteria,
        "The criteria that count; all of them without this.",
    )]),
};

pub const BREAK_GLASS: Section = Section {
    name: "break_glass",
    form: Form::List,
    about: "Accounts that are kept for emergencies: a use of one is a finding.",
    keys: Keys::Named(&[required(
        "subject",
        Value::Text,
        "A glob over identities' ids: `*` any run, `?` one character.",
    )]),
};

pub const WAIVER: Section = Section {
    name: "waiver",
    form: Form::List,
    about: "Findings that somebody accepts until a day.",
    keys: Keys::Named(&[
        required("rule", Value::Rule, "A rule's code."),
        required(
            "subject",
            Value::Text,
            "A glob over subjects' ids: `*` any run, `?` one character.",
        ),
        required("who", Value::Text, "Who accepts them."),
        required("why", Value::Text, "Why."),
        required("until", Value::Day, "The last day on which it holds."),
    ]),
};

pub const GATE: Section = Section {
    name: "gate",
    form: Form::List,
    about: "What `rollcall check` asks for.",
    keys: Keys::Named(&[
        required("name", Value::Text, "Its name, unlike those of the others."),
        required(
            "require",
            Value::Requirement,
            "Such as `governed >= 80 %`, `critical findings <= 0`, `new high findings <= 0`.",
        ),
    ]),
};

pub const INVENTORY: Section = Section {
    name: "inventory",
    form: Form::List,
    about: "A list of identities in words of the organisation's own, CSV or JSON. What a source's `source.toml` says goes before it.",
    keys: Keys::Named(&[
        required(
            "source",
            Value::Text,
            "A glob over source names: `*` any run, `?` one character.",
        ),
        optional(
            "file",
            Value::Text,
            "A glob over the path below the source, or over its end; every file without it.",
        ),
        optional(
            "list",
            Value::Text,
            "JSON: the member that holds the rows, if one does.",
        ),
        required(
            "columns",
            Value::Columns,
            "The heading of the column that says each, or a list of headings; of a JSON row the member, with `.` before what is inside it.",
        ),
    ]),
};

/// Every section, in the order in which `rollcall config show` writes them.
pub const SECTIONS: [&Section; 9] = [
    &ESTATE,
    &EXPECTED,
    &ENVIRONMENT,
    &INVENTORY,
    &THRESHOLDS,
    &GOVERNED,
    &BREAK_GLASS,
    &WAIVER,
    &GATE,
];

impl Section {
    /// As its heading is written: `[estate]`, `[[gate]]`.
    pub fn heading(&self) -> String {
        match self.form {
            Form::Table => format!("[{}]", self.name),
            Form::List => format!("[[{}]]", self.name),
        }
    }
}
