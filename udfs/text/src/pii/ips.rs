//! Public IPv4 addresses in a text, as datatrove finds them: four numbers up to 255 with dots between and no word
//! boundary around, that are an address to Python's `ipaddress` and global.

use std::net::Ipv4Addr;
use std::ops::Range;

use super::emails::is_octet;

/// The addresses in order, as byte ranges.
pub(crate) fn find(text: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let found = next(bytes, from)?;
            from = found.end;
            if is_public(&text[found.clone()]) {
                return Some(found);
            }
        }
    })
}

/// The next four numbers.
fn next(bytes: &[u8], from: usize) -> Option<Range<usize>> {
    let mut from = from;
    loop {
        let dot = from + bytes[from..].iter().position(|&b| b == b'.')?;
        let digits = bytes[from..dot].iter().rev().take(3);
        let digits = digits.take_while(|b| b.is_ascii_digit()).count();
        // Of a longer run of digits the last ones, as many as are a number.
        let start = (dot - digits..dot).find(|&start| is_octet(&bytes[start..dot]));
        if let Some(start) = start
            && let Some(end) = others(bytes, dot + 1)
        {
            return Some(start..end);
        }
        from = dot + 1;
    }
}

/// The end of the last three numbers.
fn others(bytes: &[u8], start: usize) -> Option<usize> {
    let mut start = start;
    for _ in 0..2 {
        let len = digits(bytes, start);
        if !is_octet(&bytes[start..start + len]) || bytes.get(start + len) != Some(&b'.') {
            return None;
        }
        start += len + 1;
    }
    let len = digits(bytes, start).min(3);
    let len = (1..=len)
        .rev()
        .find(|&len| is_octet(&bytes[start..start + len]))?;
    Some(start + len)
}

/// How many digits stand at a place; of more than four, four.
fn digits(bytes: &[u8], at: usize) -> usize {
    bytes[at..]
        .iter()
        .take(4)
        .take_while(|b| b.is_ascii_digit())
        .count()
}

/// Whether Python 3.11.7 reads an address and calls it global: no leading zeros, none of the reserved ranges.
fn is_public(address: &str) -> bool {
    const RESERVED: [(Ipv4Addr, u32); 14] = [
        (Ipv4Addr::new(0, 0, 0, 0), 8),
        (Ipv4Addr::new(10, 0, 0, 0), 8),
        (Ipv4Addr::new(100, 64, 0, 0), 10),
        (Ipv4Addr::new(127, 0, 0, 0), 8),
        (Ipv4Addr::new(169, 254, 0, 0), 16),
        (Ipv4Addr::new(172, 16, 0, 0), 12),
        (Ipv4Addr::new(192, 0, 0, 0), 29),
        (Ipv4Addr::new(192, 0, 0, 170), 31),
        (Ipv4Addr::new(192, 0, 2, 0), 24),
        (Ipv4Addr::new(192, 168, 0, 0), 16),
        (Ipv4Addr::new(198, 18, 0, 0), 15),
        (Ipv4Addr::new(198, 51, 100, 0), 24),
        (Ipv4Addr::new(203, 0, 113, 0), 24),
        (Ipv4Addr::new(240, 0, 0, 0), 4),
    ];
    let Ok(address) = address.parse::<Ipv4Addr>() else {
        return false;
    };
    let inside = |&(network, bits): &(Ipv4Addr, u32)| {
        (address.to_bits() ^ network.to_bits()) >> (32 - bits) == 0
    };
    !RESERVED.iter().any(inside)
}
