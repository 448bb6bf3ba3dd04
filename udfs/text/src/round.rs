//! Rounding to 8 decimals as the published signals do.

/// `x` rounded to 8 decimals, correctly from its exact binary value, exact ties to even: Python's
/// `round(x, 8)`. NaN and infinities stay what they are.
pub fn round8(x: f64) -> f64 {
    exact(x)
}

/// The definition itself: the decimal expansion is exact, and so is parsing it.
fn exact(x: f64) -> f64 {
    format!("{x:.8}").parse().unwrap_or(x)
}

/// `part / whole`, rounded to 8 decimals; `None` when there is no whole.
pub(crate) fn fraction(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| round8(part as f64 / whole as f64))
}
