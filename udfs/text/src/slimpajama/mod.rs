//! What SlimPajama measures before it drops short documents.

use crate::signal::Signal;

pub mod length;

/// The signals.
pub static SIGNALS: &[&Signal] = &[&length::SIGNAL];
