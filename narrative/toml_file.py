"""A TOML file that a user wrote, or a message with the line that is none."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from narrative.errors import StudyError
from narrative.rows import read_text

_AT = re.compile(r" ?\(at line (\d+), column \d+\)")


def read_toml(path: Path, rule: str) -> dict[str, Any]:
    """Return what a TOML file says.

    Parameters
    ----------
    path : Path
    rule : str
        How such a file is written, for the message.

    Raises
    ------
    StudyError
        If the file is not TOML; the line is shown, and what is most often wrong with such a one.
    InputError
        If it cannot be read as text.
    """
    text = read_text(path)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        told = str(error)
        found = _AT.search(told)
        line = text.split("\n")[int(found[1]) - 1].strip() if found else ""
        at = f", line {found[1]}" if found else ""
        got = f"; got {line[:100]}" if line else ""
        raise StudyError(
            f"{path.name}{at}: not valid TOML ({_AT.sub('', told)}){got}; mend that line: "
            f"{_likely(line, told) or rule}."
        ) from None


def _likely(line: str, told: str) -> str:
    """Return what is most often wrong with such a line, "" if nothing is known."""
    value = line.partition("=")[2].strip()
    if "\\" in line:
        return "in quotation marks, folders are parted by /, and a backslash is written twice"
    if re.match(r"[+-]?\d+,\d", value):
        return "decimals have a point"
    if "twice" in told or "overwrite" in told:
        return "a name stands once; write its lines under the first"
    if re.match(r"(?:True|False|yes|no)\b", value, re.IGNORECASE):
        return "write true or false, in small letters"
    if "“" in value or "”" in value or "’" in value:
        return 'quotation marks are straight ones, "'
    return ""
