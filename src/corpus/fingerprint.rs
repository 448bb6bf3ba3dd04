//! Fingerprints of columns: what decides a column's values besides the values it is computed from.
//!
//! A fingerprint covers the canonical SQL expression (so comments and spacing change nothing), the
//! definition versions and word lists of the functions in it, and the column's type. The identities of
//! the parts it was computed from stand in each part ([`Part::made_from`](super::Part::made_from)).

use xxhash_rust::xxh3::xxh3_128;

use super::manifest::hex128;

/// The fingerprint of a column made by `expression`, which calls `functions` (name and fingerprint of
/// each), and has type `data_type`.
pub fn of_expression(expression: &str, functions: &[(String, u128)], data_type: &str) -> String {
    let mut facts = format!("{expression}\n{data_type}\n");
    for (name, fingerprint) in functions {
        facts.push_str(&format!("{name} {fingerprint:032x}\n"));
    }
    hex128(xxh3_128(facts.as_bytes()))
}
