//! A text without some of its spans.

/// Appends `text` without spans of characters, half-open and in the order of where they begin. A span inside the text is
/// replaced by `between`, one at its start or end by nothing. What lies beyond the text does not count, nor does what a
/// span before has cut already; an empty span changes nothing.
pub fn without_spans(
    text: &str,
    spans: impl IntoIterator<Item = (u64, u64)>,
    between: &str,
    out: &mut String,
) {
    out.reserve(text.len());
    let mut cursor = Cursor {
        text: text.as_bytes(),
        ascii: text.is_ascii(),
        byte: 0,
        character: 0,
    };
    // Up to where the text is written or cut, in bytes.
    let mut done = 0;
    for (start, end) in spans {
        let start = cursor.to(start).max(done);
        let end = cursor.to(end);
        if start >= end {
            continue;
        }
        out.push_str(&text[done..start]);
        if start > 0 && end < text.len() {
            out.push_str(between);
        }
        done = end;
    }
    out.push_str(&text[done..]);
}

/// Finds bytes of characters, going forwards only.
struct Cursor<'t> {
    text: &'t [u8],
    ascii: bool,
    byte: usize,
    character: u64,
}

impl Cursor<'_> {
    /// Where a character begins; where the cursor stands if that is further on.
    fn to(&mut self, character: u64) -> usize {
        if self.ascii {
            return (usize::try_from(character).unwrap_or(usize::MAX)).min(self.text.len());
        }
        while self.character < character && self.byte < self.text.len() {
            self.byte += 1;
            while self.text.get(self.byte).is_some_and(|&b| (b as i8) < -0x40) {
                self.byte += 1;
            }
            self.character += 1;
        }
        self.byte
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::without_spans;

    fn without(text: &str, spans: &[(u64, u64)], between: &str) -> String {
        let mut out = String::new();
        without_spans(text, spans.iter().copied(), between, &mut out);
        out
    }

    #[test]
    fn spans_count_characters() {
        assert_eq!(without("añb\u{1F600}c", &[(1, 2), (3, 4)], ""), "abc");
        assert_eq!(without("abcdef", &[(0, 2), (4, 9)], "-"), "cd");
        assert_eq!(without("abcdef", &[(1, 2), (3, 4)], "-"), "a-c-ef");
        assert_eq!(without("abcdef", &[(1, 1), (2, 3), (1, 4)], ""), "abef");
        assert_eq!(without("", &[(0, 5)], "-"), "");
        assert_eq!(without("abc", &[], "-"), "abc");
    }

    proptest! {
        #[test]
        fn as_counted_one_by_one(
            text in "[a-cé€😀]{0,30}",
            lengths in prop::collection::vec((0u64..6, 0u64..6), 0..6),
        ) {
            let mut at = 0;
            let spans: Vec<_> = lengths.iter().map(|(skip, take)| {
                let start = at + skip;
                at = start + take;
                (start, at)
            }).collect();
            let inside = |i: u64| spans.iter().any(|&(start, end)| (start..end).contains(&i));
            let expected: String = (0..).zip(text.chars()).filter(|&(i, _)| !inside(i)).map(|(_, c)| c).collect();
            prop_assert_eq!(without(&text, &spans, ""), expected);
        }
    }
}
