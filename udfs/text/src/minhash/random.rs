//! The constants of the permutations, as numpy draws them.
//!
//! All published schemes take them from `numpy.random.RandomState(seed).randint(low, high, dtype=uint64)`: the
//! Mersenne Twister MT19937 seeded by `init_genrand`, whose outputs are joined to 64 bits (the first is the upper
//! half), cut to the bits that the range needs and drawn again while they are beyond it.

use super::scheme::{Draw, Order};

/// 2^61 − 1, a Mersenne prime: the modulus of all published schemes.
pub(super) const MODULUS: u64 = (1 << 61) - 1;

const STATE: usize = 624;
const MIDDLE: usize = 397;

/// The constants `a` and `b` of the first `count` permutations of a draw.
pub(super) fn constants(draw: Draw, count: usize) -> (Vec<u64>, Vec<u64>) {
    let mut twister = Twister::new(draw.seed);
    // 1 ≤ a < MODULUS, 0 ≤ b < MODULUS.
    let a = |twister: &mut Twister| 1 + twister.up_to(MODULUS - 2);
    let b = |twister: &mut Twister| twister.up_to(MODULUS - 1);
    match draw.order {
        Order::Pairs => (0..count)
            .map(|_| (a(&mut twister), b(&mut twister)))
            .unzip(),
        Order::Columns => {
            let first = (0..count).map(|_| a(&mut twister)).collect();
            let second = (0..count).map(|_| b(&mut twister)).collect();
            (first, second)
        }
    }
}

/// The Mersenne Twister MT19937.
struct Twister {
    state: [u32; STATE],
    at: usize,
}

impl Twister {
    fn new(seed: u32) -> Self {
        let mut state = [seed; STATE];
        for i in 1..STATE {
            let last = state[i - 1];
            state[i] = (last ^ last >> 30)
                .wrapping_mul(1_812_433_253)
                .wrapping_add(i as u32);
        }
        Self { state, at: STATE }
    }

    fn next(&mut self) -> u32 {
        if self.at == STATE {
            self.twist();
        }
        let mut y = self.state[self.at];
        self.at += 1;
        y ^= y >> 11;
        y ^= y << 7 & 0x9D2C_5680;
        y ^= y << 15 & 0xEFC6_0000;
        y ^ y >> 18
    }

    fn twist(&mut self) {
        for i in 0..STATE {
            let y = self.state[i] & 1 << 31 | self.state[(i + 1) % STATE] & !(1 << 31);
            let odd = if y & 1 == 1 { 0x9908_B0DF } else { 0 };
            self.state[i] = self.state[(i + MIDDLE) % STATE] ^ y >> 1 ^ odd;
        }
        self.at = 0;
    }

    /// A number from 0 to `last`, both included.
    fn up_to(&mut self, last: u64) -> u64 {
        let mask = u64::MAX >> last.leading_zeros();
        loop {
            let high = u64::from(self.next());
            let value = (high << 32 | u64::from(self.next())) & mask;
            if value <= last {
                return value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Twister, constants};
    use crate::minhash::scheme::{Draw, Order};

    #[test]
    fn the_published_first_output() {
        // Of init_genrand(5489), the default seed of the reference implementation.
        assert_eq!(Twister::new(5489).next(), 3_499_211_612);
    }

    #[test]
    fn constants_as_numpy_draws_them() {
        let draw = |seed, order| constants(Draw { seed, order }, 112);
        let (a, b) = draw(1, Order::Columns);
        assert_eq!(
            (a[0], b[0]),
            (775_169_054_918_279_404, 1_062_448_801_025_099_917)
        );
        assert_eq!(draw(42, Order::Pairs).0[0], 2_297_359_619_001_564_596);
        // The first draw does not depend on the order, the second does.
        let columns = draw(42, Order::Columns);
        assert_eq!(columns.0[0], 2_297_359_619_001_564_596);
        assert_ne!(columns.0[1], draw(42, Order::Pairs).0[1]);
    }
}
