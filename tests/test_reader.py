from __future__ import annotations

import json
import pickle
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrative.encoder.packed import PackedBert
from narrative.errors import WeightsError
from narrative.reader import Reading, shipped_reader
from narrative.reader.decode import (
    NEVER,
    allowed,
    choose_links,
    mend_cycles,
    tag_spans,
    viterbi,
)
from narrative.reader.labels import ENTITY_TAGS, POS, RELATIONS, TAGS
from narrative.reader.passes import Pass
from narrative.reader.pieces import Window, plan_windows, split_words
from narrative.reader.reading import sections
from narrative.reader.weights import read_reader

TEXT = (
    "The mayor of Lidovo, Anna Koval, said on Monday that the bridge had fallen.\n\n"
    "“The mill is still burning and nobody has come to help us,” said Pavel Orlov, a baker."
)
any_text = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"]),
        st.sampled_from("the mayor said that “it” fell.\n"),
    ),
    max_size=200,
)


# -- words and windows


@settings(deadline=None, max_examples=80, derandomize=True)
@given(any_text)
def test_words_lie_in_the_text_in_order(text: str) -> None:
    p = split_words(text)
    assert (p.starts < p.ends).all()
    assert (p.starts[1:] >= p.ends[:-1]).all()
    assert not len(p) or p.ends[-1] <= len(text)
    assert len(p.first) == len(p.case) == len(p.quote) == len(p.brk) == len(p.sentence) == len(p)
    assert (np.bincount(p.word, minlength=len(p)) > 0).all()


def test_case_quotations_and_breaks_are_kept_for_an_uncased_vocabulary() -> None:
    text = "NATO met Koval.\n\n“We are not going to leave this,” she said in 2025."
    p = split_words(text)
    words = [text[a:b] for a, b in zip(p.starts, p.ends, strict=True)]
    case = dict(zip(words, p.case.tolist(), strict=True))
    assert (case["NATO"], case["Koval"], case["leave"], case["2025"]) == (3, 2, 1, 5)
    quote = dict(zip(words, p.quote.tolist(), strict=True))
    assert (quote["“"], quote["leave"], quote["”"], quote["she"]) == (1, 2, 3, 0)
    assert p.brk[words.index("“")] == 3
    assert p.brk[words.index("met")] == 0


@pytest.mark.parametrize("n", [1, 5, 60, 400])
@pytest.mark.parametrize("size", [64, 254])
def test_window_cores_cover_every_word_once(n: int, size: int) -> None:
    text = " ".join(f"Sentence {i} says that the bridge fell." for i in range(n))
    p = split_words(text)
    at = np.append(p.first, len(p.ids))
    windows = plan_windows(p, size=size, left=16, right=8)
    covered = [w for x in windows for w in range(x.core_low, x.core_high)]
    assert covered == list(range(len(p)))
    for w in windows:
        assert w.low <= w.core_low < w.core_high <= w.high
        assert at[w.high] - at[w.low] <= size


def test_a_sentence_longer_than_a_window_is_cut_at_words() -> None:
    p = split_words("bridge " * 500)
    windows = plan_windows(p, size=64, left=8, right=8)
    assert [w.core_low for w in windows[1:]] == [w.core_high for w in windows[:-1]]
    assert windows[-1].core_high == len(p) == 500


def test_no_words_no_windows() -> None:
    assert plan_windows(split_words(" \n ")) == []


@pytest.mark.parametrize("n", [0, 10, 1000, 5000])
def test_sections_cut_at_paragraphs_and_lose_nothing(n: int) -> None:
    text = "A paragraph of words.\n\n" * n
    parts = sections(text, size=1000)
    assert "".join(text[a:b] for a, b in parts) == text
    assert all(text[:b].endswith("\n") for _, b in parts[:-1])
    assert max(b - a for a, b in parts) <= 2000


# -- decoding


def _brute_force(emissions: np.ndarray, transition: np.ndarray, tags: list[str]) -> list[int]:
    """Try every sequence."""
    best, kept = -np.inf, [0]
    move = transition + allowed(tags)
    for code in range(len(tags) ** len(emissions)):
        path = [code // len(tags) ** i % len(tags) for i in range(len(emissions))]
        if tags[path[0]].startswith("I"):
            continue
        score = sum(emissions[i, t] for i, t in enumerate(path))
        score += sum(move[a, b] for a, b in pairwise(path))
        if score > best:
            best, kept = score, path
    return kept


@pytest.mark.parametrize("random_state", range(8))
def test_viterbi_finds_the_best_sequence(random_state: int) -> None:
    rng = np.random.default_rng(random_state)
    tags = ["O", "B-x", "I-x", "B-y", "I-y"]
    lengths = rng.integers(0, 5, size=6)
    emissions = [rng.normal(size=(n, 5)).astype(np.float32) for n in lengths]
    transition = rng.normal(size=(5, 5)).astype(np.float32)
    found = viterbi(emissions, transition, tags)
    assert [f.tolist() for f in found] == [
        _brute_force(e, transition, tags) if len(e) else [] for e in emissions
    ]
    assert viterbi([], transition, tags) == []


def test_viterbi_never_enters_a_span_from_outside() -> None:
    tags = ["O", "B-x", "I-x"]
    emissions = np.array([[0, 0, 9], [0, -5, 9], [9, 0, 0]], dtype=np.float32)
    (labels,) = viterbi([emissions], np.zeros((3, 3), np.float32), tags)
    assert tag_spans(labels, tags) == [(0, 2, "x")]


def test_a_cycle_gets_the_likeliest_root() -> None:
    heads = np.array([1, 2, 0, 2, 4])  # 0 -> 1 -> 2 -> 0
    mended = mend_cycles(heads, np.array([0.0, 5.0, 1.0, 9.0, 0.0], np.float32))
    assert mended.tolist() == [1, 1, 0, 2, 4]


@settings(deadline=None, max_examples=60, derandomize=True)
@given(st.lists(st.integers(0, 11), min_size=12, max_size=12))
def test_mended_heads_lead_to_a_root(heads: list[int]) -> None:
    mended = mend_cycles(np.array(heads), np.zeros(12, np.float32))
    for word in range(12):
        at = word
        for _ in range(12):
            at = int(mended[at])
        assert mended[at] == at


def test_links_one_each_the_surest_first() -> None:
    scores = np.array([[2.0, 1.0], [5.0, 0.0]], dtype=np.float32)
    chosen, sure = choose_links(scores, one_each=True)
    assert chosen.tolist() == [1, 0]
    assert sure[1] > sure[0]
    assert choose_links(scores, one_each=False)[0].tolist() == [0, 0]


def test_links_out_of_reach_are_none() -> None:
    scores = np.full((1, 2), NEVER, dtype=np.float32)
    assert choose_links(scores, one_each=False)[0].tolist() == [-1]
    assert choose_links(scores, one_each=True)[0].tolist() == [-1]
    assert choose_links(np.zeros((2, 0), np.float32), one_each=True)[0].tolist() == [-1, -1]


# -- the shipped reader


@pytest.fixture(scope="module")
def reading() -> Reading:
    return shipped_reader().read([TEXT])[0]


def _words(reading: Reading, *spans: tuple[int, int]) -> list[str]:
    return [TEXT[slice(*reading.chars(s))] for s in spans]


@pytest.mark.model
def test_who_said_what(reading: Reading) -> None:
    first, second = reading.attributions
    assert _words(reading, first.cue, *first.content) == [
        "said",
        "that the bridge had fallen",
    ]
    assert "Anna Koval" in _words(reading, *first.source)[0]
    assert _words(reading, second.cue)[0] == "said"
    assert "Pavel Orlov" in _words(reading, *second.source)[0]
    assert "The mill is still burning" in _words(reading, *second.content)[0]
    assert 0 < first.score <= 1


@pytest.mark.model
def test_names_verbs_and_subjects(reading: Reading) -> None:
    people = [_words(reading, (a, b))[0] for a, b, kind in reading.entities if kind == "PERSON"]
    assert people == ["Anna Koval", "Pavel Orlov"]
    said = reading.attributions[0].cue[0]
    assert reading.tag(said) == "VBD"
    subjects = [w for w in np.flatnonzero(reading.head == said) if reading.relation(w) == "nsubj"]
    assert _words(reading, (subjects[0], subjects[0] + 1)) == ["mayor"]


@pytest.mark.model
def test_a_text_reads_the_same_in_any_company(reading: Reading) -> None:
    others = ["", "The bridge fell.", "Koval said it fell. " * 60]
    again = shipped_reader().read([*others, TEXT])[-1]
    assert again.attributions == reading.attributions
    assert (again.head == reading.head).all()
    assert again.entities == reading.entities


@pytest.mark.model
def test_sections_are_read_as_one_text(monkeypatch: pytest.MonkeyPatch) -> None:
    import narrative.reader.reading as module

    text = (TEXT + "\n\n") * 4
    whole = shipped_reader().read([text])[0]
    monkeypatch.setattr(module, "sections", lambda t: sections(t, size=len(TEXT)))
    cut = shipped_reader().read([text])[0]
    assert (cut.starts == whole.starts).all()
    assert len(cut.attributions) == len(whole.attributions) == 8
    assert (cut.head < len(cut.starts)).all()
    spans = [(text[slice(*cut.chars(a.cue))]) for a in cut.attributions]
    assert spans == ["said"] * 8


@pytest.mark.model
@settings(deadline=None, max_examples=25, derandomize=True)
@given(any_text)
def test_any_text_can_be_read(text: str) -> None:
    (reading,) = shipped_reader().read([text])
    n = len(reading.starts)
    assert len(reading.pos) == len(reading.head) == len(reading.rel) == n
    assert ((reading.head >= 0) & (reading.head < n)).all()
    for a in reading.attributions:
        for low, high in (*a.source, a.cue, *a.content):
            assert 0 <= low < high <= n


# -- weights


@pytest.mark.model
def test_the_shipped_file_is_small_and_says_what_it_is() -> None:
    from narrative.reader.weights import SHIPPED, SHIPPED_SHA256

    reader = shipped_reader()
    assert reader.sha256 == SHIPPED_SHA256
    assert SHIPPED.stat().st_size <= 15_000_000
    assert reader.meta["labels"]["tags"] == list(TAGS)
    assert reader.meta["training"]["random_state"] == 0


def _store(path: Path, meta: dict[str, Any]) -> Path:
    from safetensors.numpy import save_file

    save_file({"x": np.zeros(1)}, path, metadata={"narrative": json.dumps(meta)})
    return path


def test_weights_that_are_not_a_reader(tmp_path: Path) -> None:
    from narrative.reader.weights import FORMAT, read_reader

    with pytest.raises(WeightsError, match="no such weights; reinstall the package or train them"):
        read_reader(tmp_path / "none.safetensors")
    other = _store(tmp_path / "other.safetensors", {"format": "narrative-adapter-1"})
    with pytest.raises(
        WeightsError, match="format is 'narrative-adapter-1', expected 'narrative-r"
    ):
        read_reader(other)
    labels: dict[str, Any] = {"tags": ["O"], "pos": POS, "entity": ENTITY_TAGS, "rel": RELATIONS}
    old = _store(tmp_path / "old.safetensors", {"format": FORMAT, "labels": labels})
    with pytest.raises(WeightsError, match="its labels differ from this version's; train it again"):
        read_reader(old)
    labels["tags"] = TAGS
    half = _store(tmp_path / "half.safetensors", {"format": FORMAT, "labels": labels})
    with pytest.raises(WeightsError, match="no tensor 'mix'; train it again"):
        read_reader(half)
    with pytest.raises(WeightsError, match=r"sha256 is [0-9a-f]{64}, expected 00"):
        read_reader(half, sha256="00")


def test_a_window_is_plain_data() -> None:
    assert pickle.loads(pickle.dumps(Window(0, 4, 1, 3))) == Window(0, 4, 1, 3)


@pytest.mark.model
def test_all_that_the_heads_read_lies_where_the_network_computes() -> None:
    """On torch's device without numbers, all goes well until there should be numbers."""
    heads, tensors, *_ = read_reader(None)
    elsewhere = Pass(heads, PackedBert(tensors, device="meta"))
    pieces = split_words("Russian forces captured the city, the ministry said.")
    parts = [(pieces, window) for window in plan_windows(pieces)]
    with pytest.raises(NotImplementedError, match="Cannot copy out of meta tensor; no data"):
        list(elsewhere.read(parts))
    assert heads.mix.device.type == "cpu"  # decoding reads them here
