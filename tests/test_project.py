"""What the repository promises beyond the package: generated figures, training data, wording."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def test_readme_figures_come_from_the_scores():
    done = subprocess.run(
        [sys.executable, "experiments/fill_readme.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_readme_shows_a_result_within_25_lines():
    head = "\n".join((ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:25])
    assert re.search(r"[+−]\d\.\d\d (?:\[.+?\] )?by the model", head)


CLAIMS = [p for p in sorted((ROOT / "training").rglob("*.jsonl")) if p.name != "pairs.jsonl"]


@pytest.mark.parametrize("path", CLAIMS, ids=lambda p: p.name)
def test_training_claims_are_coded_and_name_nobody_real(path):
    with (ROOT / "seeds" / "sources.csv").open(encoding="utf-8") as handle:
        rows = [r for r in csv.DictReader(handle) if r["kind"] in ("person", "outlet")]
    names = {n for r in rows for n in (r["name"], *r["aliases"].split("|")) if len(n) > 3}
    seeds = " ".join(p.read_text(encoding="utf-8") for p in (ROOT / "seeds").glob("*.txt"))
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        row = json.loads(line)
        assert set(row["s"]) <= {-1, 0, 1}, f"line {number}"
        assert len(row["s"]) == 7, f"line {number}"
        found = [n for n in names if re.search(rf"\b{re.escape(n)}\b", row["text"])]
        assert not found, f"line {number}: {found}"
        assert len(row["text"]) < 30 or row["text"] not in seeds, f"line {number} stands in a seed"


@pytest.mark.parametrize(
    "path", sorted((ROOT / "training" / "documents").glob("*.json")), ids=lambda p: p.name
)
def test_training_documents_hold_their_claims_and_name_nobody_real(path):
    with (ROOT / "narrative" / "data" / "sources.csv").open(encoding="utf-8") as handle:
        rows = [r for r in csv.DictReader(handle) if r["kind"] in ("person", "outlet")]
    names = {n for r in rows for n in (r["name"], *r["aliases"].split("|")) if len(n) > 3}
    names = {n for n in names if not n.startswith("the ")}  # an office is nobody's name
    document = json.loads(path.read_text(encoding="utf-8"))
    found = [n for n in names if re.search(rf"\b{re.escape(n)}\b", document["text"])]
    assert not found
    for claim in document["claims"]:
        assert document["text"].count(claim["quote"]) > claim["nth"], claim
        assert claim["voice"] in ("author", "quoted", "paraphrased", "mixed"), claim


def test_stance_of_the_training_documents_is_coded_twice_for_every_claim():
    with (ROOT / "training" / "documents" / "stance.csv").open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    for path in (ROOT / "training" / "documents").glob("*.json"):
        n = len(json.loads(path.read_text(encoding="utf-8"))["claims"])
        mine = [r for r in rows if r["document"] == path.stem]
        coded = sorted((r["coder"], int(r["claim"])) for r in mine)
        assert coded == [(c, i) for c in ("first", "second") for i in range(n)], path.name
    assert {r["inevitable"] for r in rows} | {r["counteroffensive"] for r in rows} == {
        "-1", "0", "1",
    }  # fmt: skip


def test_training_pairs_are_whole():
    path = ROOT / "training" / "stance" / "pairs.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert len({(r["claim"], r["proposition"]) for r in rows}) == len(rows)
    for row in rows:
        assert set(row) == {"group", "claim", "proposition", "stance", "kind"}, row
        assert row["stance"] in (-1, 0, 1), row


def test_scores_have_intervals_n_and_unit():
    with (ROOT / "figures" / "scores.csv").open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    assert rows
    for row in rows:
        assert row["n"], row
        assert row["unit"], row
        assert row["value"] == "" or float(row["value"]) == float(row["value"]), row


def test_every_figure_is_listed_with_its_hash():
    import hashlib

    manifest = json.loads((ROOT / "figures" / "MANIFEST.json").read_text(encoding="utf-8"))
    for name, digest in manifest["figures"].items():
        assert hashlib.sha256((ROOT / "figures" / name).read_bytes()).hexdigest() == digest, name


@pytest.mark.model
def test_readme_python_runs(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    block = (ROOT / "README.md").read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    exec(compile(block, "README.md", "exec"), {})
    assert "trained head: russian_victory_inevitable" in capsys.readouterr().out
