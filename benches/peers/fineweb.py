#!/usr/bin/env python3
"""FineWeb's chain: datatrove and Polars beside CorpuSQL, on the same texts, one thread each, equal decisions.

    python3.11 -m venv target/fineweb
    target/fineweb/bin/pip install 'datatrove==0.10.1' 'spacy==3.8.*' pyarrow polars fasttext-predict pyahocorasick fasteners
    target/fineweb/bin/python benches/peers/fineweb.py target/debug/corpusql FILE... [--megabytes 3] [--copies 20]
        [--url-lists FOLDER --lid FILE]

FILE is Parquet or JSON lines with `text`; where there is a column `lang` or `language`, its English texts are taken, the first
MEGABYTES of them. Their `url` is taken too; a text without one gets one that is in no list.

datatrove runs its four filters over texts in memory in the order of its pipeline, Gopher repetition, Gopher quality, C4 (which
rewrites the text) and FineWeb, each on what the one before let pass, and shares words between them as its pipelines do.
CorpuSQL is a whole process over a corpus on disk: it reads the text and gives the identifiers of the documents that pass. What it
takes to start is left out by asking a corpus of COPIES copies of the texts too; the figure is the difference of the two runs
over the difference of their text. Before that its rules are asked for one by one, and keep, drop and reason of each text are
held against datatrove's. With `--url-lists` (the unpacked lists of datatrove's wheel) and `--lid` (a model of fastText) the
whole filter `fineweb`, URL and language too, is timed as well: more work than datatrove's four filters, whose time it is
held against. Its verdict is held against datatrove's URLFilter and the model in fastText's own program, before the four
filters.

Polars gets the rules that its expressions can say, those on lines and paragraphs, over a frame in memory; CorpuSQL is asked for
the same rules. Figures are processor time. Exits with 1 when a decision differs.
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ["POLARS_MAX_THREADS"] = "1"

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from datatrove.data import Document
from datatrove.pipeline.filters import C4QualityFilter, FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter
from datatrove.utils.text import TERMINAL_PUNCTUATION

# Our rules in the order of the chain, and datatrove's reasons.
REASONS = {
    "few_duplicate_paragraphs": "dup_para_frac",
    "few_duplicate_paragraph_chars": "dup_para_char_frac",
    "few_duplicate_lines": "dup_line_frac",
    "few_duplicate_line_chars": "dup_line_char_frac",
    **{f"varied_{n}grams": f"top_{n}_gram" for n in (2, 3, 4)},
    **{f"few_duplicate_{n}grams": f"duplicated_{n}_n_grams" for n in range(5, 11)},
    "enough_words": "gopher_short_doc",
    "not_too_many_words": "gopher_long_doc",
    "words_long_enough": "gopher_below_avg_threshold",
    "words_short_enough": "gopher_above_avg_threshold",
    "few_hashes": "gopher_too_many_hashes",
    "few_ellipses": "gopher_too_many_ellipsis",
    "few_bullet_lines": "gopher_too_many_bullets",
    "few_ellipsis_lines": "gopher_too_many_end_ellipsis",
    "words_with_letters": "gopher_below_alpha_threshold",
    "enough_stop_words": "gopher_enough_stop_words",
    "no_lorem_ipsum": "lorem_ipsum",
    "no_curly_brackets": "curly_bracket",
    "enough_sentences": "too_few_sentences",
    "lines_with_punctuation": "line_punct_ratio",
    "few_short_lines": "short_line_ratio",
    "few_repeated_chars": "char_dup_ratio",
    "no_list": "list_ratio",
}
# Rules on lines and paragraphs: filter, rule.
ON_LINES = [
    ("datatrove_fineweb", "lines_with_punctuation"),
    ("datatrove_fineweb", "few_short_lines"),
    ("datatrove_fineweb", "few_repeated_chars"),
    ("datatrove_gopher_repetition", "few_duplicate_paragraphs"),
    ("datatrove_gopher_repetition", "few_duplicate_paragraph_chars"),
    ("datatrove_gopher_repetition", "few_duplicate_lines"),
    ("datatrove_gopher_repetition", "few_duplicate_line_chars"),
    ("datatrove_gopher_quality", "few_bullet_lines"),
    ("datatrove_gopher_quality", "few_ellipsis_lines"),
]
# What Python's str.strip takes for whitespace.
SPACES = "".join(c for c in map(chr, range(0x3001)) if c.isspace())


def read(files, limit):
    """The first English texts, so many bytes of them, and their URLs."""
    texts, urls, size = [], [], 0
    for file in files:
        if file.endswith(".parquet"):
            rows = (row for batch in pq.ParquetFile(file).iter_batches(1024) for row in batch.to_pylist())
        else:
            rows = map(json.loads, open(file, encoding="utf-8"))
        for row in rows:
            if row.get("lang", row.get("language", "en")) not in ("en", None):
                continue
            urls.append(row.get("url") or f"https://example.org/{len(texts)}")
            texts.append(row["text"])
            size += len(row["text"].encode())
            if size >= limit:
                return texts, urls, size / 1e6
    return texts, urls, size / 1e6


def datatrove(texts):
    """Keep and reason of each text, and seconds."""
    chain = [
        GopherRepetitionFilter(),
        GopherQualityFilter(),
        C4QualityFilter(filter_no_terminal_punct=False),
        FineWebQualityFilter(),
    ]
    chain[1].filter(Document(text="Loads the tokeniser and its tables.", id=""))
    decisions = []
    start = time.process_time()
    for i, text in enumerate(texts):
        document, reason = Document(text=text, id=str(i)), None
        for step in chain:
            kept = step.filter(document)
            if kept is not True:
                reason = kept[1]
                break
        decisions.append(reason)
    return decisions, time.process_time() - start


def url_and_language(texts, urls, lid):
    """Whether datatrove's filter of URLs keeps each text, and whether the model is sure that it is English."""
    import fasttext
    from datatrove.pipeline.filters import URLFilter

    model, of_urls = fasttext.load_model(lid), URLFilter()
    kept = []
    for text, url in zip(texts, urls):
        passes = of_urls.filter(Document(text=text, id="", metadata={"url": url})) is True
        labels, scores = model.predict(text.replace("\n", " "), k=1)
        english = bool(labels) and labels[0] == "__label__en" and scores[0] > 0.65
        kept.append(passes and english)
    return kept


def copies(frame, name, keys):
    """Of every line or paragraph whether an equal one stands before it in its text."""
    return (~pl.struct(*keys).is_first_distinct()).alias(name)


def polars(frame):
    """The rules on lines and paragraphs as expressions, and seconds."""
    start = time.process_time()
    text, chars = pl.col("text"), pl.col("piece").str.len_chars()
    blank = pl.col("piece").str.strip_chars(SPACES) == ""

    def pieces(cut):
        return frame.lazy().select("row", cut.alias("piece")).explode("piece")

    def share(part, whole):
        return part.sum().cast(pl.Float64) / whole

    again = copies(frame, "again", ["row", "piece"])
    lines = pieces(text.str.split("\n")).filter(~blank).with_columns(again)
    fineweb = lines.group_by("row").agg(
        share(pl.col("piece").str.tail(1).is_in(sorted(TERMINAL_PUNCTUATION)), pl.len()).alias("punct"),
        share(chars <= 30, pl.len()).alias("short"),
        chars.filter(pl.col("again")).sum().alias("repeated"),
    )

    def duplicates(cut, name):
        return pieces(cut).with_columns(again).group_by("row").agg(
            share(pl.col("again"), pl.len()).alias(name),
            chars.filter(pl.col("again")).sum().alias(name + "_chars"),
        )

    breaks = r"\r\n|[\n\r\x0b\x0c\x1c\x1d\x1e\x{85}\x{2028}\x{2029}]"
    trimmed_start = pl.col("piece").str.strip_chars_start(SPACES)
    trimmed_end = pl.col("piece").str.strip_chars_end(SPACES)
    starts = trimmed_start.str.starts_with("•") | trimmed_start.str.starts_with("-")
    ends = trimmed_end.str.ends_with("...") | trimmed_end.str.ends_with("…")
    marked = pieces(text.str.replace_all(breaks, "\n").str.strip_suffix("\n").str.split("\n"))
    marked = marked.group_by("row").agg(share(starts, pl.len()).alias("bullets"), share(ends, pl.len()).alias("dots"))
    paragraphs = text.str.strip_chars(SPACES).str.replace_all(r"\n{2,}", "\0").str.split("\0")
    all_lines = text.str.replace_all(r"\n+", "\n").str.split("\n")
    joined = frame.lazy().select("row", length=text.str.len_chars(), feeds=text.str.count_matches("\n", literal=True))
    for of_rows in (fineweb, duplicates(paragraphs, "paragraphs"), duplicates(all_lines, "lines"), marked):
        joined = joined.join(of_rows, on="row", how="left")
    rules = [
        pl.col("punct") >= 0.12,
        pl.col("short") <= 0.67,
        pl.col("repeated") / (pl.col("length") - pl.col("feeds")) <= 0.01,
        pl.col("paragraphs") <= 0.3,
        pl.col("paragraphs_chars") / pl.col("length") <= 0.2,
        pl.col("lines") <= 0.3,
        pl.col("lines_chars") / pl.col("length") <= 0.2,
        pl.col("bullets") <= 0.9,
        pl.col("dots") <= 0.3,
    ]
    named = [rule.fill_null(False).alias(name) for rule, (_, name) in zip(rules, ON_LINES)]
    found = joined.sort("row").select(named).collect()
    return found.rows(), time.process_time() - start


class CorpuSQL:
    """The program, its corpora and filters in a folder."""

    def __init__(self, binary, folder, options):
        self.binary, self.folder, self.options = binary, folder, options
        filters = folder / "queries/filters"
        filters.mkdir(parents=True)
        (filters / "fineweb_texts.sql").write_text(self.without_url_and_language())

    def run(self, *arguments, options=()):
        """What it prints, and seconds of processor time."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([self.binary, *arguments, "--quiet", *options], capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode != 0:
            sys.exit(f"{' '.join(arguments)}\n{done.stderr.decode()}")
        return done.stdout.decode(), after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def without_url_and_language(self):
        """The filter `fineweb` without its rules on URL and language."""
        text, _ = self.run("queries", "fineweb")
        other = ("datatrove_url_", " language_", "--   soft_words", "--   language", "--   min_score")
        return "\n".join(line for line in text.splitlines() if not any(word in line for word in other))

    def ingest(self, name, texts, urls, times):
        """A corpus of the texts, so many times."""
        ids = [f"{time}-{i}" for time in range(times) for i in range(len(texts))]
        table = pa.table({"id": ids, "text": texts * times, "url": urls * times})
        pq.write_table(table, self.folder / "in.parquet", row_group_size=4096)
        self.run("ingest", str(self.folder / "in.parquet"), "--to", str(self.folder / name))

    def ask(self, corpus, sql, options=()):
        queries = ("--queries", str(self.folder / "queries"), "--threads", "1", *options)
        return self.run("sql", str(self.folder / corpus), "-c", sql, "--format", "jsonl", options=queries)

    def rows(self, columns, options=()):
        """Columns of every text of the small corpus, in order."""
        rows, _ = self.ask("small", f"SELECT id, {columns} FROM corpus", options)
        rows = [json.loads(line) for line in rows.splitlines()]
        return sorted(rows, key=lambda row: int(row["id"].split("-")[1]))

    def seconds(self, sql, options=()):
        """Processor time for the small and the large corpus, the lesser of two runs of each."""
        corpora = ("small", "large")
        runs = [[self.ask(corpus, sql, options)[1] for corpus in corpora] for _ in range(2)]
        return [min(of_corpus) for of_corpus in zip(*runs)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("files", nargs="+")
    parser.add_argument("--megabytes", type=float, default=3)
    parser.add_argument("--copies", type=int, default=20)
    parser.add_argument("--url-lists")
    parser.add_argument("--lid")
    options = parser.parse_args()
    texts, urls, size = read(options.files, options.megabytes * 1e6)
    print(f"{len(texts)} English texts, {size:.2f} MB; CorpuSQL also over {options.copies} copies of them")
    different = 0

    def line(name, seconds, megabytes, beside=None):
        rate = megabytes / seconds
        ratio = f"{rate / beside:8.0f} times" if beside else ""
        print(f"{name:<52} {seconds:8.2f} s {megabytes:8.1f} MB {rate:9.3f} MB per CPU s {ratio}")
        return rate

    with tempfile.TemporaryDirectory() as folder:
        ours = CorpuSQL(options.binary, Path(folder), options)
        ours.ingest("small", texts, urls, 1)
        ours.ingest("large", texts, urls, options.copies)

        def measure(name, sql, beside, more=()):
            small, large = ours.seconds(sql, more)
            print(f"{'':<52} {small:8.2f} s for the small corpus, {large:.2f} s for the large one")
            return line(name, large - small, size * (options.copies - 1), beside)

        theirs, seconds = datatrove(texts)
        rate = line("datatrove, four filters", seconds, size)
        rules = ", ".join(f"keep_fineweb_texts__{rule} AS {rule}" for rule in REASONS)
        found = ours.rows(f"keep_fineweb_texts AS keep, {rules}")
        for i, (row, reason) in enumerate(zip(found, theirs)):
            failed = [name for rule, name in REASONS.items() if not row[rule]]
            # Of a text with nothing to measure datatrove says that it is empty.
            same = failed[:1] == [reason] if reason not in (None, "empty") else bool(failed) == bool(reason)
            if not same or row["keep"] != (reason is None):
                different += 1
                print(f"text {i}: datatrove {reason}, CorpuSQL {failed[:1]}", file=sys.stderr)
        kept = sum(reason is None for reason in theirs)
        print(f"{len(texts)} decisions and reasons compared, {kept} texts kept: {different} differ")
        measure("CorpuSQL, the same rules", "SELECT id FROM corpus WHERE keep_fineweb_texts", rate)
        if options.url_lists and options.lid:
            lists = ("--url-lists", options.url_lists, "--lid", options.lid)
            first = url_and_language(texts, urls, options.lid)
            found = ours.rows("keep_fineweb AS keep", lists)
            expected = [passes and reason is None for passes, reason in zip(first, theirs)]
            wrong = sum(row["keep"] != keep for row, keep in zip(found, expected))
            print(f"{sum(first)} texts pass URL and language, {sum(expected)} the whole chain: {wrong} decisions differ")
            different += wrong
            measure("CorpuSQL, the filter fineweb: URL and language too", "SELECT id FROM corpus WHERE keep_fineweb", rate, lists)

        frame = pl.DataFrame({"row": range(len(texts)), "text": texts})
        frame = pl.concat([frame.with_columns(pl.col("row") + i * len(texts)) for i in range(options.copies)])
        answers, seconds = polars(frame)
        rate = line(f"Polars {pl.__version__}, {len(ON_LINES)} rules on lines", seconds, size * options.copies)
        columns = ", ".join(f"keep_{name}__{rule} AS {rule}" for name, rule in ON_LINES)
        found = ours.rows(columns)
        wrong = sum(answer != tuple(row[rule] for _, rule in ON_LINES) for answer, row in zip(answers, found))
        print(f"{len(found)} texts compared, {wrong} with another decision")
        different += wrong
        measure("CorpuSQL, the same rules", f"SELECT id, {columns} FROM corpus", rate)
    sys.exit(1 if different else 0)


main()
