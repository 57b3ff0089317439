"""Loopback ports: is one free, and which are."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

from gaia_vre.core.errors import Conflict

if TYPE_CHECKING:
    from gaia_vre.core.address_settings import Addresses

_INNER = ("proxy_api_port", "hub_port", "service_port", "gateway_port", "gateway_api_port")


def check_port_free(host: str, port: int) -> None:
    """Say how to go on when another program listens on the port.

    Raises
    ------
    Conflict
        The port cannot be bound.
    """
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            raise Conflict(
                f"port {port} on {host} cannot be used ({error.strerror}): "
                "stop the program that has it, or choose another with --port"
            ) from error


def with_free_ports(addresses: Addresses) -> Addresses:
    """Return the addresses with every inner port replaced by one that is free now."""
    with contextlib.ExitStack() as held:
        ports = {name: _hold_port(held) for name in _INNER}
    return addresses.model_copy(update=ports)


def _hold_port(held: contextlib.ExitStack) -> int:
    holder = held.enter_context(socket.socket())
    holder.bind(("127.0.0.1", 0))
    port: int = holder.getsockname()[1]
    return port
