//! Lines of symbols left out.

use crate::signal::Input;
use crate::transform::TextFunction;
use crate::unicode::split_lines;
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
        let lines = split_lines(row.text).map(|line| &row.text[line]);
        for line in lines.filter(|line| !is_symbols(line)) {
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
