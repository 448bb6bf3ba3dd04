#!/usr/bin/env python3
"""Writes spacy_en.txt: the data of spaCy's rule-based English tokeniser and of its sentencizer.

    pip install 'spacy==3.8.*'
    python3.11 spacy_en.py > spacy_en.txt

Characters are found by asking spaCy's own rules about each one. Sections: `set NAME` has one range of code
points a line; `list NAME` one entry a line. An exception is written with a tab between its tokens. The four
exceptions that are whitespace are left out: whitespace is one token with or without them.
"""
import re

import spacy
from spacy.lang import char_classes as cc
from spacy.pipeline.sentencizer import Sentencizer

tokenizer = spacy.blank("en").tokenizer
CHARS = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def of_class(text):
    return re.compile("[" + text + "]").match


def length(match, n):
    return match is not None and match.end() - match.start() == n


# The class of a full stop's left neighbour, as spacy.lang.punctuation writes it.
DOT = r"0-9{al}{e}{p}(?:{q})".format(al=cc.ALPHA_LOWER, e=r"%²\-\+", q=cc.CONCAT_QUOTES, p=cc.PUNCT)
SETS = {
    "alpha": of_class(cc.ALPHA),
    "lower": of_class(cc.ALPHA_LOWER),
    "upper": of_class(cc.ALPHA_UPPER),
    "quote": of_class(cc.CONCAT_QUOTES),
    "dot": of_class(DOT),
    "prefix": lambda c: length(tokenizer.prefix_search(c), 1),
    "suffix": lambda c: length(tokenizer.suffix_search(c), 1),
    "infix": lambda c: any(m.end() - m.start() == 1 for m in tokenizer.infix_finditer(c)),
    "sentence": set(Sentencizer.default_punct_chars).__contains__,
}


def unescaped(entries):
    return [e.replace("\\$", "$") for e in entries]


print("# Rules of spaCy %s (MIT, ExplosionAI GmbH). Written by spacy_en.py; do not edit." % spacy.__version__)
for name, test in SETS.items():
    print("set", name)
    first = last = None
    for c in CHARS + [None]:
        if c is not None and test(c):
            first = c if first is None else first
            last = c
        elif first is not None:
            print("%04X-%04X" % (ord(first), ord(last)))
            first = None
print("list after_digit")
after_digit = sorted(set(cc.UNITS.split("|")) | set(unescaped(cc.CURRENCY.split("|"))) | {"+"})
for entry in after_digit:
    assert entry and len(tokenizer.suffix_search("0" + entry).group()) == len(entry), entry
    print(entry)
print("list exceptions")
for text, tokens in sorted(tokenizer.rules.items()):
    if text.isspace():
        continue
    orths = [token.get("ORTH", token.get(65)) for token in tokens]
    assert "".join(orths) == text and not re.search(r"\s", text), text
    print("\t".join(orths))
