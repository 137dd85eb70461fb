from __future__ import annotations

import errno
import hashlib
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from narrative.errors import NarrativeError, StorageError
from narrative.storage import (
    read_table,
    sha256_bytes,
    sha256_file,
    sha256_json,
    sha256_text,
    write_atomic,
    write_json,
    write_table,
    write_text,
)

FULL = OSError(errno.ENOSPC, "No space left on device")


def _table(n: int = 200) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "claim_id": pd.Series([f"c{i:05d}" for i in range(n)], dtype="string"),
            "n": range(n),
            "score": [i / 7 for i in range(n)],
        }
    )


@pytest.fixture(params=[FULL, KeyboardInterrupt()], ids=["disk full", "interrupted"])
def broken_disk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> BaseException:
    """Let every writer stop half-way."""
    write_whole = pd.DataFrame.to_parquet

    def half_parquet(self: pd.DataFrame, path: Path, **options: Any) -> None:
        write_whole(self, path, **options)
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        raise request.param

    def half_text(self: Path, text: str, **options: Any) -> int:
        self.write_bytes(text[: len(text) // 2].encode())
        raise request.param

    monkeypatch.setattr(pd.DataFrame, "to_parquet", half_parquet)
    monkeypatch.setattr(Path, "write_text", half_text)
    error: BaseException = request.param
    return error


def _expected(error: BaseException) -> Any:
    if isinstance(error, KeyboardInterrupt):
        return pytest.raises(KeyboardInterrupt)
    return pytest.raises(
        StorageError, match=r"could not be written \(No space left on device\).*is as it was"
    )


def test_hashes_are_those_of_hashlib(tmp_path: Path) -> None:
    data = b"x" * (3 << 20) + b"y"  # more than two blocks
    path = tmp_path / "data"
    path.write_bytes(data)
    assert sha256_file(path) == sha256_bytes(data) == hashlib.sha256(data).hexdigest()
    assert sha256_text("Куп'янськ") == hashlib.sha256("Куп'янськ".encode()).hexdigest()


def test_lone_surrogates_have_hashes_of_their_own() -> None:
    assert sha256_text("\ud800") != sha256_text("\ud801")


def test_the_hash_of_json_is_blind_to_key_order_only() -> None:
    assert sha256_json({"a": 1, "b": 2}) == sha256_json({"b": 2, "a": 1})
    assert sha256_json([1, 2]) != sha256_json([2, 1])


def test_a_table_comes_back_as_it_was(tmp_path: Path) -> None:
    write_table(_table(), tmp_path / "deep" / "t.parquet")
    pd.testing.assert_frame_equal(read_table(tmp_path / "deep" / "t.parquet"), _table())


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_table(_table(), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_json_is_sorted_and_ends_with_a_newline(tmp_path: Path) -> None:
    write_json({"b": 1, "a": "ї"}, tmp_path / "x.json")
    assert (tmp_path / "x.json").read_text(encoding="utf-8") == '{\n "a": "ї",\n "b": 1\n}\n'


def test_text_is_written_with_its_own_line_ends(tmp_path: Path) -> None:
    write_text("a\nb\n", tmp_path / "x.txt")
    assert (tmp_path / "x.txt").read_bytes() == b"a\nb\n"


def test_a_broken_write_leaves_the_old_file_whole(
    tmp_path: Path, broken_disk: BaseException
) -> None:
    table, text = tmp_path / "t.parquet", tmp_path / "x.json"
    table.write_bytes(b"old table")
    text.write_bytes(b"old text")
    with _expected(broken_disk):
        write_table(_table(), table)
    with _expected(broken_disk):
        write_json({"a": 1}, text)
    assert table.read_bytes() == b"old table"
    assert text.read_bytes() == b"old text"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["t.parquet", "x.json"]


def test_the_old_file_stands_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("old")
    seen: list[Path] = []

    def write(part: Path) -> None:
        part.write_text("new")
        seen.append(part)
        assert path.read_text() == "old"

    write_atomic(path, write)
    assert path.read_text() == "new"
    assert [p.parent for p in seen] == [tmp_path]
    assert list(tmp_path.iterdir()) == [path]


def test_a_broken_first_write_leaves_nothing(tmp_path: Path, broken_disk: BaseException) -> None:
    with _expected(broken_disk):
        write_table(_table(), tmp_path / "t.parquet")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match=r"t\.parquet: could not be written \(File exists\)"):
        write_table(_table(), tmp_path / "file" / "t.parquet")
    assert issubclass(StorageError, NarrativeError)


def test_a_missing_table_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"t\.parquet: no such table; run the study first"):
        read_table(tmp_path / "t.parquet")


@pytest.mark.parametrize("kept", [0, 3, 100, 0.5, -1])
def test_a_cut_table_is_never_read(tmp_path: Path, kept: float) -> None:
    path = tmp_path / "t.parquet"
    write_table(_table(), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole)) if kept == 0.5 else int(kept)])
    with pytest.raises(StorageError, match=r"t\.parquet: not a whole Parquet file \(.*delete it"):
        read_table(path)


def test_a_flipped_byte_is_never_read_as_other_rows(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    write_table(_table(), path)
    whole = path.read_bytes()
    footer = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    refused = 0
    for at in range(4, footer, 37):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            got = read_table(path)
        except StorageError:
            refused += 1
        else:
            pd.testing.assert_frame_equal(got, _table())
    assert refused > 10
