//! GPT-3's cleaning: what is left of a text when its matches go, with what is around them.

/// Characters that go on each side of a match.
pub const WINDOW: u32 = 200;
/// Pieces with fewer characters go.
const SHORTEST: u32 = 200;
/// A text in more pieces goes as a whole.
const MOST_PIECES: usize = 10;

/// What is left of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// How many pieces the text falls into.
    pub pieces: u32,
    /// The pieces that stay, from and to in characters. None when there are too many pieces.
    pub kept: Vec<(u32, u32)>,
}

/// Cuts a text of so many characters at its matches, which are in order.
pub fn cut(characters: u32, spans: &[(u32, u32)]) -> Cut {
    let mut pieces = Vec::new();
    let mut from = 0;
    for &(start, end) in spans {
        let to = start.saturating_sub(WINDOW);
        if to > from {
            pieces.push((from, to));
        }
        from = from.max(end.saturating_add(WINDOW).min(characters));
    }
    if from < characters {
        pieces.push((from, characters));
    }
    let mut cut = Cut {
        pieces: pieces.len() as u32,
        kept: Vec::new(),
    };
    if pieces.len() <= MOST_PIECES {
        cut.kept = pieces;
        cut.kept.retain(|(from, to)| to - from >= SHORTEST);
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn windows_around_matches() {
        let whole = cut(1000, &[]);
        assert_eq!((whole.pieces, whole.kept), (1, vec![(0, 1000)]));
        let one = cut(1000, &[(450, 500)]);
        assert_eq!((one.pieces, one.kept), (2, vec![(0, 250), (700, 1000)]));
        // Pieces that are too short are counted, and go.
        let short = cut(1000, &[(350, 640)]);
        assert_eq!((short.pieces, short.kept), (2, vec![]));
        let at_the_ends = cut(1000, &[(0, 50), (990, 1000)]);
        assert_eq!(
            (at_the_ends.pieces, at_the_ends.kept),
            (1, vec![(250, 790)])
        );
        let near = cut(2000, &[(500, 510), (850, 860)]);
        assert_eq!((near.pieces, near.kept), (2, vec![(0, 300), (1060, 2000)]));
        assert_eq!(cut(300, &[(0, 300)]).pieces, 0);
    }

    #[test]
    fn many_pieces() {
        let matches = |many: u32| {
            (1..=many)
                .map(|i| (i * 1000, i * 1000 + 50))
                .collect::<Vec<_>>()
        };
        assert_eq!(cut(20_000, &matches(9)).kept.len(), 10);
        let too_many = cut(20_000, &matches(10));
        assert_eq!((too_many.pieces, too_many.kept), (11, vec![]));
    }
}
