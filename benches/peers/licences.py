#!/usr/bin/env python3
"""Recall and precision of clusters against all pairs of similar documents, by preset.

    python3 -m venv VENV && VENV/bin/pip install pyarrow
    VENV/bin/python benches/peers/licences.py target/debug/corpusql FOLDER [PRESET…]

FOLDER has licence_files.parquet (id, text) and licence_files_pairs.parquet (a, b, jaccard: every pair of Jaccard similarity 0.5 and
more over sets of 5-grams of words). A pair is found when both documents are in one cluster. Recall: of the pairs of similarity 0.8
and more, those that are found. Precision: of the pairs that are found, those of similarity 0.7 and more.
"""
import collections
import csv
import io
import subprocess
import sys
import tempfile
from itertools import combinations
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

PRESETS = [
    "exact",
    "minhash_rpv2_0_7",
    "minhash_rpv2_0_8",
    "minhash_datatrove",
    "minhash_fineweb",
    "minhash_text_dedup",
    "minhash_bigcode",
    "minhash_slimpajama",
]


def main(binary, folder, *presets):
    def corpusql(*arguments):
        return subprocess.run([binary, *arguments, "--quiet"], check=True, capture_output=True, text=True).stdout

    files = pq.read_table(Path(folder) / "licence_files.parquet", columns=["id", "text"])
    pairs = pq.read_table(Path(folder) / "licence_files_pairs.parquet").to_pylist()
    similar = {tuple(sorted((p["a"], p["b"]))): p["jaccard"] for p in pairs}
    wanted = {pair for pair, jaccard in similar.items() if jaccard >= 0.8}
    with tempfile.TemporaryDirectory() as temporary:
        source, corpus = f"{temporary}/files.parquet", f"{temporary}/corpus"
        ids = pa.array([str(i) for i in files["id"].to_pylist()])
        pq.write_table(pa.table({"id": ids, "text": files["text"]}), source)
        corpusql("ingest", source, "--to", corpus)
        print("preset                    pairs  recall at 0.8  precision at 0.7")
        for preset in presets or PRESETS:
            corpusql("dedup", corpus, preset)
            rows = corpusql("sql", corpus, "-c", f"SELECT id, {preset}_cluster FROM corpus", "--format", "csv")
            clusters = collections.defaultdict(list)
            for document, cluster in list(csv.reader(io.StringIO(rows)))[1:]:
                clusters[cluster].append(int(document))
            found = {pair for members in clusters.values() for pair in combinations(sorted(members), 2)}
            recall = len(found & wanted) / len(wanted)
            good = sum(similar.get(pair, 0.0) >= 0.7 for pair in found)
            print(f"{preset:<22} {len(found):>8}  {recall:>13.4f}  {good / max(1, len(found)):>16.4f}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
