//! Writes what the crate embeds: each vocabulary as its merges, and the classes of all characters.
//!
//! `NAME.merges` holds the 256 bytes in the order of their ranks, then for every further token the ranks of
//! the two tokens it is merged from, three bytes each, little-endian. `classes` holds ranges of characters:
//! first and last as four bytes each, then the bits of the class.

use std::collections::HashMap;
use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use regex_syntax::hir::{Class, HirKind};

/// The file, the encoding's name in the crate `tiktoken`, and the number of its tokens.
const VOCABULARIES: [(&str, &str, u32); 3] = [
    ("cl100k", "cl100k_base", 100_256),
    ("o200k", "o200k_base", 199_998),
    ("gpt2", "r50k_base", 50_256),
];

/// The classes of the published patterns and their bits; `src/classes.rs` names them.
const CLASSES: [(&str, u8); 7] = [
    (r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", 1),
    (r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]", 2),
    (r"\p{L}", 4),
    (r"\p{N}", 8),
    (r"\s", 16),
    (r"[\r\n]", 32),
    (r"\p{M}", 64),
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    for (file, name, size) in VOCABULARIES {
        let bytes = merges(name, size)?;
        fs::write(out.join(file).with_extension("merges"), bytes)?;
    }
    fs::write(out.join("classes"), classes()?)?;
    Ok(())
}

/// The vocabulary as bytes and merges.
fn merges(name: &str, size: u32) -> Result<Vec<u8>, Box<dyn Error>> {
    let source = tiktoken::get_encoding(name).ok_or_else(|| format!("no vocabulary {name}"))?;
    let tokens: Vec<Vec<u8>> = (0..size).map(|rank| source.decode(&[rank])).collect();
    let mut out = Vec::new();
    let mut byte_rank = [0; 256];
    for (rank, token) in (0..).zip(&tokens[..256]) {
        let &[byte] = token.as_slice() else {
            return Err(format!("{name}: token {rank} is not a byte").into());
        };
        byte_rank[usize::from(byte)] = rank;
        out.push(byte);
    }
    let mut pairs = HashMap::new();
    for (rank, token) in (256..).zip(&tokens[256..]) {
        let mut parts: Vec<u32> = token.iter().map(|&b| byte_rank[usize::from(b)]).collect();
        merge(&mut parts, &pairs);
        let &[left, right] = parts.as_slice() else {
            return Err(format!("{name}: token {rank} is not a merge of two tokens").into());
        };
        pairs.insert((left, right), rank);
        out.extend_from_slice(&left.to_le_bytes()[..3]);
        out.extend_from_slice(&right.to_le_bytes()[..3]);
    }
    Ok(out)
}

/// Merges the lowest-ranked pair, the leftmost of equals, until none is known.
fn merge(parts: &mut Vec<u32>, pairs: &HashMap<(u32, u32), u32>) {
    let rank = |left: u32, right: u32| pairs.get(&(left, right)).copied().unwrap_or(u32::MAX);
    let mut ranks: Vec<u32> = parts.windows(2).map(|p| rank(p[0], p[1])).collect();
    while let Some((at, &lowest)) = ranks.iter().enumerate().min_by_key(|&(_, &rank)| rank) {
        if lowest == u32::MAX {
            break;
        }
        parts[at] = lowest;
        parts.remove(at + 1);
        ranks.remove(at);
        if at > 0 {
            ranks[at - 1] = rank(parts[at - 1], lowest);
        }
        if at + 1 < parts.len() {
            ranks[at] = rank(lowest, parts[at + 1]);
        }
    }
}

/// The ranges of characters that have a class.
fn classes() -> Result<Vec<u8>, Box<dyn Error>> {
    let mut bits = vec![0u8; 0x11_0000];
    for (pattern, bit) in CLASSES {
        let hir = regex_syntax::parse(pattern)?;
        let HirKind::Class(Class::Unicode(class)) = hir.kind() else {
            return Err(format!("{pattern} is not a class").into());
        };
        for range in class.ranges() {
            for c in &mut bits[range.start() as usize..=range.end() as usize] {
                *c |= bit;
            }
        }
    }
    let mut out = Vec::new();
    let mut first = 0;
    for run in bits.chunk_by(|a, b| a == b) {
        let last = first + run.len() as u32 - 1;
        if run[0] != 0 {
            out.extend_from_slice(&first.to_le_bytes());
            out.extend_from_slice(&last.to_le_bytes());
            out.push(run[0]);
        }
        first = last + 1;
    }
    Ok(out)
}
