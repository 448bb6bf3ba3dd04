//! Ranges of bytes as ranges of characters.

/// Appends ranges of bytes as ranges of characters. They are in order and at the borders of characters.
pub(super) fn of_bytes(text: &str, bytes: &[(usize, usize)], out: &mut Vec<(u64, u64)>) {
    if text.is_ascii() {
        out.extend(bytes.iter().map(|&(start, end)| (start as u64, end as u64)));
        return;
    }
    let (mut at, mut characters) = (0, 0);
    let mut count = |to: usize| {
        characters += beginning(&text.as_bytes()[at..to]);
        at = to;
        characters
    };
    out.extend(bytes.iter().map(|&(start, end)| (count(start), count(end))));
}

/// How many characters begin in these bytes.
pub(super) fn beginning(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|&&byte| byte as i8 >= -0x40).count() as u64
}

#[cfg(test)]
mod tests {
    use super::of_bytes;

    #[test]
    fn characters_are_counted_from_the_start() {
        let text = "aé\u{1F600}b";
        let mut found = Vec::new();
        of_bytes(text, &[(0, 1), (1, 3), (7, 8)], &mut found);
        assert_eq!(found, [(0, 1), (1, 2), (3, 4)]);
        found.clear();
        of_bytes("abc", &[(1, 3)], &mut found);
        assert_eq!(found, [(1, 3)]);
    }
}
