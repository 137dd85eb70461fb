"""One collection at a time into a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from narrative.errors import InputError, StorageError

NAME = ".collecting.lock"


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold `folder`, made if it is not there, against other runs.

    The system lets go of the lock when the process ends, however it ends: the file `NAME` that
    stays behind means nothing by itself.

    Raises
    ------
    InputError
        If another run holds it.
    StorageError
        If the folder cannot be made or written to.
    """
    lock = FileLock(folder / NAME)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        raise InputError(
            f"{folder}: another run is collecting into this folder now; wait until it has ended or "
            "stop it, then run the same command again, or choose another --out."
        ) from None
    except (OSError, NotImplementedError) as error:
        said = getattr(error, "strerror", None) or error
        raise StorageError(
            f"{folder}: cannot be written to ({said}); expected a folder of your own with free "
            "space. Choose another --out, or see who may write there."
        ) from error
    try:
        yield
    finally:
        lock.release()
