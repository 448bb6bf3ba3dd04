"""Writes tiktoken.jsonl: the counts of OpenAI's tiktoken for the golden documents and for odd texts.

    pip install tiktoken==0.14.0
    python udfs/tokens/tests/counts.py
"""

import json
import pathlib
import random

import tiktoken

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN = HERE.parents[2] / "tests/data/rpv2/golden.jsonl"
ENCODINGS = {"cl100k": "cl100k_base", "o200k": "o200k_base", "gpt2": "r50k_base"}

ODD = [
    "",
    " ",
    "hello world",
    "Hello, world! It's 2024.",
    "<|endoftext|>",
    "a<|fim_prefix|>b<|endofprompt|>",
    "I'm you're he's we've they'll she'd don't I'M YOU'RE HE'S WE'VE THEY'LL SHE'D DON'T",
    "'\u017f 'S 's'\u017ft x'\u017f X'\u017fy",
    "'' ''' 's 'sx 'll'll 'LL 'l 're'Re'rE",
    "camelCase HTMLElement XMLHttpRequest iPhone ABC abcDEF A aB Ab \u01c5abc \u01c5\u01c5 \u02b0A A\u02b0 \u02b0\u02b0a",
    "\u6f22\u5b57ABC \u6f22\u5b57abc ABC\u6f22 \u6f22A\u6f22A a\u6f22 \u6f22\u5b57\u6f22\u5b57\u306e\u30c6\u30b9\u30c8",
    "\u0301a \u0301A \u0301\u0301 !\u0301 !!\u0301 e\u0301e\u0301 E\u0301 \u0301 \u03011 \u0301ABC \u0301ABCd \u0301\u0301A's",
    "1 12 123 1234 12345 1234567 \u0661\u0662\u0663\u0664 \u2167\u00bd\u00b2 1a 1 a 12 34  56   78",
    "a  b   c    d\te\t\tf\n\ng\r\n\r\nh \n i\n \nj \t k",
    "  leading", "trailing  ", "\n", "\n\n", "\n  ", "  \n", "  \n  ", "a\n  ", "a  \n", "a \n b \n ", "\r", "\r\n \r\n", "\t\n\t",
    "\u00a0\u00a0x \u2003y\u2003\u2003z \u3000\u3000\u3042 \u0085a\u2028b",
    "!!! ... --- *** !!!\n\n ...\r\n a/b //c !/ !\n/ /\n/\n/x ??/?/",
    "https://example.com/a_b-c?d=e&f=%20#g user@example.com",
    "fn main() {\n    println!(\"{}\", 1 + 2);\n}\n\n\tif (a && b) { return; }\n",
    "\u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22\u0e40\u0e1b\u0e47\u0e19\u0e20\u0e32\u0e29\u0e32\u0e17\u0e35\u0e48\u0e44\u0e21\u0e48\u0e21\u0e35\u0e0a\u0e48\u0e2d\u0e07\u0e27\u0e48\u0e32\u0e07",
    "\ud55c\uad6d\uc5b4 \ubb38\uc7a5\uc785\ub2c8\ub2e4. \u0395\u03bb\u03bb\u03b7\u03bd\u03b9\u03ba\u03ac \u0440\u0443\u0441\u0441\u043a\u0438\u0439 \u05e2\u05d1\u05e8\u05d9\u05ea \u0639\u0631\u0628\u064a \u0939\u093f\u0928\u094d\u0926\u0940",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f600\U0001f600 \u2764\ufe0f \U0001f1e9\U0001f1ea x\U0001f44d\U0001f3fdy",
    "Stra\u00dfe na\u00efve \u0130stanbul \ufb01 \u212a \u1e9e \u2160 \ua7ae",
    "\0 a\0b \x7f \x1b[0m \ufeffx \ufffd \U0010ffff \U000e0001",
]

REPEATED = [
    "a", "A", " ", "\n", "\t", "7", "!", "'", "/", "=", "-", "ab", "aA", "\u7684", "\u3042", "\u0301", "\u200d",
    "\u00e9", "\U0001f600", "x ", " x", "a\n", "\r\n", "abcdefghijklmnopqrstuvwxyz", "\u0e01\u0e32", "\u0639", "\u6f22\u5b57\u6f22",
]


def main():
    encodings = {short: tiktoken.get_encoding(name) for short, name in ENCODINGS.items()}

    def counts(text):
        return {short: len(e.encode_ordinary(text)) for short, e in encodings.items()}

    with (HERE / "tiktoken.jsonl").open("w", encoding="utf-8") as out:
        def write(key, text):
            out.write(json.dumps({**key, **counts(text)}, separators=(",", ":")) + "\n")

        for text in ODD:
            write({"text": text}, text)
        for unit in REPEATED:
            write({"text": unit, "times": 20_000}, unit * 20_000)
        chance = random.Random(1)
        for alphabet in ["abcdefghijklmnopqrstuvwxyz", "aeinrst", "ab", "\u7684\u4e00\u662f\u4e0d\u4e86\u4eba\u6211\u5728", "\u0430\u0435\u0438\u043e\u043d\u0442"]:
            text = "".join(chance.choice(alphabet) for _ in range(10_000))
            write({"text": text}, text)
        for line in GOLDEN.open(encoding="utf-8"):
            document = json.loads(line)
            write({"id": document["id"]}, document["text"])


main()
