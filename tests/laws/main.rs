//! The laws that all functions obey, tested over the registry: a new function is tested without being
//! mentioned here.

mod examples;
mod names;
mod published;
mod reference;
mod rules;
mod snapshot;
mod support;
mod values;
