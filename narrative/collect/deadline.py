"""The moment at which a connection ends, whatever it is doing."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Any


class Deadline:
    """Ends the sockets that it watches after so many seconds, in a ``with`` statement.

    A timeout of a socket begins anew with every byte, so that a server which sends one byte now and
    then, of a header or a body, is never silent.

    Parameters
    ----------
    seconds : float
        From now on.

    Attributes
    ----------
    passed : bool
        Whether it has come. What was read then is not whole, even where it looks so.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds, self.passed = seconds, False
        self._at = time.monotonic() + seconds
        self._watched: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> Deadline:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        for twin in self._watched:
            twin.close()

    def left(self) -> float:
        """Return the seconds until then, 0 afterwards."""
        return max(0.0, self._at - time.monotonic())

    def connection(self, kind: Any) -> Any:
        """Return a class of urllib3's connections whose sockets are watched from the first byte."""

        def connect(self_: Any) -> socket.socket:
            made: socket.socket = kind._new_conn(self_)
            self._watch(made)
            return made

        return type(kind.__name__, (kind,), {"_new_conn": connect})

    def _watch(self, made: socket.socket) -> None:
        # A twin, because TLS takes the socket itself away; what ends one ends both.
        self._watched.append(made.dup())
        if self.passed:
            self._end()

    def _end(self) -> None:
        self.passed = True
        for twin in self._watched:
            with suppress(OSError):  # it has gone by itself
                twin.shutdown(socket.SHUT_RDWR)
