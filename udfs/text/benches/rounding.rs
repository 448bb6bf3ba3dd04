//! Rounding without formatting against rounding by formatting, on as many values as one likes.
//!
//! ```text
//! cargo bench -p corpusql-text --bench rounding [-- COUNT]
//! ```
//!
//! A quarter each of: quotients of integers as signals have them, the doubles next to a tie and ties, random
//! doubles of the magnitudes that signals have, random bits with exponents from -64 to 63.

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use corpusql_text::round::round8;

fn main() -> Result<(), Box<dyn Error>> {
    let count = std::env::args()
        .skip(1)
        .find(|argument| argument != "--bench");
    let count: u64 = count.map_or(Ok(2_000_000), |count| count.parse())?;
    let mut state = 0x0DDB_1A5E_5BAD_5EED_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.wrapping_mul(0x2545_F491_4F6C_DD1D)
    };
    let mut next = move |i: u64| {
        let bits = random();
        match i % 4 {
            0 => (bits >> 44) as f64 / (1 + (bits & 0xFF_FFFF)) as f64,
            1 if bits & 1 == 0 => {
                let tie = ((bits >> 20) as f64 + 0.5) / 1e8;
                f64::from_bits(tie.to_bits() + (bits >> 1) % 3 - 1)
            }
            1 => (bits >> 24) as f64 / f64::from(1u32 << (9 + (bits >> 1) % 8)),
            2 => (bits >> 11) as f64 / f64::from(1u32 << (bits % 32)) / 1e9,
            _ => f64::from_bits(bits >> 12 | (1023 - 64 + (bits & 127)) << 52),
        }
    };
    let mut seconds = [0.0; 2];
    let mut block = Vec::new();
    let mut done = 0;
    while done < count {
        block.clear();
        block.extend((0..(count - done).min(1 << 16)).map(&mut next));
        let start = Instant::now();
        for &x in &block {
            black_box(round8(x));
        }
        seconds[0] += start.elapsed().as_secs_f64();
        let start = Instant::now();
        for &x in &block {
            let expected: f64 = format!("{x:.8}").parse()?;
            if expected.to_bits() != round8(x).to_bits() && !x.is_nan() {
                return Err(format!("{x:e}: expected {expected:e}, found {:e}", round8(x)).into());
            }
        }
        seconds[1] += start.elapsed().as_secs_f64();
        done += block.len() as u64;
    }
    let each = seconds.map(|seconds| seconds * 1e9 / count as f64);
    println!(
        "{count} values, all equal; {:.1} ns each, by formatting {:.1} ns",
        each[0], each[1]
    );
    Ok(())
}
