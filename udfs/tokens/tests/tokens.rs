//! Counts equal those of OpenAI's `tiktoken`, recorded in `tiktoken.jsonl` (made by `counts.py`).

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use corpusql_tokens::{Counter, Encoding};
use serde_json::Value;

#[test]
fn counts_of_tiktoken() -> Result<(), Box<dyn Error>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let golden = fs::read_to_string(here.join("../../tests/data/rpv2/golden.jsonl"))?;
    let mut documents = HashMap::new();
    for line in golden.lines() {
        let document: Value = serde_json::from_str(line)?;
        documents.insert(document["id"].to_string(), document["text"].clone());
    }
    let mut counters = Encoding::ALL.map(Counter::new);
    let mut compared = 0;
    for line in fs::read_to_string(here.join("tests/tiktoken.jsonl"))?.lines() {
        let case: Value = serde_json::from_str(line)?;
        let text = match case.get("id") {
            Some(id) => documents
                .get(&id.to_string())
                .ok_or("an unknown document")?,
            None => &case["text"],
        };
        let times = case
            .get("times")
            .map_or(Some(1), Value::as_u64)
            .ok_or("times")?;
        let text = text
            .as_str()
            .ok_or("no text")?
            .repeat(usize::try_from(times)?);
        for counter in &mut counters {
            let encoding = counter.encoding();
            let expected = case[encoding.name()].as_u64().ok_or("no count")?;
            assert_eq!(counter.count(&text), expected, "{encoding}: {line}");
            compared += 1;
        }
    }
    assert!(compared > 700, "only {compared} counts were compared");
    Ok(())
}

#[test]
fn special_tokens_are_text() {
    for encoding in Encoding::ALL {
        assert!(Counter::new(encoding).count("<|endoftext|>") > 1);
    }
}

/// A quadratic algorithm would take minutes for any of these.
#[test]
fn hostile_texts() {
    const SIZE: usize = 1_000_000;
    let mut random = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = move |below: u32| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random >> 32) as u32 % below
    };
    let mut texts: Vec<String> = [
        "a", "A", "ab", " ", "\n", " \n", "7", "!", "'", "\u{301}", "\u{7684}",
    ]
    .iter()
    .map(|unit| unit.repeat(SIZE / unit.len()))
    .collect();
    texts.push(" ".repeat(SIZE) + "x");
    let any = [
        0..0x11_0000,
        0x4E00..0x9FFF,
        0x61..0x7B,
        0xE00..0xE7F,
        0x41..0x7B,
    ];
    for range in any {
        let chars =
            std::iter::repeat_with(|| char::from_u32(range.start + next(range.len() as u32)));
        texts.push(chars.flatten().take(SIZE / 3).collect());
    }
    for encoding in Encoding::ALL {
        let mut counter = Counter::new(encoding);
        for text in &texts {
            let start = Instant::now();
            let count = counter.count(text);
            let (took, chars) = (start.elapsed(), text.chars().count());
            assert!(
                took < Duration::from_secs(20),
                "{encoding}: {:.20}… took {took:?}",
                text
            );
            assert!(
                count > 0 && count <= text.len() as u64,
                "{encoding}: {count} of {chars} characters"
            );
        }
    }
}

#[test]
fn unknown_encoding() {
    let error = "p50k".parse::<Encoding>().expect_err("no such encoding");
    assert_eq!(
        error.to_string(),
        "no encoding is named 'p50k'; the encodings are cl100k, o200k and gpt2"
    );
    for encoding in Encoding::ALL {
        assert_eq!(encoding.to_string().parse(), Ok(encoding));
    }
}
