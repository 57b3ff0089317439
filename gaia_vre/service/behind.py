"""Work that goes on behind a request that was answered; what a killed service leaves of it is reconciled."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

AT_ONCE = 8
"""So much of it goes on at a time; the rest waits for its turn."""
_turns = threading.BoundedSemaphore(AT_ONCE)


def behind(act: Callable[[], None]) -> None:
    """Begin something that catches its own errors, and return at once."""
    threading.Thread(target=_in_turn, args=(act,), name="behind", daemon=True).start()


def _in_turn(act: Callable[[], None]) -> None:
    with _turns:
        act()
