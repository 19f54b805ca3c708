//! What access policies give: one evaluator per platform, answering in the model's words.

pub mod aws;
