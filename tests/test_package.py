from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest

import narrative


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = (
        "import sys, narrative\n"
        "heavy = {'torch', 'pandas', 'numpy', 'sklearn', 'scipy', 'pyarrow', 'matplotlib'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_public_names_are_few_sorted_and_all_there() -> None:
    names = narrative.__all__
    assert 0 < len(names) <= 20
    assert names == sorted(set(names))
    assert dir(narrative) == names
    for name in names:
        assert getattr(narrative, name).__name__ == name


def test_every_public_name_is_typed_as_it_is_loaded() -> None:
    tree = ast.parse(Path(narrative.__file__).read_text(encoding="utf-8"))
    typed = {}
    for node in tree.body:
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            for line in node.body:
                assert isinstance(line, ast.ImportFrom)
                assert line.module is not None
                typed |= {alias.name: line.module for alias in line.names}
    assert sorted(typed) == narrative.__all__
    for name, module in typed.items():
        assert getattr(narrative, name) is getattr(import_module(module), name)


def test_every_public_name_says_what_it_does() -> None:
    for name in narrative.__all__:
        assert (getattr(narrative, name).__doc__ or "").strip(), name


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'narrative' has no attribute 'nothing'"):
        narrative.nothing  # noqa: B018


def test_errors_are_caught_by_one_base() -> None:
    from narrative import errors

    kinds = [v for v in vars(errors).values() if isinstance(v, type)]
    assert len(kinds) >= 5
    for kind in kinds:
        assert issubclass(kind, narrative.NarrativeError)


def test_imports_go_downwards_only() -> None:
    folder = Path(narrative.__file__).parent
    graph = {
        path.stem: {
            name.split(".")[1]
            for name in _imported(path.read_text(encoding="utf-8"))
            if name.startswith("narrative.")
        }
        for path in folder.glob("*.py")
        if path.stem != "__init__"
    }
    order = list(TopologicalSorter(graph).static_order())  # raises CycleError on a circle
    assert order.index("errors") < order.index("claims") < order.index("pipeline")
    assert order.index("stance") < order.index("pipeline") < order.index("cli")
    assert not [name for name, below in graph.items() if "cli" in below]


@pytest.mark.parametrize("name", ["schema", "resampling", "simulate", "errors"])
def test_leaves_import_nothing_of_the_package_but_errors(name: str) -> None:
    folder = Path(narrative.__file__).parent
    paths = [*folder.glob(f"{name}.py"), *folder.glob(f"{name}/*.py")]
    found = {m for path in paths for m in _imported(path.read_text(encoding="utf-8"))}
    assert paths
    assert {m for m in found if not m.startswith(f"narrative.{name}.")} <= {"narrative.errors"}


@pytest.mark.parametrize("pattern", ["plots.py", "report/*.py"])
def test_pictures_and_pages_import_no_model(pattern: str) -> None:
    paths = list(Path(narrative.__file__).parent.glob(pattern))
    assert paths
    models = {"narrative.encoder", "narrative.adapter", "narrative.stance", "narrative.pipeline"}
    for path in paths:
        imported = set(_imported(path.read_text(encoding="utf-8")))
        assert not (models | {"torch"}) & imported


def _imported(text: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            found.append(node.module or "")
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
    return [m for m in found if m.startswith("narrative") or m == "torch"]
