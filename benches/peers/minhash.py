#!/usr/bin/env python3
"""MinHash as datatrove has it, beside datatrove: the signatures alone, and the whole way from files to the documents that stay.

    python3.11 -m venv target/fineweb
    target/fineweb/bin/pip install 'datatrove==0.10.1' 'spacy==3.8.*' 'xxhash<4' pyarrow tokenizers orjson
    target/fineweb/bin/python benches/peers/minhash.py target/debug/corpusql FILE... [--megabytes 3]
        [--pipeline-megabytes 20] [--all] [--memory-limit 1GB] [--folder DIR]

FILE is Parquet or JSON lines with `text`; the first texts of them are taken, so many bytes.

Signatures. datatrove's stage 1 over texts in memory: the shingles of each text, and its signature. Ours is the bench `minhash` of
`corpusql-text`, which this script has cargo build: the same texts in memory, one thread, once for each instruction set that the
processor has, `Portable` being what every processor of its kind has. Neither side starts, reads or writes inside the clock. All 112
values of every text are compared, for each instruction set.

Pipeline. datatrove's four stages in one process: signatures, buckets, clusters, filter, from a file of JSON lines to one, with
the tokeniser loaded before the clock starts. Ours are whole processes, start-up included, two threads: `ingest` of the same file,
`dedup CORPUS minhash_datatrove`, `export --where 'NOT minhash_datatrove_duplicate'`. The documents that are removed are compared. With
`--all` ours also runs over all of the files, and what datatrove would take for them is its rate of the subset, that is, an
extrapolation, and called so.

Figures are processor time, and peaks of resident memory. Exits with 1 when a value or a document differs.
"""
import argparse
import contextlib
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq

PRESET = "minhash_datatrove"


def documents(files):
    for file in files:
        if file.endswith(".parquet"):
            for batch in pq.ParquetFile(file).iter_batches(1024, columns=["text"]):
                yield from batch["text"].to_pylist()
        else:
            with open(file, encoding="utf-8") as lines:
                yield from (json.loads(line)["text"] for line in lines)


def write(files, limit, target):
    """The first texts as JSON lines; how many bytes of text they are."""
    size = 0
    with open(target, "w", encoding="utf-8") as out:
        # datatrove's readers leave out empty texts.
        for i, text in enumerate(filter(None, documents(files))):
            out.write(json.dumps({"id": str(i), "text": text}, ensure_ascii=False) + "\n")
            size += len(text.encode())
            if size >= limit:
                break
    return size / 1e6


def in_child(function, *arguments):
    """What a function gives in a process of its own."""
    # A new interpreter: the peak of memory is that of the work, not of this process.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


def their_signatures(file):
    """The signature of every text, and seconds."""
    from datatrove.pipeline.dedup import MinhashDedupSignature

    step = MinhashDedupSignature(tempfile.mkdtemp())
    step.get_signature(step.get_shingles("Loads the tokeniser and draws the numbers, and so on."))
    texts = list(documents([file]))
    found = []
    start = time.process_time()
    for text in texts:
        shingles = step.get_shingles(text)
        found.append(sum(step.get_signature(shingles), []) if shingles.size else [])
    return found, time.process_time() - start


def their_pipeline(file, folder):
    """The identifiers that are left, seconds, and the peak of memory in MB."""
    from datatrove.pipeline import dedup
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers import JsonlWriter
    from datatrove.utils.logging import logger

    logger.remove()

    def read():
        return JsonlReader(str(Path(file).parent), glob_pattern=Path(file).name).run()

    folders = [f"{folder}/{name}" for name in ("signatures", "buckets", "clusters", "out")]
    signature = dedup.MinhashDedupSignature(folders[0])
    signature.get_shingles("Loads the tokeniser, and so on.")
    start = time.process_time()
    with contextlib.redirect_stderr(open(os.devnull, "w")):
        signature.run(read())
        for bucket in range(14):
            dedup.MinhashDedupBuckets(folders[0], folders[1]).run(rank=bucket, world_size=14)
        dedup.MinhashDedupCluster(folders[1], folders[2]).run()
        kept = []
        writer = JsonlWriter(folders[3], compression=None)
        for document in writer.run(dedup.MinhashDedupFilter(folders[2]).run(read())):
            kept.append(document.id)
    seconds = time.process_time() - start
    # Kilobytes on Linux.
    return kept, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def run(*arguments):
    """What a program prints, seconds of processor time, and the peak of memory in MB."""
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(arguments, stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            sys.exit(f"failed: {' '.join(arguments)}")
        out.seek(0)
        return out.read().decode(), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e3


def line(name, seconds, megabytes, beside=None, peak=None):
    """Prints a measurement; the rate."""
    rate = megabytes / seconds
    ratio = f"{rate / beside:8.0f} times" if beside else " " * 14
    memory = f"{peak:8.0f} MB peak" if peak else ""
    print(f"{name:<44} {seconds:8.2f} s {megabytes:8.1f} MB {rate:9.3f} MB per CPU s {ratio} {memory}", flush=True)
    return rate


def signatures(files, megabytes, folder):
    """How many texts have other values."""
    file = folder / "signatures.jsonl"
    size = write(files, megabytes * 1e6, file)
    theirs, seconds = in_child(their_signatures, str(file))
    rate = line("signatures, datatrove", seconds, size)
    bench = ["cargo", "bench", "--quiet", "--locked", "-p", "corpusql-text", "--bench", "minhash", "--"]
    printed, _, _ = run(*bench, str(file), "--scheme", "datatrove", "--signatures", str(folder))
    different = 0
    for row in printed.splitlines()[1:]:
        scheme, instructions, ours, _ = row.split()
        line(f"signatures, CorpuSQL, {instructions}", size / float(ours), size, rate)
        rows = (folder / f"{scheme}-{instructions}.txt").read_text().splitlines()
        wrong = sum(list(map(int, row.split())) != expected for row, expected in zip(rows, theirs, strict=True))
        none = sum(not expected for expected in theirs)
        print(f"    {len(theirs)} texts compared, {none} of them without a signature: {wrong} differ")
        different += wrong
    return different


class CorpuSQL:
    def __init__(self, binary, folder, memory):
        self.binary, self.corpus, self.folder = binary, str(folder / "corpus"), folder
        self.options = ["--quiet", "--threads", "2", "--memory-limit", memory]

    def run(self, *arguments):
        return run(self.binary, *arguments, *self.options)

    def way(self, inputs, text, beside):
        """Ingests files, finds duplicates and exports the others."""
        steps = [
            ("ingest", "ingest", *inputs, "--to", self.corpus),
            ("dedup", "dedup", self.corpus, PRESET),
            ("export", "export", self.corpus, "--where", f"NOT {PRESET}_duplicate", "--to", str(self.folder / "out")),
        ]
        spent, peaks = [], []
        for name, *arguments in steps:
            _, seconds, peak = self.run(*arguments)
            spent.append(seconds)
            peaks.append(peak)
            line(f"    CorpuSQL, {name}", seconds, text, peak=peak)
        line("pipeline, CorpuSQL, dedup of a corpus", spent[1], text, beside, peaks[1])
        line("pipeline, CorpuSQL, ingest and dedup", sum(spent[:2]), text, beside, max(peaks[:2]))
        line("pipeline, CorpuSQL, ingest, dedup, export", sum(spent), text, beside, max(peaks))

    def removed(self):
        query = f"SELECT id FROM corpus WHERE {PRESET}_duplicate"
        rows, _, _ = self.run("sql", self.corpus, "-c", query, "--format", "jsonl")
        return {json.loads(row)["id"] for row in rows.splitlines()}


def pipeline(options, folder):
    """How many documents are removed on one side only."""
    file = folder / "pipeline.jsonl"
    size = write(options.files, options.pipeline_megabytes * 1e6, file)
    kept, seconds, peak = in_child(their_pipeline, str(file), str(folder / "datatrove"))
    rate = line("pipeline, datatrove", seconds, size, peak=peak)
    with tempfile.TemporaryDirectory(dir=folder) as of_subset:
        ours = CorpuSQL(options.binary, Path(of_subset), options.memory_limit)
        ours.way([str(file)], size, rate)
        with open(file, encoding="utf-8") as lines:
            theirs = {json.loads(line)["id"] for line in lines} - set(kept)
        removed = ours.removed()
    different = len(theirs ^ removed)
    print(f"    removed: {len(theirs)} by datatrove, {len(removed)} by CorpuSQL, {different} by one alone")
    if options.all:
        text = sum(len(text.encode()) for text in documents(options.files)) / 1e6
        print(f"    all files: {text:.0f} MB; extrapolated from the subset, datatrove would take {text / rate:.0f} s")
        with tempfile.TemporaryDirectory(dir=folder) as of_all:
            ours = CorpuSQL(options.binary, Path(of_all), options.memory_limit)
            ours.way(options.files, text, rate)
            print(f"    removed: {len(ours.removed())} by CorpuSQL")
    return different


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("files", nargs="+")
    parser.add_argument("--megabytes", type=float, default=3, help="of text, for the signatures; 0 leaves them out")
    parser.add_argument("--pipeline-megabytes", type=float, default=20, help="for the pipeline; 0 leaves it out")
    parser.add_argument("--all", action="store_true", help="our pipeline over all of the files, too")
    parser.add_argument("--memory-limit", default="1GB", help="of our commands")
    parser.add_argument("--folder", help="for what is written in between [default: the system's temporary folder]")
    options = parser.parse_args()
    different = 0
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        if options.megabytes:
            different += signatures(options.files, options.megabytes, Path(folder))
        if options.pipeline_megabytes:
            different += pipeline(options, Path(folder))
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
