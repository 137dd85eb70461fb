"""Sections of the study file to frozen dataclasses; every message says how the line is written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from narrative.errors import StudyError, perhaps

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")

_WRITTEN = {
    str: "text in quotation marks",
    bool: "true or false, without quotation marks",
    int: "a whole number, without quotation marks",
    float: "a number, without quotation marks",
}


def check_tables(raw: Mapping[str, Any], known: Mapping[str, Collection[str]], where: str) -> None:
    """Raise a StudyError if a table or one of its keys is unknown.

    Parameters
    ----------
    raw : mapping
        The study file.
    known : mapping of str to collection of str
        Keys by table.
    where : str
        The file's name.
    """
    for name, given in raw.items():
        if name not in known and not isinstance(given, dict):
            raise StudyError(
                f"{where}: key {name!r} stands outside the tables {_listed(known)}"
                f"{_belongs(name, known) or perhaps(name, known)}; write it in one of them, below "
                "its line [name]."
            )
        if name not in known:
            raise StudyError(
                f"{where}: unknown table [{name}]; expected {', '.join(sorted(known))}"
                f"{perhaps(name, known)}. Rename or remove it."
            )
        if not isinstance(given, dict):
            raise StudyError(
                f"{where}: {name}={given!r}; expected a table [{name}]. Write the line [{name}], "
                "and its keys below it."
            )
        for key in given:
            if key not in known[name]:
                raise StudyError(
                    f"{where}: unknown key {name}.{key}; expected one of {', '.join(known[name])}"
                    f"{_belongs(key, known) or perhaps(key, known[name])}. Rename or remove the "
                    "line."
                )


def section(raw: Mapping[str, Any], name: str, kind: type[T], where: str) -> T:
    """Return one table of the study file, whose names are known, as its dataclass.

    Raises
    ------
    StudyError
        If a value is of another type than its default.
    """
    given = dict(raw.get(name, {}))
    defaults = {f.name: f.default for f in fields(kind)}
    for key, value in given.items():
        check_type(value, defaults[key], f"{name}.{key}", where)
    return kind(**given)


def check_type(value: object, default: object, key: str, where: str) -> None:
    """Raise a StudyError if a value is not of its default's type; whole numbers are numbers."""
    kind = type(default)
    fits = isinstance(value, kind) or (kind is float and isinstance(value, int))
    if not fits or (isinstance(value, bool) and kind is not bool):
        got = repr(value) if isinstance(value, str | int | float | list | dict) else str(value)
        raise StudyError(f"{where}: {key}={got}; expected {_WRITTEN[kind]}{_remedy(default)}.")


def check_choice(value: str, choices: Iterable[str], default: str, key: str, where: str) -> None:
    """Raise a StudyError if a value is none of its choices."""
    allowed = list(choices)
    if value not in allowed:
        raise StudyError(
            f"{where}: {key}={value!r}; expected one of {', '.join(allowed)}"
            f"{perhaps(value, allowed)}{_remedy(default)}."
        )


def check_range(
    holds: bool, value: float, default: float, key: str, expected: str, where: str
) -> None:
    """Raise a StudyError if a number is out of its range, which `expected` says in words."""
    if not holds:
        raise StudyError(f"{where}: {key}={value!r}; expected {expected}{_remedy(default)}.")


def _remedy(default: object) -> str:
    """Say how a line is mended."""
    written = str(default).lower() if isinstance(default, bool) else str(default)
    usual = f" for the default {written}" if written else ""
    return f". Correct the line, or remove it{usual}"


def _listed(known: Iterable[str]) -> str:
    return ", ".join(f"[{name}]" for name in sorted(known))


def _belongs(key: str, known: Mapping[str, Collection[str]]) -> str:
    """Say in which table a key stands, "" if in none."""
    homes = [name for name, keys in known.items() if key in keys]
    return f" ({key} stands in [{homes[0]}])" if homes else ""
