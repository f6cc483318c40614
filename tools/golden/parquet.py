"""Golden Parquet files for packages/tensor-core/src/formats/parquet, written and read back by pyarrow.

    python tools/golden/parquet.py

writes packages/tensor-core/test/golden/parquet/*.parquet and expected.json: for each file its rows as pyarrow reads them, in the
JSON that our reader promises (large integers and times as text, bytes as text or base64).
"""
import base64
import datetime
import decimal
import json
import math
import os

import pyarrow as pa
import pyarrow.parquet as pq

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "..", "..", "packages", "tensor-core", "test", "golden", "parquet")
SAFE = 2**53 - 1


def plain(v):
    if isinstance(v, bool) or v is None or isinstance(v, str):
        return v
    if isinstance(v, int):
        return v if abs(v) <= SAFE else str(v)
    if isinstance(v, float):
        return v if math.isfinite(v) else None
    if isinstance(v, decimal.Decimal):
        return float(v)
    if isinstance(v, bytes):
        try:
            return v.decode("utf-8")
        except UnicodeDecodeError:
            return base64.b64encode(v).decode()
    if isinstance(v, datetime.datetime):
        text = v.strftime("%Y-%m-%dT%H:%M:%S")
        micros = f"{v.microsecond:06d}".rstrip("0")
        return f"{text}{'.' + micros if micros else ''}Z"
    if isinstance(v, datetime.date):
        return v.isoformat()
    if isinstance(v, list):
        return [plain(x) for x in v]
    if isinstance(v, dict):
        return {k: plain(x) for k, x in v.items()}
    raise TypeError(type(v))


def pairs(n):
    return pa.table({
        "id": pa.array([f"row {i}" for i in range(n)]),
        "prompt": pa.array([["What is 2 + 2?", "Größe, 日本 🙂", 'a "quoted"\nline', ""][i % 4] + (f" {i}" if i % 3 else "") for i in range(n)]),
        "response": pa.array([None if i % 7 == 3 else f"answer {i % 5}" for i in range(n)], pa.string()),
    })


def message(role, content):
    return {"role": role, "content": content}


MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))


def conversations(n):
    rows = [[message("user", f"q {i}"), message("assistant", f"a {i}")] + ([message("user", "more"), message("assistant", "ö" * (i % 5))] if i % 3 == 0 else []) for i in range(n)]
    return pa.table({"messages": pa.array(rows, MESSAGES), "source": pa.array(["web" if i % 2 else None for i in range(n)], pa.string())})


def tokens(n):
    return pa.table({
        "promptTokens": pa.array([list(range(i, i + i % 6 + 1)) for i in range(n)], pa.list_(pa.int64())),
        "responseTokens": pa.array([[] if i % 5 == 4 else [7 * i, 3] for i in range(n)], pa.list_(pa.int32())),
    })


def forms():
    return {
        "instruction": pa.table({"instruction": ["do", "do more"], "input": pa.array(["this", None]), "output": ["done", "done more"]}),
        "question": pa.table({"question": ["why?", "how?"], "answer": ["so", "thus"]}),
        "goal": pa.table({"goal": ["g"], "target": ["t"]}),
        "preference": pa.table({"chosen": ["\n\nHuman: a\n\nAssistant: b"], "rejected": ["\n\nHuman: a\n\nAssistant: c"]}),
    }


def kinds():
    utc = datetime.timezone.utc
    t = datetime.datetime(2024, 2, 29, 12, 34, 56, 789012)
    return pa.table({
        "prompt": pa.array(["a", "b", "c"]),
        "i8": pa.array([-128, None, 127], pa.int8()),
        "u32": pa.array([0, 2**32 - 1, None], pa.uint32()),
        "i64": pa.array([2**53 - 1, 2**53, -(2**63)], pa.int64()),
        "u64": pa.array([2**64 - 1, 5, None], pa.uint64()),
        "f32": pa.array([0.5, float("nan"), -1.25], pa.float32()),
        "f64": pa.array([0.1, float("inf"), None], pa.float64()),
        "flag": pa.array([True, False, None]),
        "blob": pa.array([b"text", b"\xff\x00\xfe", None], pa.binary()),
        "day": pa.array([datetime.date(1970, 1, 1), datetime.date(2024, 2, 29), None]),
        "ms": pa.array([t.replace(microsecond=789000), datetime.datetime(1969, 12, 31, 23, 59, 59, 999000), None], pa.timestamp("ms")),
        "us": pa.array([t, t.replace(microsecond=0), None], pa.timestamp("us", tz="UTC")),
        "price": pa.array([decimal.Decimal("1.25"), decimal.Decimal("-3.50"), None], pa.decimal128(9, 2)),
        "word": pa.array(["x", "y", "x"]).dictionary_encode(),
        "place": pa.array([{"x": 1, "tags": ["a", None]}, None, {"x": None, "tags": []}], pa.struct([("x", pa.int32()), ("tags", pa.list_(pa.string()))])),
        "grid": pa.array([[[1, 2], [], None], [], None], pa.list_(pa.list_(pa.int16()))),
        "long": pa.array(["large", None, "text"], pa.large_string()),
    })


def main():
    os.makedirs(OUT, exist_ok=True)
    expected = {}

    def write(name, table, **options):
        path = os.path.join(OUT, f"{name}.parquet")
        pq.write_table(table, path, **options)
        expected[name] = [plain(row) for row in pq.read_table(path).to_pylist()]

    for codec in ["none", "snappy", "gzip", "zstd", "brotli", "lz4"]:
        write(f"pairs-{codec}", pairs(40), compression=codec, row_group_size=15)
    write("pairs-plain", pairs(40), compression="snappy", use_dictionary=False, data_page_version="2.0", data_page_size=200)
    write("pairs-checksum", pairs(20), compression="zstd", write_page_checksum=True, data_page_size=100)
    write("messages", conversations(30), compression="snappy", row_group_size=12)
    write("messages-pages", conversations(60), compression="gzip", data_page_version="2.0", data_page_size=100)
    write("tokens", tokens(25), compression="zstd", row_group_size=10)
    write("tokens-delta", tokens(25), compression="snappy", use_dictionary=False, column_encoding={"promptTokens.list.element": "DELTA_BINARY_PACKED", "responseTokens.list.element": "DELTA_BINARY_PACKED"})
    write("pairs-delta", pairs(20), compression="snappy", use_dictionary=False, column_encoding={"id": "DELTA_BYTE_ARRAY", "prompt": "DELTA_LENGTH_BYTE_ARRAY"})
    write("kinds", kinds(), compression="snappy")
    for name, table in forms().items():
        write(f"form-{name}", table)
    write("empty", pairs(0))
    with open(os.path.join(OUT, "expected.json"), "w", encoding="utf-8") as f:
        json.dump(expected, f, ensure_ascii=False, indent=None, separators=(",", ":"))
        f.write("\n")
    print({n: os.path.getsize(os.path.join(OUT, n)) for n in sorted(os.listdir(OUT))})


if __name__ == "__main__":
    main()
