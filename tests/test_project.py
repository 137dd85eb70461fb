"""What the repository promises beyond the package: generated figures, training data, wording."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer

from narrative.schema import CAMPS, CERTAINTIES

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("script", ["fill_readme.py", "measured.py"])
def test_figures_in_texts_come_from_the_scores(script):
    done = subprocess.run(
        [sys.executable, f"experiments/{script}", "--check"],
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
TOPICS = sorted((ROOT / "training").rglob("topics_*.txt"))
PAIRS = sorted((ROOT / "training").rglob("pairs.jsonl"))
QUARTETS = sorted((ROOT / "training" / "quartets").glob("*.tsv"))


def _lines(path):
    return [json.loads(x) for x in path.read_text(encoding="utf-8").splitlines()]


def _real_names(folder):
    """Names of persons and outlets; an office ("the president", "Ukraine's …") is nobody's name."""
    with (folder / "sources.csv").open(encoding="utf-8") as handle:
        rows = [r for r in csv.DictReader(handle) if r["kind"] in ("person", "outlet")]
    names = {n for r in rows for n in (r["name"], *r["aliases"].split("|")) if len(n) > 3}
    return {n for n in names if not n.startswith(("the ", "A ", "Ukraine's ", "Russia's "))}


@pytest.mark.parametrize("path", CLAIMS, ids=lambda p: p.name)
def test_training_claims_are_coded_and_name_nobody_real(path):
    names = _real_names(ROOT / "seeds") | _real_names(ROOT / "narrative" / "data")
    pattern = re.compile("|".join(rf"\b{re.escape(n)}\b" for n in sorted(names)))
    seeds = " ".join(p.read_text(encoding="utf-8") for p in (ROOT / "seeds").glob("*.txt"))
    for number, row in enumerate(_lines(path), start=1):
        assert set(row["s"]) <= {-1, 0, 1, None}, f"line {number}"  # None: the coders differ
        assert row["s"][0] is not None, f"line {number}"
        assert row["s"][2] is not None, f"line {number}"
        assert len(row["s"]) == 7, f"line {number}"
        assert row["certainty"] in {*CERTAINTIES, ""}, f"line {number}"
        assert row["speaker_camp"] in CAMPS, f"line {number}"
        found = pattern.search(" ".join(row.get(k, "") for k in ("before", "text", "after")))
        assert not found, f"line {number}: {found}"
        assert len(row["text"]) < 30 or row["text"] not in seeds, f"line {number} stands in a seed"


@pytest.mark.parametrize("path", PAIRS, ids=lambda p: p.parent.name)
def test_training_pairs_are_coded(path):
    for number, row in enumerate(_lines(path), start=1):
        assert row["stance"] in (-1, 0, 1), f"line {number}"
        assert row["claim"].strip(), f"line {number}"
        assert row["proposition"].strip(), f"line {number}"


@pytest.mark.parametrize("path", TOPICS, ids=lambda p: p.stem)
def test_training_topics_have_a_code_for_every_proposition(path):
    propositions = 0
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.startswith("=== "):
            assert propositions in (0, 4), f"line {number}"
            propositions = 0
        elif line.startswith("P "):
            propositions += 1
        else:
            codes, claim = line.split("\t")
            assert set(codes.split(",")) <= {"-1", "0", "1", "?"}, f"line {number}"
            assert len(codes.split(",")) == propositions, f"line {number}"
            assert claim.strip(), f"line {number}"


@pytest.mark.parametrize("path", QUARTETS, ids=lambda p: p.stem)
def test_quartets_are_four_different_claims_and_name_nobody_real(path):
    names = _real_names(ROOT / "seeds") | _real_names(ROOT / "narrative" / "data")
    pattern = re.compile("|".join(rf"\b{re.escape(n)}\b" for n in sorted(names)))
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        given, story, *claims = line.split("\t")
        assert int(given) == number
        assert story.strip(), f"line {number}"
        assert len(claims) == 4, f"line {number}"
        assert len({c.strip() for c in claims} - {""}) == 4, f"line {number}"
        found = pattern.search(line)
        assert not found, f"line {number}: {found}"


def test_no_substituted_name_is_left_in_the_authored_claims():
    folder = ROOT / "training" / "authored"
    with (folder / "names.csv").open(encoding="utf-8") as handle:
        names = [r["name"] for r in csv.DictReader(handle)]
    assert len(names) > 200
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(n)}(?!\w)" for n in names))
    for path in folder.glob("*.jsonl"):
        for row in _lines(path):
            text = row.get("text") or f"{row['claim']} {row['proposition']}"
            assert not pattern.search(text), f"{path.name}: {text}"


def test_families_of_behavioural_tests_train_nothing():
    kept = {r["text"] for r in _lines(ROOT / "training" / "held_out" / "families.jsonl")}
    trained = {r["text"] for p in CLAIMS if p.parent.name != "held_out" for r in _lines(p)}
    assert len(kept) > 1000
    assert not kept & trained


def test_held_out_pairs_are_whole_and_nothing_near_them_trains():
    rows = [
        line.split("\t")
        for line in (ROOT / "training/held_out/pairs.tsv").read_text("utf-8").splitlines()[1:]
    ]
    assert Counter(row[1] for row in rows) == {"same": 220, "opposite": 220}
    kept = [text for row in rows for text in row[3:]]
    assert len(set(kept)) == 2 * len(rows) == len(kept)
    names = _real_names(ROOT / "seeds") | _real_names(ROOT / "narrative" / "data")
    pattern = re.compile("|".join(rf"\b{re.escape(n)}\b" for n in sorted(names)))
    assert not [t for t in kept if pattern.search(t)]
    trained = [
        text
        for path in QUARTETS
        for line in path.read_text(encoding="utf-8").splitlines()
        for text in line.split("\t")[2:]
    ]
    trained += [r["text"] for p in CLAIMS if p.parent.name != "held_out" for r in _lines(p)]
    words = CountVectorizer(binary=True).fit([*kept, *trained])
    ours, theirs = (words.transform(texts).astype(np.float32) for texts in (kept, trained))
    shared = (ours @ theirs.T).tocoo()
    sizes = [np.asarray(m.sum(axis=1)).ravel() for m in (ours, theirs)]
    alike = shared.data / (sizes[0][shared.row] + sizes[1][shared.col] - shared.data)
    assert alike.max() < 0.75


@pytest.mark.parametrize(
    "path", sorted((ROOT / "training" / "documents").glob("*.json")), ids=lambda p: p.name
)
def test_training_documents_hold_their_claims_and_name_nobody_real(path):
    names = _real_names(ROOT / "narrative" / "data")
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
