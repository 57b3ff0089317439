"""Compare the passphrase that visitors have to know; whoever guesses has to wait."""

from __future__ import annotations

import hmac
import threading
from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

SHORTEST = 12
"""A passphrase of fewer characters lets nobody in."""
WRONG_OF_ONE = 5
WRONG_OF_ALL = 60
PERIOD = timedelta(minutes=1)
"""After so many wrong ones from one address, or from all, nothing is compared until this has passed."""
Answer = Literal["right", "wrong", "wait", "closed"]


class Doorkeeper:
    """What one process of the service remembers of passphrases that were wrong.

    Parameters
    ----------
    passphrase
        The right one; a short one or none lets nobody in.
    """

    def __init__(self, passphrase: str, clock: Callable[[], datetime]) -> None:
        self._passphrase, self._clock = passphrase.encode(), clock
        self._open = len(passphrase) >= SHORTEST
        self._wrong: deque[tuple[datetime, str]] = deque()
        self._lock = threading.Lock()

    def answer(self, given: str, address: str) -> Answer:
        """Say whether somebody at this address may come in; ``wait`` says nothing of what was given."""
        if not self._open:
            return "closed"
        with self._lock:
            now = self._clock()
            while self._wrong and now - self._wrong[0][0] >= PERIOD:
                self._wrong.popleft()
            theirs = sum(one == address for _, one in self._wrong)
            if theirs >= WRONG_OF_ONE or len(self._wrong) >= WRONG_OF_ALL:
                return "wait"
            if hmac.compare_digest(given.encode("utf-8", "replace"), self._passphrase):
                return "right"
            self._wrong.append((now, address))
            return "wrong"
