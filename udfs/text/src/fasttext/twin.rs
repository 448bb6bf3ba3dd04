//! The obvious way to sum the rows of a line, and models that are made at random to compare with it.

use proptest::prelude::*;

use super::{Model, Scratch};

/// What a model consists of, as it is written down.
#[derive(Clone, Debug)]
struct Made {
    dimensions: usize,
    word_ngrams: usize,
    chars: (usize, usize),
    buckets: u32,
    words: Vec<String>,
    labels: Vec<String>,
    /// Buckets that are kept and their rows behind those of words; without, all are.
    kept: Option<Vec<(u32, u32)>>,
    quantised: bool,
    with_norms: bool,
    seed: u64,
}

/// Numbers that follow from a seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        self.0 >> 33
    }

    fn float(&mut self) -> f32 {
        (self.next() % 20_001) as f32 / 7_000.0 - 1.4
    }

    fn floats(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.float()).collect()
    }
}

/// Columns of a piece of a quantised row.
const WIDTH: usize = 2;

/// The input, plain or in codes.
struct Input {
    data: Vec<f32>,
    codes: Vec<u8>,
    centroids: Vec<f32>,
    norm_codes: Vec<u8>,
    norms: Vec<f32>,
}

impl Made {
    fn rows(&self) -> usize {
        let ngrams = self.kept.as_ref().map(Vec::len);
        self.words.len() + ngrams.unwrap_or(self.buckets as usize)
    }

    fn input(&self) -> Input {
        let mut random = Random(self.seed);
        let pieces = self.dimensions.div_ceil(WIDTH);
        let mut codes = |count| (0..count).map(|_| random.next() as u8).collect();
        let (row_codes, norm_codes) = (codes(self.rows() * pieces), codes(self.rows()));
        Input {
            data: random.floats(self.rows() * self.dimensions),
            codes: row_codes,
            centroids: random.floats(self.dimensions * 256),
            norm_codes,
            norms: random.floats(256),
        }
    }

    fn file(&self) -> Vec<u8> {
        let mut file = Vec::new();
        let ints = |file: &mut Vec<u8>, numbers: &[usize]| {
            for &number in numbers {
                file.extend((number as i32).to_le_bytes());
            }
        };
        let longs = |file: &mut Vec<u8>, numbers: &[i64]| {
            file.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        };
        let floats = |file: &mut Vec<u8>, numbers: &[f32]| {
            file.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        };
        let (least, most) = self.chars;
        ints(&mut file, &[793_712_314, 12, self.dimensions, 5, 5, 1, 5]);
        ints(&mut file, &[self.word_ngrams, 3, 3, self.buckets as usize]);
        ints(&mut file, &[least, most, 100]);
        file.extend(1e-4f64.to_le_bytes());
        let (words, labels) = (self.words.len(), self.labels.len());
        ints(&mut file, &[words + labels, words, labels]);
        let kept = self.kept.as_ref();
        longs(&mut file, &[7, kept.map_or(-1, |kept| kept.len() as i64)]);
        for (number, word) in self.words.iter().chain(&self.labels).enumerate() {
            file.extend(word.as_bytes());
            file.push(0);
            longs(&mut file, &[3]);
            file.push(u8::from(number >= words));
        }
        for &(bucket, row) in kept.into_iter().flatten() {
            ints(&mut file, &[bucket as usize, row as usize]);
        }
        file.push(self.quantised.into());
        let input = self.input();
        let shape = [self.rows() as i64, self.dimensions as i64];
        if self.quantised {
            file.push(self.with_norms.into());
            longs(&mut file, &shape);
            ints(&mut file, &[input.codes.len()]);
            file.extend(&input.codes);
            let pieces = self.dimensions.div_ceil(WIDTH);
            let last = self.dimensions - (pieces - 1) * WIDTH;
            ints(&mut file, &[self.dimensions, pieces, WIDTH, last]);
            floats(&mut file, &input.centroids);
            if self.with_norms {
                file.extend(&input.norm_codes);
                ints(&mut file, &[1, 1, 1, 1]);
                floats(&mut file, &input.norms);
            }
        } else {
            longs(&mut file, &shape);
            floats(&mut file, &input.data);
        }
        file.push(0);
        longs(&mut file, &[labels as i64, self.dimensions as i64]);
        let output = Random(self.seed + 1).floats(labels * self.dimensions);
        floats(&mut file, &output);
        file
    }

    /// The mean of the rows of a line.
    fn mean(&self, text: &str) -> Vec<f32> {
        let input = self.input();
        let rows = self.rows_of(text);
        let mut sums = vec![0.0f32; self.dimensions];
        for &row in &rows {
            for (column, sum) in sums.iter_mut().enumerate() {
                if !self.quantised {
                    *sum += input.data[row * self.dimensions + column];
                    continue;
                }
                let pieces = self.dimensions.div_ceil(WIDTH);
                let (piece, place) = (column / WIDTH, column % WIDTH);
                let code = usize::from(input.codes[row * pieces + piece]);
                let width = WIDTH.min(self.dimensions - piece * WIDTH);
                let centroid = input.centroids[piece * WIDTH * 256 + code * width + place];
                let norm = match self.with_norms {
                    true => input.norms[usize::from(input.norm_codes[row])],
                    false => 1.0,
                };
                *sum += norm * centroid;
            }
        }
        if !rows.is_empty() {
            let share = (1.0 / rows.len() as f64) as f32;
            sums.iter_mut().for_each(|sum| *sum *= share);
        }
        sums
    }

    fn rows_of(&self, text: &str) -> Vec<usize> {
        let hash = |word: &str| {
            word.bytes().fold(2_166_136_261u32, |hash, byte| {
                (hash ^ byte as i8 as u32).wrapping_mul(16_777_619)
            })
        };
        let mut rows = Vec::new();
        let mut hashes = Vec::new();
        let spaces = [' ', '\t', '\n', '\x0b', '\x0c', '\r', '\0'];
        let words = text.split(spaces).filter(|word| !word.is_empty());
        for word in words.chain(["</s>"]) {
            let known = self.words.iter().position(|known| known == word);
            let is_label = self.labels.iter().any(|label| label == word);
            if !is_label && (known.is_some() || !word.starts_with("__label__")) {
                rows.extend(known);
                hashes.push(i64::from(hash(word) as i32) as u64);
                if word != "</s>" {
                    self.ngrams(&format!("<{word}>"), |ngram| {
                        rows.extend(self.row(hash(ngram) % self.buckets));
                    });
                }
            }
            if word == "</s>" {
                break;
            }
        }
        for start in 0..hashes.len() {
            let mut hash = hashes[start];
            for next in hashes.iter().skip(start + 1).take(self.word_ngrams - 1) {
                hash = hash.wrapping_mul(116_049_371).wrapping_add(*next);
                rows.extend(self.row((hash % u64::from(self.buckets)) as u32));
            }
        }
        rows
    }

    fn ngrams(&self, word: &str, mut take: impl FnMut(&str)) {
        let ends: Vec<usize> = word.char_indices().map(|(at, _)| at).collect();
        let ends = [ends, vec![word.len()]].concat();
        for start in 0..ends.len() - 1 {
            for n in self.chars.0.max(1)..=self.chars.1 {
                let Some(&end) = ends.get(start + n) else {
                    break;
                };
                if n > 1 || start > 0 && end < word.len() {
                    take(&word[ends[start]..end]);
                }
            }
        }
    }

    fn row(&self, bucket: u32) -> Option<usize> {
        let place = match &self.kept {
            None => bucket,
            Some(kept) => kept.iter().find(|(of, _)| *of == bucket)?.1,
        };
        Some(self.words.len() + place as usize)
    }
}

prop_compose! {
    fn model()(
        dimensions in prop::sample::select(vec![16, 16, 5, 8]),
        word_ngrams in 1usize..4,
        chars in prop::sample::select(vec![(2, 4), (1, 3), (3, 3), (0, 0), (2, 9)]),
        buckets in 1u32..900,
        words in prop::collection::btree_set("[abé]{1,4}|</s>|__[ab]|[ab]{17,20}", 1..30),
        labels in prop::collection::btree_set("__label__[a-c]|[xy]", 1..5),
        pruned in prop::option::of(prop::collection::btree_set(0u32..900, 1..600)),
        (quantised, with_norms, turn, seed) in any::<(bool, bool, u32, u32)>(),
    ) -> Made {
        let kept = pruned.map(|kept| {
            let kept: Vec<u32> = kept.into_iter().filter(|&bucket| bucket < buckets).collect();
            let len = kept.len() as u32;
            kept.into_iter().zip(0..).map(|(bucket, row)| (bucket, (row + turn % len) % len)).collect()
        }).filter(|kept: &Vec<_>| !kept.is_empty());
        Made {
            dimensions,
            word_ngrams,
            chars,
            buckets,
            words: words.into_iter().collect(),
            labels: labels.into_iter().collect(),
            quantised: quantised || kept.is_some(),
            kept,
            with_norms,
            seed: seed.into(),
        }
    }
}

proptest! {
    #[test]
    fn sums_as_the_obvious_way(
        made in model(),
        texts in prop::collection::vec(
            "(([abé]{1,4}|[xy]|__label__[a-d]|__[ab]|[a-zß数😀.,]{1,22}|</s>)[ \t\r\n\u{0b}\u{0c}\0]{1,2}){0,60}[ab数]{0,18}",
            1..4,
        ),
    ) {
        let model = Model::from_bytes(&made.file()).expect("a model");
        let mut scratch = Scratch::default();
        for text in texts.iter().chain(&texts) {
            model.predict(text, 1, &mut scratch);
            let bits = |numbers: &[f32]| numbers.iter().map(|n| n.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(&scratch.hidden), bits(&made.mean(text)), "{:?}", text);
        }
    }
}
