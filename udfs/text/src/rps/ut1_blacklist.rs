//! The UT1 blocklist categories of the domain, as the number of the set of categories: 0 is adult, 8190 all thirteen.

use super::SOURCE;
use crate::document::Needs;
use crate::lists::MAX_CATEGORY_ID;
use crate::signal::{Input, Measure, Signal};

/// The signal.
pub static SIGNAL: Signal = Signal {
    name: "rps_doc_ut1_blacklist",
    definition: "The UT1 blocklist categories of the domain, as the number of the set of categories: 0 is adult, 8190 all thirteen. The domain is compared as it stands: case, port and `www.` matter.",
    undefined: "the domain is in no category, or no list is loaded",
    range: (0.0, MAX_CATEGORY_ID as f64),
    inputs: &[Input::Domain],
    source: SOURCE,
    example: ("rps_doc_ut1_blacklist('www.example.org')", "NULL"),
    version: 1,
    needs: Needs::NONE,
    measure: Measure::Int(|d| d.lists().ut1()?.category(d.row().domain?).map(i64::from)),
};
