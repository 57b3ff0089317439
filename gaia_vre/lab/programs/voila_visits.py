"""What a visitor's browser may send to the kernel behind a Voilà page: the moves of widgets, and no code.

Voilà drops other messages too. This stands before it, whatever its version does.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

V1 = "v1.kernel.websocket.jupyter.org"
ALLOWED = frozenset({"comm_close", "comm_info_request", "comm_msg", "comm_open", "kernel_info_request"})
_MOST_PARTS = 1000
"""Parts of one message; Jupyter Server takes as many as it says, up to 2⁶⁴, and one byte as often as it says."""
_CHANNELS = frozenset({"shell"})
_KERNEL = re.compile(r"/api/kernels/[0-9a-f-]{36}/channels")


def may_open(path: str, subprotocols: Sequence[str]) -> bool:
    """Say whether a websocket may be opened: a kernel's, whose messages are read here as the kernel's server will.

    Parameters
    ----------
    path
        Below the app's own.
    subprotocols
        What the browser offers; of several the server might choose another than we do.
    """
    return _KERNEL.fullmatch(path) is not None and list(subprotocols) in ([], [V1])


def may_send(message: str | bytes, subprotocol: str | None) -> bool:
    """Say whether a message goes on to the kernel; what cannot be read does not."""
    try:
        channel, kind = _read(message, subprotocol)
    except Exception:  # whatever a visitor sends
        return False
    return channel in _CHANNELS and kind in ALLOWED


def _read(message: str | bytes, subprotocol: str | None) -> tuple[Any, Any]:
    """Return channel and type of a message, read by what Jupyter Server reads it with."""
    from jupyter_server.services.kernels.connection import base

    if isinstance(message, bytes) and not _is_counted(message, subprotocol):
        raise ValueError("other parts are told than there are")
    if subprotocol == V1:
        channel, parts = base.deserialize_msg_from_ws_v1(message)  # type: ignore[no-untyped-call]
        return channel, json.loads(parts[0])["msg_type"]
    read: Callable[[Any], Any] = json.loads if isinstance(message, str) else base.deserialize_binary_message
    told = read(message)
    return told["channel"], told["header"]["msg_type"]


def _is_counted(message: bytes, subprotocol: str | None) -> bool:
    """Say whether the parts that a message tells of stand in it one after the other."""
    width, little = (8, True) if subprotocol == V1 else (4, False)
    numbers = [message[start : start + width] for start in range(0, width * (_MOST_PARTS + 1), width)]
    count, *places = (int.from_bytes(one, "little" if little else "big") for one in numbers)
    return count <= _MOST_PARTS and len(message) >= width * (count + 1) and places[:count] == sorted(places[:count])
