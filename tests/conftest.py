"""A tiny encoder and adapter, and small tables; no test reaches the network or a user's cache."""

from __future__ import annotations

import hashlib
import re
import socket
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from narrative.adapter import FORMAT, Adapter
from narrative.schema import CERTAINTIES, TABLES, check_table
from narrative.stance import PairModel, StanceModel
from narrative.stance.pairs import SEPARATOR
from narrative.storage import write_json, write_table
from narrative.template import write_template

SEEDS = Path(__file__).resolve().parents[1] / "seeds"
DIMS = 64


class FakeEncoder:
    """Hashed bag of words: texts that share words are near, and nothing is loaded."""

    def __init__(self, fingerprint: str = "fake-1", dims: int = DIMS) -> None:
        self.fingerprint, self.dims = fingerprint, dims
        self.calls: list[list[str]] = []

    def encode(self, texts: Sequence[str], *, progress: Any = None) -> np.ndarray:
        self.calls.append(list(texts))
        out = np.zeros((len(texts), self.dims), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", text.casefold()) or [""]:
                digest = hashlib.sha256(word.encode("utf-8", "surrogatepass")).digest()
                out[row, digest[0] % self.dims] += 1.0 if digest[1] % 2 else -1.0
            if not out[row].any():
                out[row, 0] = 1.0
        if progress is not None:
            progress(len(texts), len(texts))
        return out / np.linalg.norm(out, axis=1, keepdims=True)


class FakePairs:
    """Reads a claim for what it shares with a proposition, against it where it says "not"."""

    fingerprint = "fake-pairs"

    def __init__(self) -> None:
        self.calls: list[list[str]] = []

    def encode(self, texts: Sequence[str], *, progress: Any = None) -> np.ndarray:
        self.calls.append(list(texts))
        out = np.zeros((len(texts), 3), dtype=np.float32)
        for row, text in enumerate(texts):
            claim, proposition = (
                set(re.findall(r"\w+", t.casefold())) for t in text.split(SEPARATOR)
            )
            said = 4 * len(claim & proposition) / max(len(proposition), 1)
            out[row] = [said, 2, 0] if "not" in claim else [0, 2, said]
        if progress is not None:
            progress(len(texts), len(texts))
        return out


def fake_adapter(encoder: FakeEncoder, propositions: dict[str, str]) -> Adapter:
    """Return heads that favour what shares words with the proposition."""
    heads: dict[str, list[str]] = {
        "framing": [*propositions, "other"],
        "certainty": list(CERTAINTIES),
    }
    tensors: dict[str, np.ndarray] = {}
    tensors["head.certainty.weight"] = encoder.encode(list(CERTAINTIES))
    tensors["head.certainty.bias"] = np.zeros(len(CERTAINTIES), np.float32)
    rows = encoder.encode(list(propositions.values()))
    tensors["head.framing.weight"] = np.vstack([6 * rows, np.zeros((1, encoder.dims), np.float32)])
    tensors["head.framing.bias"] = np.array([0.0] * len(propositions) + [2.0], np.float32)
    for name, row in zip(propositions, rows, strict=True):
        heads[name] = ["against", "none", "favor"]
        tensors[f"head.{name}.weight"] = np.vstack([-4 * row, 0 * row, 4 * row]).astype(np.float32)
        tensors[f"head.{name}.bias"] = np.array([0.0, 1.0, 0.0], np.float32)
    meta = {
        "format": FORMAT,
        "heads": heads,
        "propositions": dict(propositions),
        "temperatures": dict.fromkeys(heads, 1.0),
    }
    return Adapter(tensors, meta, "0" * 64)


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NARRATIVE_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    plain = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        # A server of the test's own, in this process, is not the network.
        own = self.family == socket.AF_INET and str(address[0]).startswith("127.")
        if self.family != socket.AF_UNIX and not own:
            raise AssertionError(f"a test asked the network for {address!r}")
        plain(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        yield


@pytest.fixture
def encoder() -> FakeEncoder:
    return FakeEncoder()


@pytest.fixture
def make_encoder() -> type[FakeEncoder]:
    return FakeEncoder


@pytest.fixture
def make_adapter() -> Callable[[FakeEncoder, dict[str, str]], Adapter]:
    return fake_adapter


@pytest.fixture
def make_model() -> Callable[[FakeEncoder, dict[str, str]], StanceModel]:
    def make(encoder: FakeEncoder, propositions: dict[str, str]) -> StanceModel:
        pairs = PairModel(FakePairs(), encoder)
        model = StanceModel(fake_adapter(encoder, propositions), encoder, pairs)
        encoder.calls.clear()
        return model

    return make


@pytest.fixture
def seeds() -> Path:
    return SEEDS


@pytest.fixture
def sources() -> pd.DataFrame:
    rows = [
        ("gazette", "The Gazette", "outlet", "western", "Gazette"),
        ("ministry", "Ministry of Defence", "organisation", "russian", "the ministry|MoD"),
        ("staff", "General Staff", "organisation", "ukrainian", "the General Staff"),
        ("unknown", "Unknown", "unnamed", "unknown", ""),
    ]
    columns = ["source_id", "name", "kind", "camp", "aliases"]
    return check_table(pd.DataFrame(rows, columns=columns), "sources")


@pytest.fixture
def places() -> pd.DataFrame:
    rows = [("kupiansk", "Kupiansk", "Kupyansk"), ("lyman", "Lyman", " Red Liman |Liman")]
    return check_table(pd.DataFrame(rows, columns=["place_id", "name", "aliases"]), "places")


@pytest.fixture
def make_documents() -> Callable[..., pd.DataFrame]:
    def make(*texts: str, copy_groups: Sequence[str] | None = None) -> pd.DataFrame:
        ids = [f"d{i}" for i in range(len(texts))]
        table = pd.DataFrame(
            {
                "doc_id": ids,
                "outlet": "The Gazette",
                "author": "",
                "published_at": "2025-12-12",
                "published_precision": "day",
                "lang": "en",
                "title": "",
                "url": "",
                "text": texts,
                "text_sha256": [hashlib.sha256(t.encode()).hexdigest() for t in texts],
                "copy_group": list(copy_groups) if copy_groups is not None else ids,
            }
        )
        return check_table(table, "documents")

    return make


@pytest.fixture
def make_claims() -> Callable[..., pd.DataFrame]:
    """Return a maker of claims from rows of dicts; what a row leaves out gets a plain value."""

    def make(*rows: dict[str, Any]) -> pd.DataFrame:
        filled = []
        for number, row in enumerate(rows):
            text = row.get("text", f"Claim number {number}.")
            plain = {
                "claim_id": f"c{number:03d}",
                "doc_id": "d0",
                "sent_index": number,
                "start": 0,
                "end": len(text),
                "text": text,
                "voice": "author",
                "source_id": "gazette",
                "chain": "gazette",
                "cue_stance": 0,
                "attribution_score": 1.0,
                "said_at": "2025-12-12",
                "said_precision": "day",
            }
            filled.append(plain | row)
        table = pd.DataFrame(filled)
        for column in ("speaker_text", "cue", "about_start", "about_end", "date_flag"):
            if column not in table:
                table[column] = ""
        return check_table(table, "claims")

    return make


@pytest.fixture
def study_folder(tmp_path: Path) -> Path:
    """Return a folder with the files of ``narrative init``, as they are."""
    folder = tmp_path / "study"
    write_template(folder)
    return folder


def fast_model(encoder: FakeEncoder | None = None) -> StanceModel:
    """Return the tiny encoder with heads for the template's one framing."""
    encoder = encoder or FakeEncoder()
    proposition = "The army is advancing and taking its objectives."
    pairs = PairModel(FakePairs(), encoder)
    return StanceModel(fake_adapter(encoder, {"advance": proposition}), encoder, pairs)


@pytest.fixture
def fast_models(monkeypatch: pytest.MonkeyPatch) -> FakeEncoder:
    """Let a run use the tiny encoder and heads for the template's one framing."""
    import narrative.partitions.work
    import narrative.stages
    import narrative.stance.certainty
    import narrative.stance.scorer

    encoder = FakeEncoder()
    model = fast_model(encoder)
    encoder.calls.clear()
    work, stages = narrative.partitions.work, narrative.stages
    for module in (work, stages, narrative.stance.certainty, narrative.stance.scorer):
        monkeypatch.setattr(module, "stance_model", lambda *given: model)
    return encoder


@pytest.fixture
def resumes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any, Any], Path]:
    """Return a check that a training cut after its first epoch ends as one that was not."""

    def check(train: Callable[..., None], script: Any) -> Path:
        whole, part = tmp_path / "whole.safetensors", tmp_path / "cut.safetensors"
        train(whole)
        run_epoch = script.run_epoch

        def cut(trainer: Any, given: Any, epoch: int) -> float:
            if epoch == 1:
                raise KeyboardInterrupt
            return float(run_epoch(trainer, given, epoch))

        with monkeypatch.context() as patch:
            patch.setattr(script, "run_epoch", cut)
            with pytest.raises(KeyboardInterrupt):
                train(part)
        assert part.with_suffix(".state.pt").exists()
        with pytest.raises(SystemExit, match="of other settings; delete it"):
            train(part, "--dropout", "0.3")
        train(part)
        assert not part.with_suffix(".state.pt").exists()
        assert whole.read_bytes() == part.read_bytes()
        return whole

    return check


# What a corpus may hold that must do nothing: it ends elements, runs, loads, turns text round.
HOSTILE = (
    '</script><script>window.hacked=1</script>"><img src=x onerror=window.hacked=1>'
    "<!-- {{ 7*7 }} javascript:window.hacked=1 \u202eevil\u202c\u2028\x07"
)


@pytest.fixture(scope="session")
def report_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a made-up run with hostile, astral and right-to-left text."""
    return _report_run(tmp_path_factory.mktemp("report_run"))


def _report_run(folder: Path) -> Path:
    documents, claims = [], []
    openings = {"d1": HOSTILE, "d2": "\U0001f600\U0001f600 Смайлики.", "d3": "שלום עולם."}
    sources = [("mod", "russian"), ("staff", "ukrainian"), ("isw", "osint"), ("x", "unknown")]
    voices = ("author", "quoted", "paraphrased", "mixed")
    for d, (doc, opening) in enumerate(openings.items()):
        text = opening
        for n in range(12):
            said = f"the town of number{n} fell on day{n}" + (HOSTILE if n == 3 else "")
            start = len(text) + len(" They said that ")
            text += f" They said that {said}, which nobody saw."
            day = f"2025-{9 + n % 4:02d}-{10 + d}" if n else "2025-09"
            source = sources[n % 4][0]
            claims.append(
                {"claim_id": f"{doc}:{n:02d}", "doc_id": doc, "sent_index": n + 1, "start": start}
                | {"end": start + len(said), "text": said, "voice": voices[n % 4], "cue": "said"}
                | {"speaker_text": "They", "source_id": source, "chain": f"x>{source}"}
                | {"cue_stance": 0, "attribution_score": 0.5, "said_at": day}
                | {"said_precision": "day" if n else "month"}
            )
        documents.append(
            {"doc_id": doc, "outlet": "x", "published_at": "2025-12-18", "lang": "en", "text": text}
            | {"title": HOSTILE, "url": "javascript:window.hacked=1", "copy_group": doc}
            | {"published_precision": "day", "author": HOSTILE, "text_sha256": "ab" * 32}
        )
    ids = [c["claim_id"] for c in claims]
    tables = {"documents": documents, "claims": claims} | _report_scores(ids)
    tables["sources"] = [
        {"source_id": s, "name": f"{s.title()} {HOSTILE if s == 'x' else ''}".strip(), "camp": camp}
        | {"kind": "organisation"}
        for s, camp in sources
    ]
    _write_run(folder, tables)
    return folder


def _report_scores(ids: list[str]) -> dict[str, list[dict[str, Any]]]:
    known = {"terms": "town|fell", "nearest": "", "certificate": "not measured"}
    framings = [
        {
            "framing_id": "f",
            "label": "Advance",
            "origin": "codebook",
            "proposition": "They advance.",
        },
        {"framing_id": "g", "label": HOSTILE, "origin": "codebook", "proposition": HOSTILE},
        {"framing_id": "discovered_00", "label": "town / fell", "origin": "discovered"}
        | {"proposition": "the town of number1 fell on day1"},
    ]
    sides = [1, -1, 0]
    stances = [
        {"claim_id": c, "framing_id": f, "stance": sides[(n + k) % 3], "p_none": 0.1}
        | {"p_favor": 0.8 if sides[(n + k) % 3] == 1 else 0.05, "score": 0.0}
        | {"p_against": 0.8 if sides[(n + k) % 3] == -1 else 0.05}
        for n, c in enumerate(ids)
        for k, f in enumerate("fg")
    ]
    cell = {"level": "camp", "source_id": "russian", "framing_id": "f", "n_docs": 3, "n_claims": 3}
    months = ["2025-09-01", "2025-10-01", "2025-11-01", "2025-12-01", "2026-01-01"]
    return {
        "framings": [
            known | f | {"n_claims": 12, "exemplar_claim_ids": "|".join(ids[:2])} for f in framings
        ],
        "stances": stances,
        "assignments": [
            {
                "claim_id": c,
                "framing_id": ("f", "g", "discovered_00", "-1")[n % 4],
                "membership": 0.5,
            }
            for n, c in enumerate(ids)
        ],
        "certainty": [
            {"claim_id": c, "certainty": "will_inevitably", "p_will_inevitably": 0.9} for c in ids
        ],
        "timeline": [
            cell
            | {"bin_start": a, "bin_end": b, "stance": 0.0, "stance_low": -0.5, "stance_high": 0.5}
            for a, b in pairwise(months)
        ],
        "events": [
            {"event_id": "e1", "date": "2025-10-15", "precision": "day", "label": "Fell " + HOSTILE}
            | {"place_id": "town" + HOSTILE, "sentence": "They said that number1 fell."},
            {"event_id": "e2", "date": "2025-11", "precision": "month", "label": "Some day"},
            {"event_id": "e3", "date": "2031-11-01", "precision": "day", "label": "Much later"},
        ],
        "ledger": [
            {"place_id": "town" + HOSTILE, "claimant": "mod", "camp": "russian", "extent": "full"}
            | {"claimed_status": "russian", "said_at": "2025-10-11", "claim_ids": "|".join(ids[:2])}
            | {"reference": "map", "level": 0.5, "share_low": 0.1, "share_high": 0.2}
            | {"reached_after": "2026-01-01", "credit_low": 20.0, "credit_high": float("inf")}
            | {"exposed_at": "2025-10-20", "repeats_after_exposure": 1}
        ],
    }


@pytest.fixture(scope="session")
def write_run() -> Callable[..., None]:
    """Return what writes rows as a run's tables; a column that they lack is empty."""
    return _write_run


def _write_run(
    folder: Path, tables: dict[str, list[dict[str, Any]]], manifest: dict[str, Any] | None = None
) -> None:
    for name, rows in tables.items():
        table = pd.DataFrame(rows, columns=None if rows else list(TABLES[name]))
        for column, kind in TABLES[name].items():
            empty: Any = "" if kind == "string" else 0.0 if name == "certainty" else float("nan")
            table[column] = table.get(column, empty)
        write_table(check_table(table, name), folder / f"{name}.parquet")
    made = {
        "study": {"title": HOSTILE, "name": "made", "timeline": {"freq": "month"}},
        "homes": {"f": "russian"},
        "model_error": {
            "macro-F1, written claims: f": 0.8,
            "macro-F1, written claims: certainty": 0.7,
        },
        "stance_methods": {"f": "trained head: f", "g": "cross-encoder"},
    }
    write_json(made | (manifest or {}), folder / "manifest.json")
    counts = {"n_documents": 3, "n_copy_groups": 3, "n_claims": 36, "n_sources": 4}
    balance = {"f": {"russian": 0.5, "ukrainian": None}, "g": {"russian": -1.0}}
    write_json(counts | {"stance_by_camp": balance}, folder / "numbers.json")


# Of tests/browser, which is on the path when its tests run. They are here because the doctests of
# two files of one name cannot both be collected.


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One Chromium for the tests of a module."""
    from chromium import CHROMIUM
    from playwright.sync_api import sync_playwright

    assert CHROMIUM, "NARRATIVE_BROWSER=required, but there is no Chromium"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def tab(browser: Any) -> Iterator[Any]:
    """A tab that must not complain."""
    from chromium import Tab

    made = Tab(browser)
    yield made
    made.context.close()
    assert [c for c in made.complaints if c != "request: about:blank"] == []
