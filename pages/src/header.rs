//! Headers of Parquet's data pages, in Thrift's compact protocol: what wide text needs of them.
//!
//! A field begins with a byte: its distance from the field before in the upper half, its type in the lower. Numbers are
//! signed ones folded into unsigned ones, seven bits a byte.

const TRUE: u8 = 1;
const FALSE: u8 = 2;
const BYTE: u8 = 3;
const I32: u8 = 5;
const I64: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const STRUCT: u8 = 12;

const DATA_PAGE: i64 = 0;
const DATA_PAGE_V2: i64 = 3;
/// The encoding of plain values.
const PLAIN: i64 = 0;
/// Structs inside each other that a header may have; it has three.
const DEPTH_LIMIT: usize = 8;

/// What the header of a data page says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageHeader {
    /// Bytes of the page behind its header, unpacked.
    pub unpacked: usize,
    /// The same as they lie in the file.
    pub packed: usize,
    /// Values, NULLs among them.
    pub values: usize,
    /// How its parts lie.
    pub form: PageForm,
}

/// The two versions of data pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageForm {
    /// Levels and values are packed together, levels behind their length.
    First,
    /// Levels come first and are not packed.
    Second {
        /// Values that are NULL.
        nulls: usize,
        /// Bytes of the definition levels.
        levels: usize,
        /// Whether the values are packed.
        is_packed: bool,
    },
}

impl PageHeader {
    /// The bytes of the header; `None` for a page of the first form, which is not written, or of more than 2 GiB.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let PageForm::Second {
            nulls,
            levels,
            is_packed,
        } = self.form
        else {
            return None;
        };
        let mut header = Vec::with_capacity(40);
        let number = |header: &mut Vec<u8>, value: usize| {
            let value = i32::try_from(value).ok()?;
            header.push(1 << 4 | I32);
            push_varint(header, (value as u64) << 1);
            Some(())
        };
        for value in [DATA_PAGE_V2 as usize, self.unpacked, self.packed] {
            number(&mut header, value)?;
        }
        header.push(5 << 4 | STRUCT);
        let (rows, encoding, repetition_levels) = (self.values, PLAIN as usize, 0);
        for value in [
            self.values,
            nulls,
            rows,
            encoding,
            levels,
            repetition_levels,
        ] {
            number(&mut header, value)?;
        }
        // A Boolean is its type; then both structs end.
        header.extend([1 << 4 | if is_packed { TRUE } else { FALSE }, 0, 0]);
        Some(header)
    }

    /// Reads the header at the beginning of `bytes` of a page of plain values, and how many bytes it takes; `None` where
    /// there is no such header.
    pub fn parse(bytes: &[u8]) -> Option<(Self, usize)> {
        let mut reader = Reader { bytes, at: 0 };
        let size = |number: i64| usize::try_from(number).ok();
        let (mut kind, mut unpacked, mut packed) = (None, None, None);
        let mut found = None;
        let mut field = 0;
        while let Some(of) = reader.field(&mut field)? {
            match (field, of) {
                (1, I32) => kind = Some(reader.number()?),
                (2, I32) => unpacked = Some(size(reader.number()?)?),
                (3, I32) => packed = Some(size(reader.number()?)?),
                (5, STRUCT) => found = Some(reader.first_form()?),
                (8, STRUCT) => found = Some(reader.second_form()?),
                (_, of) => reader.skip(of, DEPTH_LIMIT)?,
            }
        }
        let (form, values) = found?;
        let expected = match form {
            PageForm::First => DATA_PAGE,
            PageForm::Second { .. } => DATA_PAGE_V2,
        };
        let header = Self {
            unpacked: unpacked?,
            packed: packed?,
            values,
            form,
        };
        (kind? == expected).then_some((header, reader.at))
    }
}

/// Writes a number, seven bits a byte.
pub fn push_varint(to: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        to.push(value as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}

/// Reads a number that [`push_varint`] wrote at `at`, and moves `at` behind it.
pub fn varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let (mut value, mut shift) = (0, 0);
    loop {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            return Some(value);
        }
        shift += 7;
        if shift > 63 {
            return None;
        }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn number(&mut self) -> Option<i64> {
        let folded = varint(self.bytes, &mut self.at)?;
        Some((folded >> 1) as i64 ^ -((folded & 1) as i64))
    }

    fn size(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok()
    }

    /// The type of the next field, whose number goes into `field`; `Some(None)` at the end of the struct.
    fn field(&mut self, field: &mut i64) -> Option<Option<u8>> {
        let byte = self.byte()?;
        if byte == 0 {
            return Some(None);
        }
        *field = match byte >> 4 {
            0 => self.number()?,
            distance => *field + i64::from(distance),
        };
        Some(Some(byte & 0x0F))
    }

    /// A header of the first form: its values, which must be plain.
    fn first_form(&mut self) -> Option<(PageForm, usize)> {
        let (mut values, mut encoding) = (None, None);
        let mut field = 0;
        while let Some(of) = self.field(&mut field)? {
            match (field, of) {
                (1, I32) => values = Some(self.size()?),
                (2, I32) => encoding = Some(self.number()?),
                (_, of) => self.skip(of, DEPTH_LIMIT)?,
            }
        }
        (encoding? == PLAIN).then_some((PageForm::First, values?))
    }

    /// The same of the second form.
    fn second_form(&mut self) -> Option<(PageForm, usize)> {
        let (mut values, mut nulls, mut encoding, mut levels) = (None, None, None, None);
        let (mut repetition_levels, mut is_packed) = (0, true);
        let mut field = 0;
        while let Some(of) = self.field(&mut field)? {
            match (field, of) {
                (1, I32) => values = Some(self.size()?),
                (2, I32) => nulls = Some(self.size()?),
                (4, I32) => encoding = Some(self.number()?),
                (5, I32) => levels = Some(self.size()?),
                (6, I32) => repetition_levels = self.size()?,
                (7, TRUE | FALSE) => is_packed = of == TRUE,
                (_, of) => self.skip(of, DEPTH_LIMIT)?,
            }
        }
        let form = PageForm::Second {
            nulls: nulls?,
            levels: levels?,
            is_packed,
        };
        (encoding? == PLAIN && repetition_levels == 0).then_some((form, values?))
    }

    fn skip(&mut self, of: u8, depth: usize) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        match of {
            TRUE | FALSE => {}
            BYTE => self.at += 1,
            I32 | I64 | 4 => {
                self.number()?;
            }
            DOUBLE => self.at += 8,
            BINARY => {
                let length = varint(self.bytes, &mut self.at)?;
                self.at = self.at.checked_add(usize::try_from(length).ok()?)?;
            }
            LIST | SET => {
                let head = self.byte()?;
                let count = match head >> 4 {
                    15 => varint(self.bytes, &mut self.at)?,
                    count => u64::from(count),
                };
                for _ in 0..count {
                    match head & 0x0F {
                        // In a list a Boolean is a byte.
                        TRUE | FALSE => self.at += 1,
                        of => self.skip(of, depth)?,
                    }
                    (self.at <= self.bytes.len()).then_some(())?;
                }
            }
            STRUCT => {
                let mut field = 0;
                while let Some(of) = self.field(&mut field)? {
                    self.skip(of, depth)?;
                }
            }
            _ => return None,
        }
        (self.at <= self.bytes.len()).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_parsed(
            sizes in prop::array::uniform5(0usize..1 << 31),
            is_packed: bool,
            behind in prop::collection::vec(any::<u8>(), 0..9),
        ) {
            let [unpacked, packed, values, nulls, levels] = sizes;
            let form = PageForm::Second { nulls, levels, is_packed };
            let header = PageHeader { unpacked, packed, values, form };
            let mut bytes = header.to_bytes().expect("sizes that fit");
            let length = bytes.len();
            bytes.extend(behind);
            prop_assert_eq!(PageHeader::parse(&bytes), Some((header, length)));
            prop_assert_eq!(PageHeader::parse(&bytes[..length - 1]), None);
        }

        #[test]
        fn anything_is_parsed_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Some((_, length)) = PageHeader::parse(&bytes) {
                prop_assert!(length <= bytes.len());
            }
        }
    }
}
