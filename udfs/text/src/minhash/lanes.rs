//! The instruction sets that the kernels are compiled for.
//!
//! The kernels are loops over arrays of fixed length. They are written once; the compiler makes vector
//! instructions of them, once for each [`Instructions`], and the processor decides at run time which version runs.

/// An instruction set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Instructions {
    /// What every processor of this kind has.
    Portable,
    /// AVX2.
    Avx2,
    /// AVX-512 with F, DQ and VL.
    Avx512,
}

impl Instructions {
    /// The best of this processor.
    pub fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl")
            {
                return Self::Avx512;
            }
            if is_x86_feature_detected!("avx2") {
                return Self::Avx2;
            }
        }
        Self::Portable
    }

    /// All that this processor has.
    pub fn available() -> impl Iterator<Item = Self> {
        let best = Self::best();
        [Self::Portable, Self::Avx2, Self::Avx512]
            .into_iter()
            .filter(move |&set| set <= best)
    }
}

/// A choice of instructions that this processor has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chosen(Instructions);

impl Chosen {
    /// `wanted`, or the best there is where the processor lacks it.
    pub(crate) fn new(wanted: Instructions) -> Self {
        Self(wanted.min(Instructions::best()))
    }

    pub(crate) fn get(self) -> Instructions {
        self.0
    }
}

/// Defines `$name`, which runs the `#[inline(always)]` function `$kernel` compiled for the chosen instructions.
macro_rules! dispatch {
    ($(#[$doc:meta])* $name:ident = $kernel:ident($($argument:ident: $type:ty),*)) => {
        $(#[$doc])*
        pub(super) fn $name(chosen: super::lanes::Chosen, $($argument: $type),*) {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512dq,avx512vl")]
                fn avx512($($argument: $type),*) {
                    $kernel($($argument),*);
                }
                #[target_feature(enable = "avx2")]
                fn avx2($($argument: $type),*) {
                    $kernel($($argument),*);
                }
                match chosen.get() {
                    // SAFETY: `Chosen` holds only instructions that this processor has.
                    super::lanes::Instructions::Avx512 => return unsafe { avx512($($argument),*) },
                    // SAFETY: as above.
                    super::lanes::Instructions::Avx2 => return unsafe { avx2($($argument),*) },
                    super::lanes::Instructions::Portable => {}
                }
            }
            let _ = chosen.get();
            $kernel($($argument),*);
        }
    };
}

pub(crate) use dispatch;
