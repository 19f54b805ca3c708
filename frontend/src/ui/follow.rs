//! What follows signals, compiled once for each type: Leptos does it again for each closure.

use leptos::prelude::{Effect, Memo};

/// Runs now, and whenever a signal changes that it read.
pub fn effect(run: impl FnMut() + 'static) {
    follow(Box::new(run));
}

fn follow(mut run: Box<dyn FnMut()>) {
    Effect::new(move |_| run());
}

/// A value that is worked out again when a signal changes that it read, and told on when it differs.
pub fn memo<T: PartialEq + Send + Sync + 'static>(value: impl Fn() -> T + Send + Sync + 'static) -> Memo<T> {
    boxed(Box::new(value))
}

fn boxed<T: PartialEq + Send + Sync + 'static>(value: Box<dyn Fn() -> T + Send + Sync>) -> Memo<T> {
    Memo::new(move |_| value())
}
