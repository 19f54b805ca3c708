//! `html!`: the markup of Leptos' `view!`, compiled to calls of one type, `ui::html::Markup`.
//!
//! `view!` gives every attribute and child code of its own, which made up two thirds of the program in the browser
//! (`docs/adr/0015-small-program.md`). Tags that begin with a capital are Leptos components and go to `view!`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use rstml::Infallible;
use rstml::node::{KeyedAttribute, Node, NodeAttribute, NodeBlock, NodeElement};
use syn::{Error, Expr, ExprLit, Lit, Result, Stmt};

/// Markup as an `AnyView`. Several elements are a view of all of them.
#[proc_macro]
pub fn html(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let view = rstml::parse2(tokens.into()).and_then(|nodes| view(&nodes));
    view.unwrap_or_else(Error::into_compile_error).into()
}

/// One step of writing markup.
enum Step {
    /// Known when the program is compiled: [`ui::html::Markup::fixed`] says how it is noted.
    Fixed(String),
    Call(TokenStream),
}

fn view(nodes: &[Node]) -> Result<TokenStream> {
    let markup = markup();
    let mut steps = Vec::new();
    for node in nodes {
        self::node(node, &mut steps)?;
    }
    // What is fixed and stands side by side is one call: most of a page is.
    let calls = steps.chunk_by(|one, other| matches!((one, other), (Step::Fixed(_), Step::Fixed(_))));
    let calls = calls.map(|run| match run {
        [Step::Call(call)] => call.clone(),
        fixed => {
            let notes: Vec<&str> = fixed.iter().filter_map(Step::fixed).collect();
            let notes = notes.join("\0");
            quote! { #markup.fixed(#notes); }
        }
    });
    Ok(quote! {{
        let mut #markup = crate::ui::html::Markup::default();
        #(#calls)*
        #markup.view()
    }})
}

impl Step {
    fn fixed(&self) -> Option<&str> {
        match self {
            Step::Fixed(note) => Some(note),
            Step::Call(_) => None,
        }
    }
}

/// The name of what is being written, out of reach of the code between tags.
fn markup() -> Ident {
    Ident::new("markup", Span::mixed_site())
}

/// The steps that write one node.
fn node(node: &Node, steps: &mut Vec<Step>) -> Result<()> {
    let markup = markup();
    match node {
        Node::Element(element) if is_component(element) => {
            let view = component(element)?;
            steps.push(Step::Call(quote! { #markup.child(#view); }));
        }
        Node::Element(element) => return self::element(element, steps),
        Node::Block(block) => {
            let content = content(block);
            steps.push(Step::Call(quote! { #markup.child(#content); }));
        }
        Node::Text(text) => steps.push(Step::Fixed(format!("\"{}", text.value_string()))),
        Node::Fragment(_) | Node::Comment(_) | Node::Doctype(_) | Node::RawText(_) | Node::Custom(_) => {
            return Err(Error::new_spanned(
                node,
                "expected an element, a quoted text or a block",
            ));
        }
    }
    Ok(())
}

fn is_component(element: &NodeElement<Infallible>) -> bool {
    element.name().to_string().starts_with(|c: char| c.is_ascii_uppercase())
}

/// Leptos makes the call; the children stay ours.
fn component(element: &NodeElement<Infallible>) -> Result<TokenStream> {
    let call = if element.children.is_empty() {
        quote! { #element }
    } else {
        let (open, close) = (&element.open_tag, &element.close_tag);
        let children = view(&element.children)?;
        quote! { #open #children #close }
    };
    Ok(quote! { ::leptos::prelude::IntoAny::into_any(::leptos::prelude::view! { #call }) })
}

fn element(element: &NodeElement<Infallible>, steps: &mut Vec<Step>) -> Result<()> {
    steps.push(Step::Fixed(format!("<{}", element.name())));
    for attribute in element.attributes() {
        match attribute {
            NodeAttribute::Attribute(attribute) => steps.push(self::attribute(attribute)?),
            NodeAttribute::Block(block) => return Err(Error::new_spanned(block, "expected an attribute with a name")),
        }
    }
    for child in &element.children {
        node(child, steps)?;
    }
    steps.push(Step::Fixed("/".to_owned()));
    Ok(())
}

/// What a block holds, without braces where the compiler would call them needless.
fn content(block: &NodeBlock) -> TokenStream {
    match block.try_block().map(|block| block.stmts.as_slice()) {
        Some([Stmt::Expr(only, None)]) => only.to_token_stream(),
        Some(_) | None => block.to_token_stream(),
    }
}

fn attribute(attribute: &KeyedAttribute) -> Result<Step> {
    let markup = markup();
    let name = attribute.key.to_string();
    let value = match attribute.value() {
        Some(value) => value.to_token_stream(),
        None => quote! { true },
    };
    if let Some(Expr::Tuple(pair)) = attribute.value().filter(|_| name == "style") {
        let (property, value) = match (pair.elems.first(), pair.elems.last()) {
            (Some(property), Some(value)) if pair.elems.len() == 2 => (property, value),
            _ => return Err(Error::new_spanned(pair, "expected a property and its value")),
        };
        return Ok(Step::Call(quote! { #markup.style(#property, #value); }));
    }
    let call = match name.split_once(':') {
        Some(("class", class)) => quote! { #markup.toggle(#class, #value); },
        Some(("style", property)) => quote! { #markup.style(#property, #value); },
        Some(("prop", property)) => quote! { #markup.property(#property, #value); },
        Some(("on", event)) => {
            let kind = match event {
                "click" => quote! { ::leptos::web_sys::MouseEvent },
                "keydown" => quote! { ::leptos::web_sys::KeyboardEvent },
                "submit" => quote! { ::leptos::web_sys::SubmitEvent },
                "pointerdown" | "pointermove" | "pointerup" | "pointercancel" => {
                    quote! { ::leptos::web_sys::PointerEvent }
                }
                "wheel" => quote! { ::leptos::web_sys::WheelEvent },
                _ => quote! { ::leptos::web_sys::Event },
            };
            quote! { #markup.on::<#kind>(#event, #value); }
        }
        Some(_) => {
            return Err(Error::new_spanned(
                &attribute.key,
                "expected `class:`, `style:`, `prop:` or `on:`",
            ));
        }
        None if name == "node_ref" => quote! { #markup.reference(#value); },
        None if name == "inner_html" => quote! { #markup.property("innerHTML", #value); },
        None => match attribute.value() {
            None => return Ok(Step::Fixed(format!("@{name}"))),
            Some(Expr::Lit(ExprLit {
                lit: Lit::Str(text), ..
            })) => {
                return Ok(Step::Fixed(format!("@{name}={}", text.value())));
            }
            Some(_) => quote! { #markup.attribute(#name, #value); },
        },
    };
    Ok(Step::Call(call))
}
