from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from narrative.partitions.ordered import PLACE, in_blocks


@pytest.mark.parametrize("held", [1, 2, 99])
def test_rows_are_put_in_order_by_way_of_files(tmp_path: Path, held: int) -> None:
    rng = np.random.default_rng(0)
    places = np.sort(rng.integers(0, 40, 90))  # several rows of a place, or none
    rows = pd.DataFrame({PLACE: places, "text": pd.array([f"r{i}" for i in range(90)], "string")})
    parts = [rows.iloc[at : at + 13] for at in range(0, 90, 13)]
    order = rng.permutation(40)[:33]  # seven places are left out
    blocks = np.split(order, [5, 6, 20])
    folder = tmp_path / "blocks"
    folder.mkdir()
    (folder / "0").write_bytes(b"of a run that was interrupted")
    got = list(in_blocks(parts, blocks, folder, full=lambda found: len(found) >= held))
    assert len(got) == len(blocks)
    for block, part in zip(blocks, got, strict=True):
        expected = pd.concat([rows[rows[PLACE] == place] for place in block], ignore_index=True)
        pd.testing.assert_frame_equal(part, expected)
    assert not folder.exists()


def test_one_block_needs_no_file(tmp_path: Path) -> None:
    rows = pd.DataFrame({PLACE: [0, 1, 2], "n": [5, 6, 7]})
    got = list(in_blocks([rows], [np.array([2, 0])], tmp_path / "x", full=lambda _: True))
    assert [g["n"].tolist() for g in got] == [[7, 5]]
    assert not (tmp_path / "x").exists()
