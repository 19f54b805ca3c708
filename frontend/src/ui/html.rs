//! Markup of one type. `html!` compiles to calls of [`Markup`]; its elements draw and redraw themselves like views of
//! Leptos, but their code does not depend on what they hold (`docs/adr/0015-small-program.md`).

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use leptos::html::ElementType;
use leptos::prelude::*;
use leptos::reactive::effect::RenderEffect;
use leptos::tachys::html::attribute::Attribute;
use leptos::tachys::html::attribute::any_attribute::AnyAttribute;
use leptos::tachys::html::node_ref::NodeRefContainer;
use leptos::tachys::hydration::Cursor;
use leptos::tachys::view::any_view::AnyViewState;
use leptos::tachys::view::{Mountable, Position, PositionState, Render, RenderHtml};
pub use markup::html;
use send_wrapper::SendWrapper;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::js_sys::Reflect;
use web_sys::{Event, HtmlElement, Node};

const SVG: &str = "http://www.w3.org/2000/svg";

/// Markup that is being written: what `html!` compiles to, one call for all that is fixed and stands side by side, and one
/// for each value and child between.
#[derive(Default)]
pub struct Markup {
    /// Elements whose end is still to come, outermost first.
    open: Vec<Element>,
    done: Vec<AnyView>,
}

/// An element that is still to be drawn.
struct Element {
    tag: &'static str,
    parts: Vec<Part>,
    children: Vec<AnyView>,
}

/// What an element has beside its children.
struct Part {
    name: &'static str,
    what: What,
}

enum What {
    Set(Place, Value),
    Listener(SendWrapper<Heard>),
    Reference(SendWrapper<Load>),
}

/// What a listener calls.
type Heard = Rc<dyn Fn(Event)>;

/// What a reference does with its element.
type Load = Box<dyn FnOnce(&web_sys::Element)>;

/// Where a value is set.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Attribute,
    Class,
    Style,
    Property,
}

/// What an attribute, class, style or property is set to.
pub enum Value {
    /// It is not set.
    Absent,
    Flag(bool),
    Text(Cow<'static, str>),
    /// Follows its signals.
    Live(Box<dyn Fn() -> Value + Send>),
}

impl Markup {
    /// Tags, attributes and text that hold no value: notes, parted by NUL. `<p` opens an element, `@class=card` and
    /// `@hidden` are attributes, `"…` is text, and `/` closes.
    pub fn fixed(&mut self, notes: &'static str) {
        for note in notes.split('\0') {
            let (kind, rest) = note.split_at(1);
            match kind {
                "<" => self.open.push(Element {
                    tag: rest,
                    parts: Vec::new(),
                    children: Vec::new(),
                }),
                "@" => match rest.split_once('=') {
                    Some((name, value)) => self.attribute(name, value),
                    None => self.attribute(rest, true),
                },
                "\"" => self.child(rest),
                _ => {
                    if let Some(element) = self.open.pop() {
                        self.put(element.into_any());
                    }
                }
            }
        }
    }

    pub fn attribute(&mut self, name: &'static str, value: impl IntoValue) {
        self.set(Place::Attribute, name, value.into_value());
    }

    /// A class that is there while the value holds.
    pub fn toggle(&mut self, class: &'static str, value: impl IntoValue) {
        self.set(Place::Class, class, value.into_value());
    }

    pub fn style(&mut self, property: &'static str, value: impl IntoValue) {
        self.set(Place::Style, property, value.into_value());
    }

    pub fn property(&mut self, name: &'static str, value: impl IntoValue) {
        self.set(Place::Property, name, value.into_value());
    }

    pub fn on<E: JsCast>(&mut self, event: &'static str, heard: impl Fn(E) + 'static) {
        let heard: Heard = Rc::new(move |event: Event| heard(event.unchecked_into()));
        self.part(event, What::Listener(SendWrapper::new(heard)));
    }

    pub fn reference<E: ElementType>(&mut self, reference: impl NodeRefContainer<E>) {
        let load: Load = Box::new(move |element| reference.load(element));
        self.part("", What::Reference(SendWrapper::new(load)));
    }

    pub fn child(&mut self, child: impl Child) {
        self.put(child.view());
    }

    /// What was written.
    pub fn view(mut self) -> AnyView {
        match self.done.pop() {
            Some(only) if self.done.is_empty() => only,
            last => {
                self.done.extend(last);
                several(self.done)
            }
        }
    }

    fn put(&mut self, view: AnyView) {
        match self.open.last_mut() {
            Some(element) => element.children.push(view),
            None => self.done.push(view),
        }
    }

    fn set(&mut self, place: Place, name: &'static str, value: Value) {
        self.part(name, What::Set(place, value));
    }

    fn part(&mut self, name: &'static str, what: What) {
        if let Some(element) = self.open.last_mut() {
            element.parts.push(Part { name, what });
        }
    }
}

/// What can stand between tags.
pub trait Child {
    fn view(self) -> AnyView;
}

impl Child for AnyView {
    fn view(self) -> AnyView {
        self
    }
}

impl Child for &'static str {
    fn view(self) -> AnyView {
        text(Cow::Borrowed(self))
    }
}

impl Child for String {
    fn view(self) -> AnyView {
        text(Cow::Owned(self))
    }
}

impl Child for usize {
    fn view(self) -> AnyView {
        self.to_string().view()
    }
}

impl<C: Child> Child for Option<C> {
    fn view(self) -> AnyView {
        match self {
            Some(child) => child.view(),
            None => ().into_any(),
        }
    }
}

impl<C: Child> Child for Vec<C> {
    fn view(self) -> AnyView {
        several(self.into_iter().map(Child::view).collect())
    }
}

impl<C: Child, F: Fn() -> C + Send + 'static> Child for F {
    fn view(self) -> AnyView {
        live(Box::new(move || self().view()))
    }
}

macro_rules! signals {
    ($($signal:ident),*) => {
        $(
            impl<T: Child + Clone + Send + Sync + 'static> Child for $signal<T> {
                fn view(self) -> AnyView {
                    live(Box::new(move || Child::view(self.get())))
                }
            }

            impl<T: IntoValue + Clone + Send + Sync + 'static> IntoValue for $signal<T> {
                fn into_value(self) -> Value {
                    Value::Live(Box::new(move || self.get().into_value()))
                }
            }
        )*
    };
}

signals!(Memo, RwSignal, Signal);

fn text(text: Cow<'static, str>) -> AnyView {
    text.into_any()
}

/// Views side by side, without an element around them.
fn several(views: Vec<AnyView>) -> AnyView {
    views.into_any()
}

/// A view that follows its signals.
fn live(view: Box<dyn FnMut() -> AnyView + Send>) -> AnyView {
    view.into_any()
}

/// What can be set.
pub trait IntoValue {
    fn into_value(self) -> Value;
}

impl IntoValue for Value {
    fn into_value(self) -> Value {
        self
    }
}

impl IntoValue for &'static str {
    fn into_value(self) -> Value {
        Value::Text(Cow::Borrowed(self))
    }
}

impl IntoValue for String {
    fn into_value(self) -> Value {
        Value::Text(Cow::Owned(self))
    }
}

impl IntoValue for bool {
    fn into_value(self) -> Value {
        Value::Flag(self)
    }
}

impl IntoValue for usize {
    fn into_value(self) -> Value {
        self.to_string().into_value()
    }
}

impl<V: IntoValue> IntoValue for Option<V> {
    fn into_value(self) -> Value {
        self.map_or(Value::Absent, IntoValue::into_value)
    }
}

impl<V: IntoValue, F: Fn() -> V + Send + 'static> IntoValue for F {
    fn into_value(self) -> Value {
        Value::Live(Box::new(move || self().into_value()))
    }
}

impl Value {
    /// Two that set the same. What is live is never the same.
    fn is(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Absent, Value::Absent) => true,
            (Value::Flag(one), Value::Flag(other)) => one == other,
            (Value::Text(one), Value::Text(other)) => one == other,
            _ => false,
        }
    }

    /// What it is now.
    fn now(self) -> Value {
        match self {
            Value::Live(value) => value().now(),
            fixed => fixed,
        }
    }
}

fn set(element: &web_sys::Element, place: Place, name: &str, value: &Value) {
    // These fail only for names that are none, and ours are.
    let _ = match (place, value) {
        (_, Value::Live(_)) => Ok(()),
        (Place::Attribute, Value::Absent | Value::Flag(false)) => element.remove_attribute(name),
        (Place::Attribute, Value::Flag(true)) => element.set_attribute(name, ""),
        (Place::Attribute, Value::Text(text)) => element.set_attribute(name, text),
        (Place::Class, value) => {
            let is_there = matches!(value, Value::Flag(true));
            element.class_list().toggle_with_force(name, is_there).map(drop)
        }
        (Place::Style, value) => {
            let style = element.unchecked_ref::<HtmlElement>().style();
            match value {
                Value::Text(text) => style.set_property(name, text),
                _ => style.remove_property(name).map(drop),
            }
        }
        (Place::Property, value) => {
            let value = match value {
                Value::Flag(is_true) => JsValue::from_bool(*is_true),
                Value::Text(text) => JsValue::from_str(text),
                Value::Absent | Value::Live(_) => JsValue::NULL,
            };
            Reflect::set(element, &JsValue::from_str(name), &value).map(drop)
        }
    };
}

/// An element that is drawn.
pub struct ElementState {
    tag: &'static str,
    element: web_sys::Element,
    parts: Vec<PartState>,
    children: Vec<AnyViewState>,
}

struct PartState {
    name: &'static str,
    what: WhatState,
}

enum WhatState {
    Set(Place, Value),
    /// The effect ends with the element.
    Live {
        place: Place,
        _effect: RenderEffect<Value>,
    },
    Listener(Listener),
    Reference,
}

/// Ends with its element; what it calls can be exchanged.
struct Listener {
    event: &'static str,
    element: web_sys::Element,
    heard: Rc<RefCell<Heard>>,
    closure: Closure<dyn Fn(Event)>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        let function = self.closure.as_ref().unchecked_ref();
        // Fails only for what was never added.
        let _ = self.element.remove_event_listener_with_callback(self.event, function);
    }
}

impl Render for Element {
    type State = ElementState;

    fn build(self) -> ElementState {
        let document = document();
        let element = match self.tag {
            "svg" | "use" | "path" | "rect" | "circle" => document.create_element_ns(Some(SVG), self.tag),
            tag => document.create_element(tag),
        };
        let Ok(element) = element else {
            unreachable!("`{}` is no name of an element", self.tag);
        };
        let parts = self.parts.into_iter().map(|part| part.build(&element)).collect();
        let children = self
            .children
            .into_iter()
            .map(|child| appended(&element, child))
            .collect();
        ElementState {
            tag: self.tag,
            element,
            parts,
            children,
        }
    }

    fn rebuild(self, state: &mut ElementState) {
        let is_same = self.tag == state.tag
            && self.parts.len() == state.parts.len()
            && self
                .parts
                .iter()
                .zip(&state.parts)
                .all(|(now, before)| now.is_like(before));
        if !is_same {
            let mut now = self.build();
            state.insert_before_this(&mut now);
            state.unmount();
            *state = now;
            return;
        }
        // Writing the attribute takes away the classes that are set one by one.
        let mut loses_classes = false;
        for (now, before) in self.parts.into_iter().zip(&mut state.parts) {
            loses_classes |= now.rebuild(&state.element, before, loses_classes) && before.name == "class";
        }
        let mut children = self.children.into_iter();
        let n_kept = state.children.len().min(children.len());
        for mut surplus in state.children.drain(n_kept..) {
            surplus.unmount();
        }
        for (before, now) in state.children.iter_mut().zip(children.by_ref()) {
            now.rebuild(before);
        }
        let added = children.map(|child| appended(&state.element, child));
        state.children.extend(added);
    }
}

fn appended(element: &web_sys::Element, child: AnyView) -> AnyViewState {
    let mut child = child.build();
    child.mount(element, None);
    child
}

impl Part {
    fn build(self, element: &web_sys::Element) -> PartState {
        let name = self.name;
        let what = match self.what {
            What::Set(place, Value::Live(value)) => {
                let element = element.clone();
                let _effect = RenderEffect::new(move |before: Option<Value>| {
                    let now = value().now();
                    if before.is_none_or(|before| !before.is(&now)) {
                        set(&element, place, name, &now);
                    }
                    now
                });
                WhatState::Live { place, _effect }
            }
            What::Set(place, value) => {
                set(element, place, name, &value);
                WhatState::Set(place, value)
            }
            What::Listener(heard) => {
                let heard = Rc::new(RefCell::new(heard.take()));
                let called = Rc::clone(&heard);
                let closure = Closure::<dyn Fn(Event)>::new(move |event| {
                    let heard = called.borrow().clone();
                    heard(event);
                });
                // Fails only for a null name.
                let _ = element.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
                WhatState::Listener(Listener {
                    event: name,
                    element: element.clone(),
                    heard,
                    closure,
                })
            }
            What::Reference(load) => {
                load.take()(element);
                WhatState::Reference
            }
        };
        PartState { name, what }
    }

    fn is_like(&self, state: &PartState) -> bool {
        self.name == state.name
            && match (&self.what, &state.what) {
                (What::Set(now, _), WhatState::Set(before, _) | WhatState::Live { place: before, .. }) => now == before,
                (What::Listener(_), WhatState::Listener(_)) | (What::Reference(_), WhatState::Reference) => true,
                _ => false,
            }
    }

    /// Whether something was written.
    fn rebuild(self, element: &web_sys::Element, before: &mut PartState, loses_classes: bool) -> bool {
        match (self.what, &mut before.what) {
            (What::Listener(heard), WhatState::Listener(listener)) => {
                listener.heard.replace(heard.take());
                false
            }
            (What::Set(Place::Class, value), WhatState::Set(_, old)) if loses_classes => {
                set(element, Place::Class, self.name, &value);
                *old = value;
                true
            }
            (What::Set(_, value), WhatState::Set(_, old)) if value.is(old) => false,
            (what, old) => {
                let now = Part { name: self.name, what }.build(element);
                *old = now.what;
                true
            }
        }
    }
}

impl Mountable for ElementState {
    fn unmount(&mut self) {
        self.element.unmount();
    }

    fn mount(&mut self, parent: &web_sys::Element, marker: Option<&Node>) {
        self.element.mount(parent, marker);
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        self.element.insert_before_this(child)
    }

    fn elements(&self) -> Vec<web_sys::Element> {
        vec![self.element.clone()]
    }
}

/// Attributes are given where the element is written.
impl AddAnyAttr for Element {
    type Output<New: Attribute> = Element;

    fn add_any_attr<New: Attribute>(self, _attribute: New) -> Element {
        self
    }
}

/// The dashboard is drawn in the browser only: nothing of this trait but its name is used.
impl RenderHtml for Element {
    type AsyncOutput = Element;
    type Owned = Element;

    const MIN_LENGTH: usize = 0;

    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> Element {
        self
    }

    fn to_html_with_buf(self, _: &mut String, _: &mut Position, _: bool, _: bool, _: Vec<AnyAttribute>) {}

    fn hydrate<const FROM_SERVER: bool>(self, _: &Cursor, _: &PositionState) -> ElementState {
        self.build()
    }

    fn into_owned(self) -> Element {
        self
    }
}
