#!/usr/bin/env python3
"""Writes unicode14.txt: what Python 3.11 (Unicode 14.0.0) knows about characters, as ranges.

    python3.11 unicode14.py > unicode14.txt

The published signals were computed by Python 3.11, so its tables are the definition. Sections:
`set NAME` has one range of code points a line; `ccc` adds the canonical combining class; `map` has
one character a line with its lowercase mapping in canonical decomposition (only where that is not
the character itself; Hangul syllables and the final sigma are left to the algorithm).
"""
import sys
import unicodedata

assert unicodedata.unidata_version == "14.0.0", unicodedata.unidata_version
CHARS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
SIGMA, FINAL = "\u03a3", "\u03c2"


def cased(c):  # and not ignorable: it makes a following sigma final
    return (c + SIGMA).lower().endswith(FINAL)


def ignorable(c):
    return ("A" + c + SIGMA).lower().endswith(FINAL) and not cased(c)


def word(c):
    return c == "_" or c.isalnum()


SETS = {
    "word": word,
    "space": str.isspace,
    "numeric": str.isnumeric,
    "upper": lambda c: c.isupper() and not unicodedata.category(c) == "Lt",
    "lower": str.islower,
    "title": lambda c: unicodedata.category(c) == "Lt",
    "cased": cased,
    "ignorable": ignorable,
}


def ranges(value):
    """(first, last, value) of the maximal ranges with one true value."""
    first, last, held = None, None, None
    for c in CHARS:
        v = value(chr(c))
        if first is not None and v == held and c == last + 1:
            last = c
            continue
        if first is not None:
            yield first, last, held
        first, last, held = (c, c, v) if v else (None, None, None)
    if first is not None:
        yield first, last, held


out = sys.stdout
out.write("# Unicode 14.0.0 as Python 3.11 has it. Written by unicode14.py; do not edit.\n")
for name, test in SETS.items():
    out.write(f"set {name}\n")
    for first, last, _ in ranges(test):
        out.write(f"{first:04X}-{last:04X}\n")
out.write("ccc\n")
for first, last, v in ranges(unicodedata.combining):
    out.write(f"{first:04X}-{last:04X} {v}\n")
out.write("map\n")
for c in CHARS:
    to = unicodedata.normalize("NFD", chr(c).lower())
    if to != chr(c) and not 0xAC00 <= c <= 0xD7A3:
        out.write(f"{c:04X} " + " ".join(f"{ord(t):04X}" for t in to) + "\n")
