//! The members of a cluster for people: two columns, the one that stays at the left, what differs marked.

use super::{Member, Members, Piece};
use crate::output::grid::{count, width};

/// Columns of each side.
const SIDE: usize = 48;
/// Words that are the same and stand beside a difference.
const AROUND: usize = 8;

/// How what differs is marked: before and behind, at the left and at the right.
struct Marks {
    left: [&'static str; 2],
    right: [&'static str; 2],
}

const PLAIN: Marks = Marks {
    left: ["[-", "-]"],
    right: ["{+", "+}"],
};
const COLOURS: Marks = Marks {
    left: ["\u{1b}[31m", "\u{1b}[0m"],
    right: ["\u{1b}[32m", "\u{1b}[0m"],
};

/// The members, one below the other.
pub fn text(members: &Members, on_terminal: bool) -> String {
    let shown = members.members.len() as u64;
    let mut text = format!(
        "{}, cluster {}: {} documents",
        members.preset,
        clean(&members.cluster),
        count(members.size)
    );
    if shown < members.size {
        text.push_str(&format!(
            ", {} of them shown; --most N shows more",
            count(shown)
        ));
    }
    text.push('\n');
    if members.is_cut {
        text.push_str(&format!(
            "of longer texts the first {} words are compared\n",
            count(super::words::MOST_WORDS as u64)
        ));
    }
    let marks = if on_terminal { &COLOURS } else { &PLAIN };
    for (place, member) in members.members.iter().enumerate() {
        text.push_str(&head(member, place == 0));
        if place == 0 {
            for line in wrapped(&beginning(member), 2 * SIDE + 3) {
                text.push_str(&line);
                text.push('\n');
            }
        } else {
            text.push_str(&columns(&member.runs, marks));
        }
    }
    text
}

fn head(member: &Member, stays: bool) -> String {
    let source = member
        .source
        .as_deref()
        .map_or_else(String::new, |source| format!(", {}", clean(source)));
    let what = match stays {
        true => "stays".to_string(),
        false => format!("{:.1}% of the words the same", 100.0 * member.same),
    };
    format!(
        "\n{}  {}{source}, {} characters, {what}\n",
        member.rank,
        clean(&member.id),
        count(member.characters)
    )
}

/// The first words of the one that stays: all its runs are the same.
fn beginning(member: &Member) -> String {
    let all = member.runs.iter().map(|run| match run {
        Piece::Same(words) => words.as_str(),
        Piece::Differs { member, .. } => member.as_str(),
    });
    let all: Vec<&str> = all.collect();
    let all = clean(&all.join(" "));
    let mut words = all.split(' ');
    let first: Vec<&str> = words.by_ref().take(5 * AROUND).collect();
    match words.count() {
        0 => first.join(" "),
        more => format!("{} ⋯ {} more", first.join(" "), count(more as u64)),
    }
}

/// Runs in two columns: of what is the same only the words around differences.
fn columns(runs: &[Piece], marks: &Marks) -> String {
    if !runs.iter().any(|run| matches!(run, Piece::Differs { .. })) {
        return "the same words\n".to_string();
    }
    let mut text = String::new();
    let (mut left, mut right) = (Side::default(), Side::default());
    let last = runs.len() - 1;
    for (place, run) in runs.iter().enumerate() {
        match run {
            Piece::Differs { survivor, member } => {
                left.push_all(&clean(survivor), true);
                right.push_all(&clean(member), true);
            }
            Piece::Same(words) => {
                let words = clean(words);
                let words: Vec<&str> = words.split(' ').collect();
                let behind = if place == 0 { 0 } else { AROUND };
                let before = if place == last { 0 } else { AROUND };
                let left_out = words.len().saturating_sub(behind + before);
                if left_out <= 2 {
                    left.push_each(&words);
                    right.push_each(&words);
                    continue;
                }
                left.push_each(&words[..behind]);
                right.push_each(&words[..behind]);
                side_by_side(&mut left, &mut right, marks, &mut text);
                text.push_str(&format!("⋯ {} words the same\n", count(left_out as u64)));
                left.push_each(&words[words.len() - before..]);
                right.push_each(&words[words.len() - before..]);
            }
        }
    }
    side_by_side(&mut left, &mut right, marks, &mut text);
    text
}

/// Words of one side that are to be written.
#[derive(Default)]
struct Side {
    words: Vec<(String, bool)>,
}

impl Side {
    fn push_all(&mut self, words: &str, marked: bool) {
        let words = words.split(' ').filter(|word| !word.is_empty());
        self.words
            .extend(words.map(|word| (word.to_string(), marked)));
    }

    fn push_each(&mut self, words: &[&str]) {
        for word in words {
            self.push_all(word, false);
        }
    }

    /// Lines of at most [`SIDE`] columns, with marks, each with its width.
    fn lines(&mut self, [open, close]: [&str; 2]) -> Vec<(String, usize)> {
        let visible = |mark: &str| {
            if mark.starts_with('\u{1b}') {
                0
            } else {
                mark.len()
            }
        };
        let around = visible(open) + visible(close);
        let mut lines: Vec<(String, usize)> = Vec::new();
        let mut line = (String::new(), 0);
        let mut open_now = false;
        for (word, marked) in self.words.drain(..) {
            for piece in wrapped(&word, SIDE - around) {
                let wide = width(&piece);
                let space = usize::from(line.1 > 0);
                if line.1 > 0 && line.1 + space + wide + around > SIDE {
                    if std::mem::take(&mut open_now) {
                        line.0.push_str(close);
                        line.1 += visible(close);
                    }
                    lines.push(std::mem::take(&mut line));
                }
                if open_now && !marked {
                    line.0.push_str(close);
                    line.1 += visible(close);
                    open_now = false;
                }
                if line.1 > 0 {
                    line.0.push(' ');
                    line.1 += 1;
                }
                if marked && !open_now {
                    line.0.push_str(open);
                    line.1 += visible(open);
                    open_now = true;
                }
                line.0.push_str(&piece);
                line.1 += wide;
            }
        }
        if open_now {
            line.0.push_str(close);
            line.1 += visible(close);
        }
        if line.1 > 0 {
            lines.push(line);
        }
        lines
    }
}

/// Writes both sides line by line; they are empty then.
fn side_by_side(left: &mut Side, right: &mut Side, marks: &Marks, text: &mut String) {
    let (left, right) = (left.lines(marks.left), right.lines(marks.right));
    let nothing = (String::new(), 0);
    for place in 0..left.len().max(right.len()) {
        let (l, wide) = left.get(place).unwrap_or(&nothing);
        let (r, _) = right.get(place).unwrap_or(&nothing);
        let pad = " ".repeat(SIDE.saturating_sub(*wide));
        text.push_str(format!("{l}{pad} │ {r}").trim_end());
        text.push('\n');
    }
}

/// A text in lines of so many columns, at spaces where there are some.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut wide = 0;
    for word in text.split(' ') {
        if wide > 0 && wide + 1 + width(word) > columns {
            lines.push(std::mem::take(&mut line));
            wide = 0;
        }
        if wide > 0 {
            line.push(' ');
            wide += 1;
        }
        for c in word.chars() {
            let of_c = width(c.encode_utf8(&mut [0; 4]));
            if wide + of_c > columns {
                lines.push(std::mem::take(&mut line));
                wide = 0;
            }
            line.push(c);
            wide += of_c;
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// Control characters made visible: a text says nothing to a terminal.
fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differs(survivor: &str, member: &str) -> Piece {
        Piece::Differs {
            survivor: survivor.to_string(),
            member: member.to_string(),
        }
    }

    #[test]
    fn two_columns() {
        let same = |words: usize| Piece::Same(vec!["same"; words].join(" "));
        let shown = columns(&[same(30), differs("old", "new words"), same(3)], &PLAIN);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[0], "⋯ 22 words the same");
        assert!(shown.contains("[-old-]"));
        // A run that goes over the end of a line is marked on both.
        assert!(
            shown.contains("{+new+}") && shown.contains("{+words+}"),
            "{shown}"
        );
        assert!(lines[1..].iter().all(|line| line.contains(" │ ")));
        assert_eq!(columns(&[same(3)], &PLAIN), "the same words\n");
        let only_left = columns(&[differs("old", "")], &COLOURS);
        assert!(only_left.starts_with("\u{1b}[31mold\u{1b}[0m"));
    }

    #[test]
    fn long_words_and_control_characters() {
        let long = "x".repeat(3 * SIDE);
        for line in columns(&[differs(&long, "字\u{1b}[31m")], &PLAIN).lines() {
            let (left, right) = line.split_once('│').unwrap_or((line, ""));
            assert!(
                width(left) <= SIDE + 1 && width(right) <= SIDE + 1,
                "{line}"
            );
            assert!(!line.contains('\u{1b}'));
        }
        assert_eq!(wrapped("ab cd", 3), ["ab", "cd"]);
        assert!(wrapped("", 3).is_empty());
    }
}
