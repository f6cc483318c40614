"""Reads exports of `redorca export` with the tools that they are for, and compares them with the results folder.

    redorca export --results RESULTS --format inspect --out OUT
    python tools/golden/check_exports.py inspect RESULTS OUT
    python tools/golden/check_exports.py every-eval-ever RESULTS OUT [SCHEMAS]
    python tools/golden/check_exports.py csv RESULTS OUT
Needs: inspect-ai==0.3.285, pandas, pyarrow, jsonschema

- inspect: `list_eval_logs` finds every log, `read_eval_log` reads it, header alone and whole; samples, scores and metrics are those
  of the results folder, intervals included. Its data frames have a row for each log and each sample.
- every-eval-ever: every record and every answer is valid under the schemas of Every Eval Ever, which are fetched from their
  repository (SCHEMAS: a folder that has them already); metrics are those of results.json.
- csv: Python's csv reads every row; metrics and answers are those of the results folder.
"""
import csv
import hashlib
import json
import sys
import urllib.request
from pathlib import Path

kind, results_dir, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
results = json.loads((results_dir / "results.json").read_text())
cells = {c["id"]: c for c in results["cells"]}
SETS = {"harmful": ["attackSuccess", "refusal"], "lookalike": ["overRefusal", "lookalikeAnswered"],
        "benign": ["benignComplied"], "task": ["exactMatch"]}
AXES = ("refused", "harmful", "degenerate")


def rows_of(cell):
    # Not splitlines, which splits at line separators within a text as well.
    lines = (results_dir / "cells" / cell / "samples.jsonl").read_text().strip("\n").split("\n")
    return [json.loads(line) for line in lines]


def reported(cell):
    return [r for r in rows_of(cell) if r.get("split") != "validation"]


def judges_of(cell):
    return {j["id"]: j for j in json.loads((results_dir / "cells" / cell / "cell.json").read_text())["judges"]}


def metrics_by(cell, judge):
    metrics = cells[cell]["metrics"]
    return metrics if judge == results["stamp"]["judges"]["measuring"] else metrics["byJudge"][judge]


def check_inspect():
    from inspect_ai.log import list_eval_logs, read_eval_log
    seen, samples = set(), 0
    for info in list_eval_logs(str(out)):
        head, log = read_eval_log(info, header_only=True), read_eval_log(info)
        assert log.version == 2 and log.status == "success"
        assert head.eval == log.eval and head.results == log.results and head.plan == log.plan
        cell, of = log.eval.metadata["cell"], log.eval.metadata["set"]
        seen.add((cell, of))
        rows = [r for r in reported(cell) if r["set"] == of]
        assert log.eval.task == f"redorca/{of}" and log.eval.dataset.samples == len(rows)
        factors = cells[cell]["factors"]
        assert {k: log.eval.task_args[k] for k in factors} == factors
        assert log.results.total_samples == log.results.completed_samples == len(rows) == len(log.samples)
        assert [s.id for s in log.samples] == sorted((r["id"] for r in rows), key=[s.id for s in log.samples].index)
        by_id = {r["id"]: r for r in rows}
        judges = judges_of(cell)
        for s in log.samples:
            row = by_id[s.id]
            assert s.input == row["prompt"] and s.output.completion == row["completion"]
            assert s.messages[-1].text == row["completion"] and s.target == row.get("reference", "")
            for judge, said in row["verdicts"].items():
                want = {a: said[a] for a in AXES if a in judges[judge]["axes"]}
                assert s.scores[judge].value == want, (s.id, judge)
                assert s.scores[judge].metadata["score"] == said["score"]
            assert ("exactMatch" in s.scores) == ("correct" in row)
            if "correct" in row:
                assert s.scores["exactMatch"].value == ("C" if row["correct"] else "I")
        samples += len(log.samples)
        for score in log.results.scores:
            metrics = cells[cell]["metrics"] if score.name == "exactMatch" else metrics_by(cell, score.name)
            assert set(score.metrics) == {m for m in SETS[of] if m in metrics}
            for name, metric in score.metrics.items():
                assert metric.value == metrics[name]["value"], (cell, of, name)
                assert {k: metric.metadata[k] for k in ("n", "low", "high")} == {k: metrics[name][k] for k in ("n", "low", "high")}
    want = {(c, r["set"]) for c in cells for r in reported(c)}
    assert seen == want, (len(seen), len(want))
    from inspect_ai.analysis import evals_df, samples_df
    frames = [(evals_df(str(out)), "eval_id", len(seen)), (samples_df(str(out)), "sample_id", samples)]
    for frame, name, rows in frames:
        assert len(frame) == frame[name].nunique() == rows, (name, len(frame), rows)
    return f"{len(seen)} logs, {samples} samples"


URL = "https://raw.githubusercontent.com/evaleval/every_eval_ever/main/every_eval_ever/schemas/"


def schema(name):
    if len(sys.argv) > 4:
        return json.loads((Path(sys.argv[4]) / name).read_text())
    with urllib.request.urlopen(URL + name) as reply:
        return json.loads(reply.read())


def check_every_eval_ever():
    from jsonschema import Draft7Validator
    aggregate, instance = (schema(n) for n in ("eval.schema.json", "instance_level_eval.schema.json"))
    valid, valid_answer = Draft7Validator(aggregate), Draft7Validator(instance)
    seen, answers = set(), 0
    for path in sorted(out.glob("data/*/*/*/*.json")):
        record = json.loads(path.read_text())
        valid.validate(record)
        assert record["schema_version"] == aggregate["version"]
        cell = record["model_info"]["additional_details"]["cell"]
        seen.add(cell)
        headline = results["stamp"]["judges"]["measuring"]
        for r in record["evaluation_results"]:
            name, judge = r["metric_config"]["metric_name"], r["metric_config"].get("metric_parameters", {}).get("judge", headline)
            want = metrics_by(cell, judge)[name]
            interval = r["score_details"]["uncertainty"]["confidence_interval"]
            assert r["score_details"]["score"] == want["value"] and interval["lower"] == want["low"] and interval["upper"] == want["high"]
            assert r["score_details"]["uncertainty"]["num_samples"] == want["n"]
        ids = {r["evaluation_result_id"]: r for r in record["evaluation_results"]}
        assert len(ids) == len(record["evaluation_results"])
        details = record["detailed_evaluation_results"]
        text = (out / details["file_path"]).read_bytes()
        assert hashlib.sha256(text).hexdigest() == details["checksum"]
        rows = [json.loads(line) for line in text.decode().splitlines()]
        assert len(rows) == details["total_rows"]
        per = {}
        for row in rows:
            valid_answer.validate(row)
            assert row["evaluation_id"] == record["evaluation_id"] and row["model_id"] == record["model_info"]["id"]
            per.setdefault(row["evaluation_result_id"], []).append(row["evaluation"]["score"])
        for id, scores in per.items():
            details = ids[id]["score_details"]
            assert abs(sum(scores) / len(scores) - details["score"]) < 1e-12, (cell, id)
            assert len(scores) == details["uncertainty"]["num_samples"], (cell, id)
        answers += len(rows)
    assert seen == set(cells)
    return f"{len(seen)} records, {answers} answers, schema {aggregate['version']}"


def check_csv():
    csv.field_size_limit(1 << 27)
    with open(out / "cells.csv", newline="") as f:
        table = list(csv.DictReader(f))
    assert [r["id"] for r in table] == list(cells)
    for row in table:
        cell = cells[row["id"]]
        for name, want in cell["metrics"].items():
            if name != "byJudge":
                assert [float(row[c]) for c in (name, f"{name}.n", f"{name}.low", f"{name}.high")] == \
                    [want["value"], want["n"], want["low"], want["high"]], (row["id"], name)
        assert {k: str(v) for k, v in cell["factors"].items()} == {k: row[k] for k in cell["factors"]}
    with open(out / "samples.csv", newline="") as f:
        samples = list(csv.DictReader(f))
    want = [(c, r) for c in cells for r in rows_of(c)]
    assert len(samples) == len(want)
    for row, (cell, r) in zip(samples, want):
        guard = "'" if r["completion"] and r["completion"][0] in "=+-@\uff1d\uff0b\uff0d\uff20\t\r\n" else ""
        assert row["cell"] == cell and row["id"] == r["id"] and row["completion"] == guard + r["completion"]
    return f"{len(table)} cells, {len(samples)} answers"


print(kind, {"inspect": check_inspect, "every-eval-ever": check_every_eval_ever, "csv": check_csv}[kind](), "as in", results_dir)
