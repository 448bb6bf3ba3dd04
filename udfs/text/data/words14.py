#!/usr/bin/env python3
"""Writes words14.txt: characters as datatrove's filters tell them apart, as ranges.

    pip install 'datatrove==0.10.1'
    python3.11 words14.py > words14.txt

`punctuation` is datatrove's PUNCTUATION, `terminal` its TERMINAL_PUNCTUATION. The others are categories of
Unicode 14.0.0, which Python 3.11 has, and `number`, the digits of the `regex` package, which knows a newer
version.
"""
import unicodedata

import regex
from datatrove.utils.text import PUNCTUATION, TERMINAL_PUNCTUATION

assert unicodedata.unidata_version == "14.0.0", unicodedata.unidata_version
CHARS = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
SETS = {
    "punctuation": set(PUNCTUATION).__contains__,
    "terminal": TERMINAL_PUNCTUATION.__contains__,
    "alphabetic": str.isalpha,
    "decimal": str.isdecimal,
    "punct": lambda c: unicodedata.category(c).startswith("P"),
    "mark": lambda c: unicodedata.category(c) == "Mn",
    "number": regex.compile(r"\p{Nd}").match,
}
print("# datatrove 0.10.1 (Apache-2.0), Unicode 14.0.0. Written by words14.py; do not edit.")
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
