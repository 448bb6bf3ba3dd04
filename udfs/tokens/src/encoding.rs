//! The encodings by name.

use std::fmt;
use std::str::FromStr;

/// A published encoding: a pattern that cuts text into pieces, and a vocabulary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Encoding {
    /// `cl100k_base`: 100,256 tokens; GPT-3.5 and GPT-4.
    Cl100k,
    /// `o200k_base`: 199,998 tokens; GPT-4o and later.
    O200k,
    /// `gpt2`, also known as `r50k_base`: 50,256 tokens; GPT-2 and GPT-3.
    Gpt2,
}

impl Encoding {
    /// Every encoding.
    pub const ALL: [Self; 3] = [Self::Cl100k, Self::O200k, Self::Gpt2];

    /// The name that [`FromStr`] knows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cl100k => "cl100k",
            Self::O200k => "o200k",
            Self::Gpt2 => "gpt2",
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Encoding {
    type Err = UnknownEncoding;

    fn from_str(name: &str) -> Result<Self, UnknownEncoding> {
        Self::ALL
            .into_iter()
            .find(|encoding| encoding.name() == name)
            .ok_or_else(|| UnknownEncoding { name: name.into() })
    }
}

/// No encoding has this name; the message lists those there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownEncoding {
    name: String,
}

impl fmt::Display for UnknownEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "no encoding is named '{}'; the encodings are ",
            self.name
        )?;
        for (i, encoding) in Encoding::ALL.into_iter().enumerate() {
            let before = match i {
                0 => "",
                _ if i + 1 == Encoding::ALL.len() => " and ",
                _ => ", ",
            };
            write!(f, "{before}{encoding}")?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownEncoding {}
