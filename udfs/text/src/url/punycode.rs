//! Punycode (RFC 3492): labels of hosts beyond ASCII.

const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;
const INITIAL_BIAS: u32 = 72;
const INITIAL_N: u32 = 128;
const DIGITS: &[u8; BASE as usize] = b"abcdefghijklmnopqrstuvwxyz0123456789";
/// Labels of DNS have up to 63 bytes; nothing longer is worth the quadratic time of decoding.
const LONGEST: usize = 63;

/// The text of a label without its `xn--`; `None` where it is not Punycode.
pub(crate) fn decode(label: &str) -> Option<String> {
    if label.len() > LONGEST || !label.is_ascii() {
        return None;
    }
    let (basic, extended) = label.rsplit_once('-').unwrap_or(("", label));
    let mut output: Vec<char> = basic.chars().collect();
    let (mut n, mut i, mut bias) = (INITIAL_N, 0u32, INITIAL_BIAS);
    let mut digits = extended.chars();
    while !digits.as_str().is_empty() {
        let (start, mut weight) = (i, 1u32);
        for k in (BASE..).step_by(BASE as usize) {
            let digit = digit(digits.next()?)?;
            i = i.checked_add(digit.checked_mul(weight)?)?;
            let t = threshold(k, bias);
            if digit < t {
                break;
            }
            weight = weight.checked_mul(BASE - t)?;
        }
        let len = output.len() as u32 + 1;
        bias = adapt(i - start, len, start == 0);
        n = n.checked_add(i / len)?;
        i %= len;
        output.insert(i as usize, char::from_u32(n)?);
        i += 1;
    }
    Some(output.into_iter().collect())
}

/// A label in Punycode, without `xn--`; `None` where it is too long to be one.
pub(crate) fn encode(label: &str) -> Option<String> {
    let mut output: String = label.chars().filter(char::is_ascii).collect();
    let mut done = output.len() as u32;
    if done > 0 {
        output.push('-');
    }
    let basic = done;
    let total = u32::try_from(label.chars().take(LONGEST + 1).count()).ok()?;
    if total as usize > LONGEST {
        return None;
    }
    let (mut n, mut delta, mut bias) = (INITIAL_N, 0u32, INITIAL_BIAS);
    while done < total {
        let next = label.chars().map(u32::from).filter(|&c| c >= n).min()?;
        delta = delta.checked_add((next - n).checked_mul(done + 1)?)?;
        n = next;
        for c in label.chars().map(u32::from) {
            if c < n {
                delta = delta.checked_add(1)?;
            }
            if c == n {
                write(delta, bias, &mut output);
                bias = adapt(delta, done + 1, done == basic);
                delta = 0;
                done += 1;
            }
        }
        delta += 1;
        n += 1;
    }
    Some(output)
}

/// Writes a number in digits of varying base.
fn write(number: u32, bias: u32, output: &mut String) {
    let mut rest = number;
    for k in (BASE..).step_by(BASE as usize) {
        let t = threshold(k, bias);
        let digit = if rest < t {
            rest
        } else {
            t + (rest - t) % (BASE - t)
        };
        output.push(char::from(DIGITS[digit as usize]));
        if rest < t {
            break;
        }
        rest = (rest - t) / (BASE - t);
    }
}

fn digit(c: char) -> Option<u32> {
    match c {
        'a'..='z' => Some(u32::from(c) - u32::from('a')),
        'A'..='Z' => Some(u32::from(c) - u32::from('A')),
        '0'..='9' => Some(u32::from(c) - u32::from('0') + 26),
        _ => None,
    }
}

fn threshold(k: u32, bias: u32) -> u32 {
    k.saturating_sub(bias).clamp(T_MIN, T_MAX)
}

fn adapt(delta: u32, points: u32, first: bool) -> u32 {
    let mut delta = if first { delta / DAMP } else { delta / 2 };
    delta += delta / points;
    let mut k = 0;
    while delta > (BASE - T_MIN) * T_MAX / 2 {
        delta /= BASE - T_MIN;
        k += BASE;
    }
    k + (BASE - T_MIN + 1) * delta / (delta + SKEW)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{decode, encode};

    #[test]
    fn as_python() {
        for (text, code) in [
            ("bücher", "bcher-kva"),
            ("中国", "fiqs8s"),
            ("ελ", "qxam"),
            ("рф", "p1ai"),
            ("한국", "3e0b707e"),
            ("食狮", "85x722f"),
            ("a-bü", "a-b-joa"),
            ("𐍈x", "x-vf2i"),
        ] {
            assert_eq!(encode(text).as_deref(), Some(code));
            assert_eq!(decode(code).as_deref(), Some(text));
        }
        for broken in ["ä", "99999999", "_", "a-_", &"a".repeat(64)] {
            assert_eq!(decode(broken), None, "{broken}");
        }
    }

    proptest! {
        #[test]
        fn there_and_back(text in "\\PC{0,20}") {
            let code = encode(&text).unwrap_or_default();
            if code.len() <= super::LONGEST && !text.is_ascii() {
                prop_assert_eq!(decode(&code), Some(text));
            }
        }

        #[test]
        fn any_text_is_read(text in "\\PC{0,80}") {
            let _ = decode(&text);
        }
    }
}
