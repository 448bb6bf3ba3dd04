//! Personal data in a text, as datatrove finds it.

pub(crate) mod emails;
pub(crate) mod ips;
