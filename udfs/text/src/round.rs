//! Rounding to 8 decimals as the published signals do, without formatting.

/// 10⁸: exact in a double, and so is its product with any integer that matters here, rounded once.
const SCALE: f64 = 1e8;
/// Doubles below this have fractional bits.
const FRACTIONAL: f64 = (1u64 << 52) as f64;
/// From here on, doubles are farther apart than 10⁻⁸: the nearest to a rounded one is the one itself.
const COARSE: f64 = (1u64 << 26) as f64;

/// `x` rounded to 8 decimals, correctly from its exact binary value, exact ties to even: Python's
/// `round(x, 8)`. NaN and infinities stay what they are.
///
/// The nearest multiple of 10⁻⁸ is an integer over 10⁸, and one division of two exact doubles gives the
/// double nearest to it, which is what parsing its decimal digits would give. The integer is found from
/// the rounded product; near a tie the error of the product decides, which a fused multiply-add gives exactly.
#[inline]
pub fn round8(x: f64) -> f64 {
    if x.is_nan() || x.abs() >= COARSE {
        return x;
    }
    let product = x.abs() * SCALE;
    if product >= FRACTIONAL {
        return large(x);
    }
    let floor = (product as u64) as f64;
    // Exact: both are multiples of the last place of `product`.
    let above = product - floor - 0.5;
    let up = if above == 0.0 {
        beyond_tie(x.abs(), product, floor)
    } else {
        above > 0.0
    };
    ((floor + f64::from(u8::from(up))) / SCALE).copysign(x)
}

/// Whether a product that looks like a tie is to be rounded up.
#[cold]
fn beyond_tie(x: f64, product: f64, floor: f64) -> bool {
    let error = x.mul_add(SCALE, -product);
    error > 0.0 || error == 0.0 && floor % 2.0 == 1.0
}

/// The definition itself, for the few numbers whose product has no fractional bits left.
#[cold]
fn large(x: f64) -> f64 {
    format!("{x:.8}").parse().unwrap_or(x)
}

/// `part / whole`, rounded to 8 decimals; `None` when there is no whole.
#[inline]
pub(crate) fn fraction(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| round8(part as f64 / whole as f64))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, any, prop_assert_eq, proptest};

    use super::{large, round8};

    #[test]
    fn as_python_rounds() {
        // Pairs of x and repr(round(x, 8)) from Python 3.11.
        for (x, rounded) in [
            (1.0 / 512.0, 0.00195312),
            (3.0 / 512.0, 0.00585938),
            (5e-9, 1e-8),
            (1.5e-8, 1e-8),
            (2.5e-8, 2e-8),
            (0.1 + 0.2, 0.3),
            (-1.0 / 3.0, -0.33333333),
            (12345678.123456785, 12345678.12345679),
            (1e300, 1e300),
            (5e-324, 0.0),
        ] {
            assert_eq!(round8(x), rounded, "{x:e}");
        }
        assert!(round8(f64::NAN).is_nan());
        assert_eq!(round8(f64::INFINITY), f64::INFINITY);
        assert!(round8(-0.0).is_sign_negative());
    }

    #[test]
    fn exact_ties_go_to_even() {
        // k / 512 is a tie for odd k: 10⁸ / 512 is an odd multiple of one half.
        for k in 0..100_000u32 {
            let x = f64::from(k) / 512.0;
            assert_eq!(round8(x).to_bits(), large(x).to_bits(), "{k} / 512");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn equals_the_definition(
            x in any::<f64>(),
            near in 4.0e7..8.0e7,
            part in 0u32..,
            whole in 1u32..,
        ) {
            prop_assert_eq!(round8(x).to_bits(), large(x).to_bits());
            prop_assert_eq!(round8(near).to_bits(), large(near).to_bits());
            let x = f64::from(part) / f64::from(whole);
            prop_assert_eq!(round8(x).to_bits(), large(x).to_bits());
        }
    }
}
