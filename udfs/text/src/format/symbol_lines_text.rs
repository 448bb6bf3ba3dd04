//! Lines of symbols left out.

use crate::signal::Input;
use crate::transform::TextFunction;
use crate::words::classes::{Classes, PUNCTUATION, TERMINAL};
use crate::words::is_space;

/// The function.
pub static FUNCTION: TextFunction = TextFunction {
    name: "datatrove_symbol_lines_text",
    definition: "The text without its lines of symbols only: of datatrove's punctuation, terminal punctuation and spaces, with at least one that is no whitespace. Lines are those of Python's splitlines, and come back with line feeds between; none stands at the end.",
    undefined: "never",
    inputs: &[Input::Text],
    source: "datatrove 0.10.1, SymbolLinesFormatter",
    example: (
        "datatrove_symbol_lines_text(concat('* * *', chr(10), 'Two'))",
        "Two",
    ),
    version: 1,
    write: |row, _, out| {
        for line in lines(row.text).filter(|line| !is_symbols(line)) {
            out.push_str(line);
            out.push('\n');
        }
        out.pop();
        true
    },
};

/// Whether a line has symbols and nothing else but spaces.
fn is_symbols(line: &str) -> bool {
    let classes = Classes::get();
    let mut seen = false;
    for c in line.chars() {
        if c == ' ' {
            continue;
        }
        if classes.of(c.into()) & (PUNCTUATION | TERMINAL) == 0 {
            return false;
        }
        seen |= !is_space(c);
    }
    seen
}

/// The lines of Python's `splitlines`, without their ends.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let is_break = |c| {
            matches!(
                c,
                '\n'..='\r' | '\x1C'..='\x1E' | '\u{85}' | '\u{2028}' | '\u{2029}'
            )
        };
        let end = rest.find(is_break).unwrap_or(rest.len());
        let (line, tail) = rest.split_at(end);
        let mut behind = tail.chars();
        let first = behind.next();
        let tail = behind.as_str();
        rest = match first {
            Some('\r') => tail.strip_prefix('\n').unwrap_or(tail),
            _ => tail,
        };
        Some(line)
    })
}
