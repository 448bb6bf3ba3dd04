//! The identity of a text.

/// XXH3-128 (seed 0) of the UTF-8 bytes, as 16 bytes in big-endian order (xxHash's canonical form).
pub fn text_hash(text: &str) -> [u8; 16] {
    xxhash_rust::xxh3::xxh3_128(text.as_bytes()).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::text_hash;

    #[test]
    fn canonical_form_of_the_empty_text() {
        // The published test vector of XXH3-128 for empty input and seed 0.
        assert_eq!(
            u128::from_be_bytes(text_hash("")),
            0x99aa_06d3_0147_98d8_6001_c324_468d_497f
        );
    }
}
