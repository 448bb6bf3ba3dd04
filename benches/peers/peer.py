"""One engine of the bench `peers`, beside which ours is measured.

    python peer.py duckdb|polars THREADS

Takes questions from stdin, one JSON object a line, and answers each with one line: the seconds that the
query took inside this process, and its answer, counted and hashed after the clock was stopped.

late    {"file", "share", "digest"}: id and text of the rows with u < share, as columns in memory
groups  {"sql"}: a query of which all rows are wanted
"""
import hashlib
import json
import os
import sys
import time


def rows_digest(ids, texts):
    """The sum over all rows, modulo 2**64, of a hash of the row: no order is needed."""
    total = 0
    for i, text in zip(ids, texts):
        row = hashlib.sha256(i.encode() + b"\0" + text.encode()).digest()
        total += int.from_bytes(row[:8], "little")
    return str(total % 2**64)


class DuckDB:
    def __init__(self, threads):
        import duckdb

        self.version = duckdb.__version__
        self.connection = duckdb.connect()
        self.connection.execute(f"SET threads = {threads}")
        self.connection.execute("SET parquet_metadata_cache = true")

    def late(self, file, share):
        query = f"SELECT id, text FROM read_parquet('{file}') WHERE u < {share}"
        return self.connection.sql(query).to_arrow_table()

    def columns(self, table):
        return table.num_rows, table.column("id").to_pylist(), table.column("text").to_pylist()

    def groups(self, sql):
        return self.connection.execute(sql).fetchall()


class Polars:
    def __init__(self, threads):
        os.environ["POLARS_MAX_THREADS"] = str(threads)
        import polars

        self.polars = polars
        self.version = polars.__version__

    def late(self, file, share):
        polars = self.polars
        rows = polars.scan_parquet(file).filter(polars.col("u") < share)
        return rows.select("id", "text").collect()

    def columns(self, frame):
        return frame.height, frame["id"].to_list(), frame["text"].to_list()


def main():
    engine = {"duckdb": DuckDB, "polars": Polars}[sys.argv[1]](int(sys.argv[2]))
    print(json.dumps({"version": engine.version}), flush=True)
    for line in sys.stdin:
        question = json.loads(line)
        start = time.perf_counter()
        if question["ask"] == "late":
            found = engine.late(question["file"], question["share"])
        else:
            found = engine.groups(question["sql"])
        answer = {"seconds": time.perf_counter() - start}
        if question["ask"] == "groups":
            answer["rows"] = found
        elif question["digest"]:
            rows, ids, texts = engine.columns(found)
            answer["count"] = rows
            answer["digest"] = rows_digest(ids, texts)
        else:
            answer["count"] = len(found)
        del found
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
