//! The rows of words that a thread met lately: most words of a text are the same few thousand, and finding the rows of one
//! takes a look at each of its n-grams.

/// Words that are kept at a time, one for each value of a hash.
const SLOTS: usize = 1 << 16;
/// Numbers that are kept of them; all words are forgotten when they are more.
const MOST: usize = 1 << 20;
/// Numbers in front of a word's rows: its bytes, how many rows there are, its hash.
const HEAD: usize = 6;
/// Stands in the number of rows of what is a word, and no label.
const IS_WORD: u32 = 1 << 31;

/// The rows of recent words. One for each thread.
#[derive(Debug, Default)]
pub(super) struct Recent {
    /// The digest of the model whose rows they are.
    model: u64,
    /// Where in `kept` a word is, by the hash of its bytes.
    slots: Vec<u32>,
    /// Words one behind the other, each with its rows; first one that no word is equal to.
    kept: Vec<u32>,
}

impl Recent {
    /// Makes ready for texts that the model with this digest looks at.
    pub(super) fn begin(&mut self, model: u64) {
        if self.model != model || self.slots.is_empty() {
            self.model = model;
            self.forget();
        }
    }

    fn forget(&mut self) {
        self.slots.clear();
        self.slots.resize(SLOTS, 0);
        self.kept.clear();
        self.kept.resize(HEAD, 0);
    }

    /// Where words are kept, or 0, which [`keep`](Self::keep) and [`at`](Self::at) take until the next call. `keys` are their
    /// bytes as numbers; of 0 there is nothing.
    ///
    /// Many words at a time: what is far away in memory is fetched for all of them together.
    #[inline(always)]
    pub(super) fn look(&mut self, keys: &[u128], places: &mut [u32]) {
        if self.kept.len() > MOST {
            self.forget();
        }
        for (key, place) in keys.iter().zip(&mut *places) {
            *place = self.slots[Self::slot(*key)];
        }
        for (key, place) in keys.iter().zip(places) {
            let start = *place as usize;
            let in_place = self.kept[start..start + 4].iter().rev();
            let in_place = in_place.fold(0, |key, &part| key << 32 | u128::from(part));
            *place *= u32::from(in_place == *key);
        }
    }

    #[inline(always)]
    fn slot(key: u128) -> usize {
        let mixed = (key as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
            ^ ((key >> 64) as u64).wrapping_mul(0xC2B2_AE3D_27D4_EB4F);
        (mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (u64::BITS - SLOTS.ilog2())) as usize
    }

    /// The hash, if it is a word, and the rows of what is kept in a place.
    #[inline(always)]
    pub(super) fn at(&self, place: u32) -> (Option<i32>, &[u32]) {
        let head = &self.kept[place as usize..][..HEAD];
        let rows = &self.kept[place as usize + HEAD..][..(head[4] & !IS_WORD) as usize];
        ((head[4] & IS_WORD != 0).then_some(head[5] as i32), rows)
    }

    /// Keeps a word and returns its place. `find` writes its rows and returns its hash, if it is a word.
    pub(super) fn keep(
        &mut self,
        key: u128,
        find: impl FnOnce(&mut Vec<u32>) -> Option<i32>,
    ) -> u32 {
        let start = self.kept.len();
        let bytes = [0, 32, 64, 96].map(|shift| (key >> shift) as u32);
        self.kept.extend(bytes);
        self.kept.extend([0; HEAD - 4]);
        let hash = find(&mut self.kept);
        // A word of few bytes has few rows, and few words are kept.
        let rows = (self.kept.len() - start - HEAD) as u32;
        self.kept[start + 4] = rows | hash.map_or(0, |_| IS_WORD);
        self.kept[start + 5] = hash.unwrap_or_default() as u32;
        self.slots[Self::slot(key)] = start as u32;
        start as u32
    }
}
