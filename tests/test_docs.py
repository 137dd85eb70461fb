"""Every code block of the pages runs, in order within a page, and shows what it prints.

Blocks of ``sh`` and ``python`` are run in a folder of the page's own, which holds ``seeds`` and
``figures``; blocks with ``title="NAME"`` are written to that file; a block of ``text`` holds lines
that the block before it printed, in their order, with "…" for anything. What cannot run says why in
a comment before it, ``<!-- not run: REASON -->``, and is listed here.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from narrative.cli import main

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
RUN = ("sh", "python")
FENCE = re.compile(
    r"(?:<!-- not run: (?P<why>.+?) -->\n)?^```(?P<info>[^\n]*)\n(?P<body>.*?)^```$", re.M | re.S
)
NOT_RUN = {
    "README.md": ["make reproduce", "pip install torch==2.13.0 && pip install -e ."],
    "collect.md": ["pip install 'narrative[collect]'"],
    "get-started.md": ["pip install torch==2.13.0"],
    "scaling.md": [
        "pip install 'narrative[dask]'",
    ],
    "experiments.md": ["make reproduce", "python experiments/e04_stance_over_time.py"],
}


@dataclass(frozen=True)
class Block:
    language: str
    title: str
    body: str
    why: str
    line: int


def blocks(text: str) -> list[Block]:
    """Return the fenced blocks of a page."""
    found = []
    for match in FENCE.finditer(text):
        language, _, rest = match["info"].partition(" ")
        title = re.search(r'title="(.+?)"', rest)
        line = text.count("\n", 0, match.start("info")) + 1
        named = title[1] if title else ""
        found.append(Block(language, named, match["body"], match["why"] or "", line))
    return found


def shown(expected: str, printed: str) -> str:
    """Return the first expected line that was not printed in its turn, "" if all were."""
    lines = (line.strip() for line in printed.splitlines())
    for line in filter(None, map(str.strip, expected.splitlines())):
        pattern = ".*".join(re.escape(part) for part in line.split("…"))
        if not any(re.fullmatch(pattern, got) for got in lines):
            return line
    return ""


def run_shell(body: str) -> tuple[str, int]:
    """Run the lines of a block; ``narrative`` in this process, so that models load once."""
    printed, code = "", 0
    for line in body.replace("\\\n", "").splitlines():
        words = shlex.split(line, comments=True)
        if not words:
            continue
        if words[0] == "narrative":
            said, wrong, code = run_narrative(words)
        else:
            done = subprocess.run(line, shell=True, capture_output=True, text=True, check=False)
            said, wrong, code = done.stdout, done.stderr, done.returncode
        printed += said + wrong
        if code:
            break
    return printed, code


def run_narrative(words: list[str]) -> tuple[str, str, int]:
    """Run the command; ">" and ">>" lead its output to a file."""
    target, mode = None, "w"
    for sign in (">", ">>"):
        if sign in words:
            at = words.index(sign)
            target, mode = Path(words[at + 1]), "a" if sign == ">>" else "w"
            words = words[:at]
    out, err, code = io.StringIO(), io.StringIO(), 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", words)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main()
            except SystemExit as stop:
                code = int(stop.code or 0)
    if target is None:
        return out.getvalue(), err.getvalue(), code
    with target.open(mode, encoding="utf-8") as file:
        file.write(out.getvalue())
    return "", err.getvalue(), code


def run_page(text: str, name: str) -> None:
    """Run a page's blocks in the present folder; what is wrong is an assertion with its line."""
    variables: dict[str, Any] = {"__name__": "page"}
    printed, code, before = "", 0, ""
    for block in blocks(text):
        where = f"{name}, line {block.line}"
        if block.why:
            before = ""
        elif block.title:
            Path(block.title).parent.mkdir(parents=True, exist_ok=True)
            Path(block.title).write_text(block.body, encoding="utf-8")
        elif block.language == "text" and before:
            missing = shown(block.body, printed)
            assert not missing, f"{where}: {missing!r} was not printed, but:\n{printed}"
            assert not code or block.body.startswith("Error: "), f"{where}: exit code {code}"
            before, code = "", 0
        elif block.language in RUN:
            assert not code, f"{where}: the block before it failed:\n{printed}"
            before = block.language
            if block.language == "sh":
                printed, code = run_shell(block.body)
                continue
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(block.body, where, "exec"), variables)
            printed = out.getvalue()
    assert not code, f"{name}: its last block failed:\n{printed}"


@pytest.mark.model
@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_every_block_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("seeds", "figures"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    run_page(page.read_text(encoding="utf-8"), page.name)


def test_only_listed_blocks_are_not_run() -> None:
    left_out = {
        page.name: [b.body.splitlines()[0].split("  ")[0] for b in found if b.why]
        for page in PAGES
        if (found := blocks(page.read_text(encoding="utf-8"))) and any(b.why for b in found)
    }
    assert left_out == NOT_RUN


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_every_block_is_of_a_kind_that_is_checked(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    found = blocks(text)
    assert text.count("\n```") == 2 * len(found)
    before = ""
    for block in found:
        drawing = page.name == "architecture.md" and not block.language
        checked = block.language in RUN or block.title or (block.language == "text" and before)
        assert checked or drawing, f"{page.name}, line {block.line}: neither run nor compared"
        before = block.language if block.language in RUN and not block.why else ""


def test_a_new_user_needs_at_most_six_commands() -> None:
    page = (ROOT / "docs" / "get-started.md").read_text(encoding="utf-8")
    until = page.index("Open\n`my-study/results/report.html`")
    commands = [
        line for b in blocks(page[:until]) if b.language == "sh" for line in b.body.splitlines()
    ]
    assert len(commands) <= 6, commands
    assert commands[-1].startswith("narrative report")


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("```python\nprint(1)\n```\n\n```text\n2\n```\n", "'2' was not printed"),
        ("```sh\nfalse\n```\n\n```sh\ntrue\n```\n", "the block before it failed"),
        ("```sh\nfalse\n```\n", "its last block failed"),
        ("```sh\necho fell; false\n```\n\n```text\nfell\n```\n", "exit code 1"),
        ("```sh\nnarrative run no.toml --out x\n```\n", "no such study file"),
        ("```python\nprint('b')\nprint('a')\n```\n```text\na\nb\n```\n", "'b' was not printed"),
    ],
)
def test_a_page_that_says_what_is_not_so_fails(page: str, message: str) -> None:
    with pytest.raises(AssertionError, match=re.escape(message)):
        run_page(page, "page.md")


def test_what_a_page_may_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_page(
        '```csv title="a/b.csv"\nx,y\n```\n\n```sh\ncat a/b.csv\n```\n\n```text\nx…\n```\n\n'
        "<!-- not run: it cannot -->\n```sh\nfalse\n```\n\n"
        "```sh\nnarrative run no.toml --out x\n```\n\n```text\nError: …no such study file…\n```\n",
        "page.md",
    )


@pytest.fixture(scope="module")
def hooks() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_hooks", ROOT / "docs" / "build_hooks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_numbers_of_the_pages_are_those_of_the_scores(hooks: ModuleType) -> None:
    scores = pd.read_csv(ROOT / "figures" / "scores.csv")
    row = scores[
        (scores["metric"] == "speaker accuracy")
        & (scores["system"] == "reader and rules")
        & (scores["split"] == "all")
    ].iloc[0]
    text = hooks.filled("right in {{ score: speaker accuracy | reader and rules | all }} claims")
    assert text == (
        f"right in {row['value']:.2f} [{row['low']:.2f}, {row['high']:.2f}], n = {row['n']:.0f} "
        "claims"
    )
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert hooks.filled("{{ readme: balances }}") in readme
    for wrong in ("{{ score: none | x | all }}", "{{ readme: none }}", "{{ sums }}"):
        with pytest.raises(SystemExit):
            hooks.filled(wrong)


def test_no_measured_figure_is_typed_into_the_limits() -> None:
    text = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
    prose = FENCE.sub("", text)
    assert not re.findall(r"\b0\.\d+|\bn = \d+|\[\d", prose)


def test_experiments_are_listed_with_their_tables_and_figures(hooks: ModuleType) -> None:
    rows = {r.split(" | ")[0][2:]: r for r in hooks.experiments().splitlines()[2:]}
    scripts = sorted((ROOT / "experiments").glob("e[0-9][0-9]_*.py"))
    assert list(rows) == [p.stem.split("_")[0] for p in scripts]
    assert "`e04_timeline.csv`" in rows["e04"]
    assert "(figures/stance_timeline.png)" in rows["e04"]
    assert "(figures/recovery.png)" in rows["e12"]
    assert "not part of `make reproduce`" in rows["e09"]
    assert "not part of" not in rows["e04"]


def test_links_lead_to_what_the_site_has(hooks: ModuleType) -> None:
    given = "[a](../README.md#b) ![c](../figures/credit.png) [d](limits.md) [e](https://x.org)"
    assert hooks.relinked(given, "docs/index.md", "index.md") == (
        "[a](readme.md#b) ![c](figures/credit.png) [d](limits.md) [e](https://x.org)"
    )
    given = "[a](docs/decisions.md) [b](narrative/weights/README.md) [c](#d)"
    assert hooks.relinked(given, "README.md", "readme.md") == (
        "[a](decisions.md) [b](weights.md) [c](#d)"
    )


def test_the_site_builds_without_a_warning_and_fetches_nothing(tmp_path: Path) -> None:
    for needed in ("mkdocs", "material", "mkdocstrings"):
        pytest.importorskip(needed, reason="pip install -e '.[docs]'")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-d", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    pages = sorted(tmp_path.rglob("*.html"))
    assert len(pages) > 15
    for page in pages:
        html = page.read_text(encoding="utf-8")
        fetched = re.findall(r'<(?:script|img|iframe)[^>]+src="(?:https?:)?//[^"]+', html)
        fetched += re.findall(r'<link[^>]+stylesheet[^>]+href="(?:https?:)?//[^"]+', html)
        assert not fetched, f"{page.name}: {fetched}"
        assert "{{" not in html, page.name
