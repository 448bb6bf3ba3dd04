//! No function panics, whatever the text is, and one pass gives what each signal gives alone.

use corpusql_text::words::PIECES;
use corpusql_text::{Analyzer, Lists, Measure, Needs, Row, Signal, all, all_texts};
use proptest::prelude::{Strategy, any, prop_assert_eq, proptest};
use proptest::prop_oneof;
use proptest::sample::select;

/// Pieces that some function looks for, breaks and spaces of all kinds, and characters at random.
fn text() -> impl Strategy<Value = String> {
    let pieces = select(vec![
        "\n",
        "\r\n",
        "\n\n",
        "\u{85}",
        "\u{2028}",
        " ",
        "\t",
        "\u{a0}",
        "\u{3000}",
        "\0",
        ".",
        "...",
        ". . .",
        "…",
        "!",
        "?",
        "\"",
        "'s",
        "(",
        ")",
        "[",
        "[12]",
        "[edit]",
        "{",
        "}",
        "#",
        "•",
        "* ",
        "- ",
        "@",
        "a@b.c",
        "1.2.3.4",
        " 555-123-4567 ",
        "http://a.b/c",
        "a",
        "É",
        "ß",
        "Σ",
        "İ",
        "ſ",
        "\u{212a}",
        "\u{301}",
        "中",
        "الع",
        "😀",
        "Ⓐ",
        "½",
        "٣",
        "the ",
        "with ",
        "lorem ipsum ",
        "javascript",
        "terms of use",
        "use cookies",
        "items in cart",
        "read more...",
        "sign-in",
        "3 likes",
        "can't ",
        "e.g. ",
        "Mr.",
        "12km",
        "The cat sat on the mat. ",
        "ABC DEF",
        "-",
        "_",
        ",",
        ":",
    ]);
    let piece = prop_oneof![
        20 => pieces.prop_map(String::from),
        3 => any::<char>().prop_map(String::from),
        1 => (any::<char>(), 1..200usize).prop_map(|(c, n)| c.to_string().repeat(n)),
    ];
    let pieces = proptest::collection::vec(piece, 0..80);
    // Some of it again, so that long n-grams repeat.
    (pieces, 0..3usize).prop_map(|(pieces, again)| {
        let mut text = pieces.concat();
        let part = pieces[..pieces.len() / 2].concat();
        (0..again).for_each(|_| text.push_str(&part));
        text
    })
}

fn values(signals: &[&Signal], row: Row<'_>) -> Vec<Vec<Option<u64>>> {
    let needs = signals
        .iter()
        .fold(Needs::NONE, |needs, signal| needs | signal.needs);
    let mut analyzer = Analyzer::new();
    let document = analyzer.analyze(row, needs, Lists::builtin());
    let values = signals.iter().map(|signal| match signal.measure {
        Measure::Int(measure) => vec![measure(&document).map(|value| value as u64)],
        Measure::Float(measure) => vec![measure(&document).map(f64::to_bits)],
        Measure::FloatList(measure) => {
            let mut items = Vec::new();
            measure(&document, &mut items);
            items
                .into_iter()
                .map(|item| item.map(f64::to_bits))
                .collect()
        }
        Measure::UIntList(measure) => {
            let mut items = Vec::new();
            measure(&document, &mut items);
            items.into_iter().map(|item| Some(item.into())).collect()
        }
    });
    values.collect()
}

proptest! {
    #[test]
    fn any_text_has_values(text in text(), language in select(vec!["en", "de", "ja", "tr", "?"])) {
        let row = Row {
            text: &text,
            language: Some(language),
            domain: Some(&text),
            url: Some(&text),
        };
        let signals: Vec<_> = all().collect();
        let together = values(&signals, row);
        for (signal, expected) in signals.iter().zip(&together) {
            prop_assert_eq!(&values(&[signal], row)[0], expected, "{} of {:?}", signal.name, text);
        }
        for function in all_texts() {
            let mut out = String::new();
            let _ = (function.write)(&row, Lists::builtin(), &mut out);
        }
        for function in PIECES {
            (function.split)(&text, &mut |_| ());
        }
    }
}
