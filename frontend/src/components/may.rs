//! Whether an identity may do one thing to one resource: asked in a form, answered with the statements that decide.

use std::sync::Arc;

use leptos::html::Input;
use leptos::prelude::*;
use shared::api::access::AccessAnswer;
use shared::api::detail::AccessExample;
use web_sys::SubmitEvent;

use super::evidence::evidence_link;
use crate::client;
use crate::links;
use crate::ui::asynchronous;
use crate::ui::html::html;
use crate::ui::icon::{Icon, icon};
use crate::url_state::{Step, use_go, use_parameter};

/// The question, and its answer below once the address asks it.
pub fn may(example: &AccessExample, id: Memo<Option<String>>, snapshot: Memo<Option<String>>) -> AnyView {
    let (action, resource) = (use_parameter("may"), use_parameter("on"));
    let fields = [NodeRef::<Input>::new(), NodeRef::<Input>::new()];
    let go = use_go();
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        let [action, resource] =
            fields.map(|field| field.get_untracked().map(|field| field.value()).unwrap_or_default());
        let (id, at) = (id.get_untracked().unwrap_or_default(), snapshot.get_untracked());
        go.run((
            links::may(&id, action.trim(), resource.trim(), at.as_deref()),
            Step::Recorded,
        ));
    };
    let answer = move || {
        let answer = client::access(id.get_untracked()?, action.get()?, resource.get()?, snapshot);
        Some(asynchronous::show(answer, move |answer| {
            decision(&answer, snapshot.get_untracked().as_deref())
        }))
    };
    html! {
        <form class="may" on:submit=on_submit>
            <h3 class="may-title">"May it do one thing to one resource?"</h3>
            {field("Action", &example.action, action, fields[0])}
            {field("Resource", &example.resource, resource, fields[1])}
            <button type="submit" class="button">"Ask"</button>
        </form>
        {answer}
    }
}

fn field(label: &'static str, example: &str, asked: Memo<Option<String>>, field: NodeRef<Input>) -> AnyView {
    html! {
        <label class="may-field">
            {label}
            <input class="field" required node_ref=field placeholder=example.to_owned() autocomplete="off" spellcheck="false" prop:value=move || asked.get().unwrap_or_default()/>
        </label>
    }
}

fn decision(answer: &Arc<AccessAnswer>, snapshot: Option<&str>) -> AnyView {
    // Neither is good or bad by itself: no colour.
    let (symbol, word) = match answer.outcome.as_str() {
        "allowed" => (Icon::Pass, "Allowed"),
        "denied" => (Icon::Fail, "Denied"),
        _ => (Icon::Unknown, "Depends"),
    };
    let because = answer.because.iter().map(|reason| {
        html! {
            <li>
                {reason.sentence.clone()} " "
                {evidence_link(reason.evidence.clone(), snapshot)}
            </li>
        }
    });
    let unseen = (!answer.not_looked_at.is_empty()).then(|| {
        html! { <p class="muted">{format!("Not looked at: {}.", answer.not_looked_at.join("; "))}</p> }
    });
    html! {
        <div class="may-answer" role="status">
            <p><span class="badge is-unknown">{icon(symbol)} {word}</span> " " {answer.sentence.clone()}</p>
            <ul>{because.collect_view()}</ul>
            {unseen}
        </div>
    }
}
