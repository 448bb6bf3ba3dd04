//! Numerals beyond ASCII as Python 3.11 (Unicode 14.0.0) knows them: which are decimal digits, and which
//! are letters as well.

use crate::unicode::class;

/// The zeros of the decimal digits; the other nine follow each.
const ZEROS: [u32; 65] = [
    0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6,
    0xE50, 0xED0, 0xF20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50,
    0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
    0x104A0, 0x10D30, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650,
    0x116C0, 0x11730, 0x118E0, 0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x16A60, 0x16AC0, 0x16B50,
    0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E950, 0x1FBF0,
];

/// Ideographs that are numerals.
const IDEOGRAPHS: [u32; 81] = [
    0x3405, 0x3483, 0x382A, 0x3B4D, 0x4E00, 0x4E03, 0x4E07, 0x4E09, 0x4E5D, 0x4E8C, 0x4E94, 0x4E96,
    0x4EBF, 0x4EC0, 0x4EDF, 0x4EE8, 0x4F0D, 0x4F70, 0x5104, 0x5146, 0x5169, 0x516B, 0x516D, 0x5341,
    0x5343, 0x5344, 0x5345, 0x534C, 0x53C1, 0x53C2, 0x53C3, 0x53C4, 0x56DB, 0x58F1, 0x58F9, 0x5E7A,
    0x5EFE, 0x5EFF, 0x5F0C, 0x5F0D, 0x5F0E, 0x5F10, 0x62FE, 0x634C, 0x67D2, 0x6F06, 0x7396, 0x767E,
    0x8086, 0x842C, 0x8CAE, 0x8CB3, 0x8D30, 0x9621, 0x9646, 0x964C, 0x9678, 0x96F6, 0xF96B, 0xF973,
    0xF978, 0xF9B2, 0xF9D1, 0xF9D3, 0xF9FD, 0x20001, 0x20064, 0x200E2, 0x20121, 0x2092A, 0x20983,
    0x2098C, 0x2099C, 0x20AEA, 0x20AFD, 0x20B19, 0x22390, 0x22998, 0x23B1B, 0x2626D, 0x2F890,
];

/// Whether a character beyond ASCII is a decimal digit.
pub(crate) fn is_decimal(code: u32) -> bool {
    let at = ZEROS.partition_point(|&zero| zero <= code);
    at > 0 && code - ZEROS[at - 1] < 10
}

/// Whether a character beyond ASCII, of which the class is known, is a letter.
pub(crate) fn is_letter(code: u32, class_of: u8) -> bool {
    class_of & class::WORD != 0
        && (class_of & class::NUMERIC == 0 || IDEOGRAPHS.binary_search(&code).is_ok())
}

#[cfg(test)]
mod tests {
    use super::{is_decimal, is_letter};
    use crate::unicode::Tables;

    #[test]
    fn are_those_that_python_was_asked_for() {
        let ranges = include_str!("../tests/unicode14_ranges.json");
        let ranges: serde_json::Value = serde_json::from_str(ranges).unwrap_or_default();
        let within = |name: &str| {
            let ranges = ranges[name].as_array().into_iter().flatten();
            let end = |v: &serde_json::Value| v.as_u64().unwrap_or(0) as u32;
            let ends: Vec<_> = ranges.map(|r| (end(&r[0]), end(&r[1]))).collect();
            assert!(!ends.is_empty());
            move |code: u32| ends.iter().any(|&(a, b)| (a..=b).contains(&code))
        };
        let (decimal, alpha) = (within("digit_nd"), within("alpha"));
        for c in (0x80..0x11_0000).filter_map(char::from_u32) {
            let code = c as u32;
            assert_eq!(is_decimal(code), decimal(code), "{code:04X}");
            let class = Tables::get().class(code);
            assert_eq!(is_letter(code, class), alpha(code), "{code:04X}");
        }
    }
}
