//! Effects, compiled once: Leptos gives each closure a loop of its own.

use leptos::prelude::Effect;

/// Runs now, and whenever a signal changes that it read.
pub fn effect(run: impl FnMut() + 'static) {
    follow(Box::new(run));
}

fn follow(mut run: Box<dyn FnMut()>) {
    Effect::new(move |_| run());
}
