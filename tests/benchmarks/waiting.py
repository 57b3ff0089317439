"""Free ports, and waiting for a page."""

from __future__ import annotations

import socket
import time

import httpx2


def free_ports(count: int) -> list[int]:
    """Return ports of loopback that nobody listens on now."""
    listeners = [socket.socket() for _ in range(count)]
    for listener in listeners:
        listener.bind(("127.0.0.1", 0))
    ports = [int(listener.getsockname()[1]) for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


def until_login_page(url: str, seconds: float = 90) -> None:
    """Return as soon as the login page can be read."""
    deadline = time.monotonic() + seconds
    while not answers(f"{url}/hub/login"):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{url} has no login page after {seconds} s")
        time.sleep(0.05)


def answers(address: str, **options: object) -> bool:
    """Tell whether a page comes, without waiting long for it."""
    try:
        return httpx2.get(address, timeout=5, **options).status_code == 200  # type: ignore[arg-type]
    except httpx2.HTTPError:
        return False
