"""What mkdocs does beyond the pages: figures and README as pages, numbers from the scores.

Numbers are never typed into a page. ``{{ score: METRIC | SYSTEM | SPLIT }}`` becomes a figure of
``figures/scores.csv`` with its interval and n; ``{{ readme: NAME }}`` the block of that name in the
README, which a test keeps equal to the scores; ``{{ printed: NAME }}`` what a benchmark printed
(``benchmarks/printed``); ``{{ experiments }}`` the table of experiments and
``{{ codebook }}`` that of the shipped framings.
"""

from __future__ import annotations

import ast
import posixpath
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "experiments"))

from readme_cells import cell  # noqa: E402

# Files of the repository that are pages of the site, by the page's name.
PAGES = {
    "readme.md": "README.md",
    "changelog.md": "CHANGELOG.md",
    "seeds.md": "seeds/README.md",
    "datasheet.md": "seeds/DATASHEET.md",
    "coding.md": "seeds/gold/README.md",
    "weights.md": "narrative/weights/README.md",
    "training.md": "training/README.md",
}
FILES = {"CITATION.cff": "CITATION.cff", "LICENSE": "LICENSE"}
LINK = re.compile(r"(\]\()([^)\s:#]+)((?:#[^)\s]*)?\))")
SHORTCODE = re.compile(r"\{\{ *(\w+)(?:: *(.*?))? *\}\}")


def on_files(files: Any, config: Any) -> Any:
    """Add the repository's own pages and the figures."""
    from mkdocs.structure.files import File

    for name, source in (PAGES | FILES).items():
        files.append(File.generated(config, name, abs_src_path=str(ROOT / source)))
    for figure in sorted((ROOT / "figures").glob("*.png")):
        name = f"figures/{figure.name}"
        files.append(File.generated(config, name, abs_src_path=str(figure)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Fill in the numbers and lead links to where the site has what they name."""
    name = page.file.src_uri
    source = PAGES.get(name, f"docs/{name}")
    return relinked(filled(markdown), source, name)


def filled(text: str) -> str:
    """Return a page with its short codes replaced.

    Raises
    ------
    SystemExit
        If there is no such short code, score or block: the build then stops.
    """
    return SHORTCODE.sub(lambda m: _filled(m[1], m[2] or ""), text)


def _filled(kind: str, given: str) -> str:
    if kind == "score":
        return cell(pd.read_csv(ROOT / "figures" / "scores.csv"), *map(str.strip, given.split("|")))
    if kind == "readme":
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        found = re.search(rf"<!-- {given}:begin -->\n(.*?)\n<!-- {given}:end -->", readme, re.S)
        if found is None:
            raise SystemExit(f"README.md has no block {given!r}")
        return found[1]
    if kind == "experiments":
        return experiments()
    if kind == "codebook":
        return codebook()
    if kind == "printed":
        printed = ROOT / "benchmarks" / "printed" / f"{given.strip()}.txt"
        return f"```text\n{printed.read_text(encoding='utf-8').strip()}\n```"
    raise SystemExit(
        f"no short code {kind!r}; expected score, readme, printed, experiments or codebook"
    )


def relinked(text: str, source: str, name: str) -> str:
    """Return a page's text with links to the repository's files led to the site's."""
    places = {v: k for k, v in (PAGES | FILES).items()}

    def lead(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), match[2]))
        if target in places:
            target = places[target]
        elif target.startswith("docs/"):
            target = target.removeprefix("docs/")
        elif not target.startswith("figures/"):
            return match[0]  # mkdocs then warns, and the build stops
        return match[1] + posixpath.relpath(target, posixpath.dirname(name) or ".") + match[3]

    return LINK.sub(lead, text)


def experiments() -> str:
    """Return the table of experiments: what each asks, its command, tables and figures."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    repeated = re.search(r"^EXPERIMENTS := (.*)$", makefile, re.M)
    drawn = _drawn()
    lines = [
        "| | what it asks | command | tables in `results/` | figures |",
        "|---|---|---|---|---|",
    ]
    for path in sorted((ROOT / "experiments").glob("e[0-9][0-9]_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        asked = (ast.get_docstring(tree) or "").split("\n\n")[0].replace("\n", " ")
        number = path.stem.split("_")[0]
        own = "" if repeated and path.stem in repeated[1] else "; not part of `make reproduce`"
        tables = [f"`{t}.csv`" for t in _tables(tree)]
        figures = [f"[{f}](figures/{f}.png)" for f, of in drawn.items() if number in of]
        lines.append(
            f"| {number} | {asked} | `python experiments/{path.name}`{own} "
            f"| {', '.join(tables)} | {', '.join(figures)} |"
        )
    return "\n".join(lines)


def _tables(tree: ast.Module) -> list[str]:
    """Return the names of the tables that a script saves; what a name varies by is an ellipsis."""
    names = []
    for call in ast.walk(tree):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
            continue
        if call.func.id == "save" and len(call.args) == 2:
            given = call.args[1]
            parts = given.values if isinstance(given, ast.JoinedStr) else [given]
            names.append("".join(p.value if isinstance(p, ast.Constant) else "…" for p in parts))
    return names


def _drawn() -> dict[str, set[str]]:
    """Return of each figure that is there the experiments whose tables or scores it shows."""
    functions: dict[str, set[str]] = {}
    named: dict[str, str] = {}
    for path in sorted((ROOT / "figures").glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                texts = {n.value for n in ast.walk(node) if isinstance(n, ast.Constant)}
                found = {re.match(r"(e\d\d)(?:_|$)", t) for t in texts if isinstance(t, str)}
                functions[node.name] = {m[1] for m in found if m}
            if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "DRAWN":
                assert isinstance(node.value, ast.Dict)
                for key, value in zip(node.value.keys, node.value.values, strict=True):
                    named[ast.literal_eval(key)] = value.id  # type: ignore[arg-type, attr-defined]
    there = {p.stem for p in (ROOT / "figures").glob("*.png")}
    return {f: functions.get(made, set()) for f, made in named.items() if f in there}


def codebook() -> str:
    """Return the table of the shipped framings."""
    raw = tomllib.loads((ROOT / "seeds" / "codebook.toml").read_text(encoding="utf-8"))
    lines = ["| framing | proposition | counter | camp |", "|---|---|---|---|"]
    for f in raw["framing"]:
        row = (f["label"], f["proposition"], f.get("counter", ""), f.get("camp", ""))
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines)
