#!/usr/bin/env python3
"""Writes what FineWeb-2's three filters decide, as datatrove has them: one JSON object for each document and language.

    pip install 'datatrove==0.10.1' 'spacy==3.8.*' pyarrow
    python3.11 decisions.py DOCUMENTS > decisions.jsonl

DOCUMENTS is JSON lines or a Parquet file with `id` and `text`. The figures are read from `fineweb2.tsv`; only the
languages are asked for whose words datatrove cuts by spaCy's English rules. Filters, their order and what they are
told besides are those of `fineweb-2-pipeline.py`. Every text is taken for one of every language: what the filters say of it
is all that is asked.
"""
import json
import sys
from pathlib import Path

from datatrove.data import Document
from datatrove.pipeline.filters import FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter

TABLE = Path(__file__).parents[3] / "udfs/text/data/fineweb2.tsv"


def filters(language, row):
    number = lambda name: float(row[name])
    grams = lambda kind, ns: [(n, number(f"{kind}_{n}_gram")) for n in ns]
    return [
        GopherRepetitionFilter(
            language=language,
            dup_para_frac=0,
            dup_line_char_frac=0,
            dup_para_char_frac=0,
            dup_line_frac=number("dup_line_frac"),
            top_n_grams=grams("top", range(2, 5)),
            dup_n_grams=grams("dup", range(5, 11)),
        ),
        FineWebQualityFilter(
            language=language,
            short_line_thr=999,
            char_duplicates_ratio=0.1,
            line_punct_thr=number("line_punct_thr"),
            new_line_ratio=number("new_line_ratio"),
        ),
        GopherQualityFilter(
            language=language,
            max_avg_word_length=number("max_avg_word_length"),
            min_avg_word_length=number("min_avg_word_length"),
            stop_words=row["stopwords"].split(" "),
            max_non_alpha_words_ratio=number("max_non_alpha_words_ratio"),
            min_stop_words=2,
        ),
    ]


def documents(path):
    if path.endswith(".parquet"):
        import pyarrow.parquet

        return pyarrow.parquet.read_table(path, columns=["id", "text"]).to_pylist()
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def main():
    header, *lines = TABLE.read_text(encoding="utf-8").splitlines()
    rows = [dict(zip(header.split("\t"), line.split("\t"))) for line in lines]
    chains = {row["language"]: filters(row["language"], row) for row in rows if row["words"] == "SpaCyTokenizer en"}
    for document in documents(sys.argv[1]):
        for language, chain in chains.items():
            reason = None
            for step in chain:
                kept = step.filter(Document(text=document["text"], id=document["id"]))
                if kept is not True:
                    reason = kept[1]
                    break
            print(json.dumps({"id": document["id"], "language": language, "keep": reason is None, "reason": reason}))


main()
