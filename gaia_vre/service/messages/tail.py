"""Look for new messages: one thread for all streams of this process, whichever process stored them."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from gaia_vre.messages.store import after, as_message

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection, Engine

    from gaia_vre.messages.model import Message
    from gaia_vre.messages.store import Messages

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
_AT_ONCE = 500


class Tail:
    """Reads what was stored after the last look.

    Looking twice a second costs the same whoever stored a message, on SQLite and PostgreSQL, with one process and
    with ten, and needs no connection that tells of loss: a look that fails is made up by the next.

    Parameters
    ----------
    deliver
        Is called in the tail's thread with what is new, oldest first.
    """

    def __init__(
        self, messages: Messages, deliver: Callable[[Sequence[Message]], None], seconds: float = LOOK_SECONDS
    ) -> None:
        self._messages, self._deliver, self._seconds = messages, deliver, seconds
        self._stop = threading.Event()
        self._last = 0
        self._thread: threading.Thread | None = None
        self._silent = False

    def begin(self) -> None:
        """Begin to look; what is stored after this call is delivered. Raises what the database raises."""
        self._last = self._messages.newest()
        self._thread = threading.Thread(target=self._run, name="messages", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop looking."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._look(self._messages.engine)
            except SQLAlchemyError as error:
                self._note(error)

    def _look(self, engine: Engine) -> None:
        """Look again and again over one connection, until it fails or the service stops."""
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while True:
                found = self._new(connection)
                if self._silent:
                    log.warning("Messages are read again")
                    self._silent = False
                if found:
                    self._deliver(found)
                    self._last = found[-1].id
                if len(found) < _AT_ONCE and self._stop.wait(self._seconds):
                    return

    def _new(self, connection: Connection) -> list[Message]:
        return [as_message(row) for row in connection.execute(after(self._last, _AT_ONCE))]

    def _note(self, error: SQLAlchemyError) -> None:
        if not self._silent:
            log.warning("New messages cannot be read (%s); looking again", type(error).__name__)
        self._silent = True
        self._stop.wait(max(self._seconds, 1.0))
