#!/usr/bin/env python3
"""datatrove's Gopher and FineWeb filters beside CorpuSQL's: the same texts, equal decisions, processor time of each.

    python3.11 -m venv VENV && VENV/bin/pip install 'datatrove==0.10.1' 'spacy==3.8.*' pyarrow
    cargo build --release
    VENV/bin/python benches/peers/gopher_and_fineweb.py target/release/corpusql FILE.jsonl [MEGABYTES]

The file has one JSON object a line with `text`; take some 50 MB, as the start of CorpuSQL counts. Each program uses
one thread. datatrove runs its three filters over texts in memory, each on every text, and shares the words between
them as its pipelines do. CorpuSQL computes all quantities that the filters judge and stores them (`annotate`, reading
of the text and writing included), and then decides. Exits with 1 when a decision differs.
"""
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from datatrove.data import Document
from datatrove.pipeline.filters.fineweb_quality_filter import FineWebQualityFilter
from datatrove.pipeline.filters.gopher_quality_filter import GopherQualityFilter
from datatrove.pipeline.filters.gopher_repetition_filter import GopherRepetitionFilter

FILTERS = {
    "datatrove_gopher_repetition": GopherRepetitionFilter(),
    "datatrove_gopher_quality": GopherQualityFilter(),
    "datatrove_fineweb": FineWebQualityFilter(),
}


def read(path, limit):
    texts, size = [], 0
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            text = json.loads(line)["text"]
            texts.append(text)
            size += len(text.encode())
            if size >= limit:
                break
    return texts, size / 1e6


def datatrove(texts):
    decisions = []
    start = time.process_time()
    for i, text in enumerate(texts):
        document = Document(text=text, id=str(i))
        kept = [f.filter(document) for f in FILTERS.values()]
        decisions.append([k if isinstance(k, bool) else k[0] for k in kept])
    return decisions, time.process_time() - start


def corpusql(binary, texts, folder):
    source = folder / "texts.jsonl"
    with source.open("w", encoding="utf-8") as out:
        for i, text in enumerate(texts):
            out.write(json.dumps({"id": str(i), "text": text}) + "\n")

    def run(*arguments):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([binary, *arguments, "--threads", "1", "--quiet"], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    corpus = str(folder / "corpus")
    run("ingest", str(source), "--to", corpus)
    _, seconds = run("annotate", corpus, "datatrove")
    columns = ", ".join("keep_" + name for name in FILTERS)
    rows, deciding = run("sql", corpus, "-c", f"SELECT id, {columns} FROM corpus", "--format", "jsonl")
    decisions = [None] * len(texts)
    for line in rows.decode().splitlines():
        row = json.loads(line)
        decisions[int(row["id"])] = [row["keep_" + name] for name in FILTERS]
    return decisions, seconds + deciding


def main():
    binary, path = sys.argv[1:3]
    texts, size = read(path, float(sys.argv[3]) * 1e6 if len(sys.argv) > 3 else float("inf"))
    datatrove(["Loads the tokeniser and its tables."])
    theirs, their_seconds = datatrove(texts)
    with tempfile.TemporaryDirectory() as folder:
        ours, our_seconds = corpusql(binary, texts, Path(folder))
    print(f"{len(texts)} texts, {size:.1f} MB")
    for name, seconds in [("datatrove", their_seconds), ("corpusql", our_seconds)]:
        print(f"{name:<10} {seconds:>9.2f} s {size / seconds:>9.2f} MB/s")
    print(f"ratio {their_seconds / our_seconds:.0f}")
    different = [i for i, pair in enumerate(zip(theirs, ours)) if pair[0] != pair[1]]
    for i in different[:10]:
        print(f"text {i}: datatrove {theirs[i]}, corpusql {ours[i]}", file=sys.stderr)
    print(f"{len(different)} texts with different decisions")
    sys.exit(1 if different else 0)


main()
