//! DCLM's `bff`: paragraphs by their n-grams of words, and documents by all of theirs.

use super::Cut;
use super::grams::Verdict;
use super::pieces::Gone;

/// What is judged, and what is cut out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Paragraphs.
    Paragraph,
    /// The whole document as if it were one paragraph.
    Document,
    /// Paragraphs, and then all of a document of which too much was met before: DCLM's.
    OldBoth,
}

/// The pieces of a text. Each but the first begins with its line feed; the first is empty where the text begins with one.
pub(super) fn pieces(mode: Mode, text: &str) -> impl Iterator<Item = &str> {
    let breaks = text.match_indices('\n').map(|(at, _)| at);
    let ends = breaks
        .filter(move |_| mode != Mode::Document)
        .chain([text.len()]);
    ends.scan(0, |start, end| {
        let piece = &text[*start..end];
        *start = end;
        Some(piece)
    })
}

/// Cuts out pieces, or everything. A document of which nothing but whitespace is left is dropped.
pub(super) fn cut(mode: Mode, text: &str, verdict: &Verdict, gone: &mut Gone, cut: &mut Cut) {
    gone.clear();
    if verdict.whole {
        gone.push(0..text.len());
    } else {
        let mut removed = verdict.removed.iter().peekable();
        let mut start = 0;
        for (number, piece) in (0..).zip(pieces(mode, text)) {
            let end = start + piece.len();
            if removed.next_if(|(this, _)| *this == number).is_some() {
                gone.push(start..end);
            }
            start = end;
        }
    }
    gone.write(text, cut);
    let mut at = 0;
    let mut blank = true;
    for &(start, end) in gone.ranges() {
        blank &= text[at..start].trim().is_empty();
        at = end;
    }
    cut.dropped = blank && text[at..].trim().is_empty();
}

#[cfg(test)]
mod tests {
    use super::{Mode, pieces};

    #[test]
    fn line_feeds_begin_pieces() {
        let of = |mode, text| pieces(mode, text).collect::<Vec<_>>();
        assert_eq!(of(Mode::OldBoth, "a\n\nb"), ["a", "\n", "\nb"]);
        assert_eq!(of(Mode::Paragraph, "\na\n"), ["", "\na", "\n"]);
        assert_eq!(of(Mode::OldBoth, ""), [""]);
        assert_eq!(of(Mode::Document, "a\nb"), ["a\nb"]);
    }
}
