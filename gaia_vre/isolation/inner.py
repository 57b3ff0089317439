"""Run first inside a network of its own: make its ways out, keep its way in, become the command.

    python -I -S inner.py CONTROL LAB_PORT DOOR_PORT,DOOR_PORT… FILE_BYTES -- COMMAND…

A socket belongs to the network it was made in, whoever holds it. So the listeners that are made here and handed through
the control socket are accepted by the keeper outside, and what it is handed on request is connected to the lab here.
Only the standard library: it is started for each sandbox.
"""

from __future__ import annotations

import os
import resource
import signal
import socket
import sys

DIAL = b"d"
DIALED, REFUSED = b"k", b"r"
_LISTENING = 128


def main() -> None:
    """Hand the listeners out, leave a child that dials, and become the command."""
    control = socket.socket(fileno=int(sys.argv[1]))
    lab, doors = int(sys.argv[2]), [int(port) for port in sys.argv[3].split(",") if port]
    listeners = [_listener(port) for port in doors]
    socket.send_fds(control, [DIALED], [one.fileno() for one in listeners])
    if os.fork() == 0:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _dial(control, lab)
        os._exit(0)
    control.close()
    for one in listeners:
        one.close()
    command = sys.argv[sys.argv.index("--") + 1 :]
    most = int(sys.argv[4])
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.execvp(command[0], command)  # noqa: S606 - a shell is of no use here


def _listener(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(_LISTENING)
    return listener


def _dial(control: socket.socket, port: int) -> None:
    """Answer each request with a connection to the lab, until the keeper has gone."""
    while control.recv(1):
        try:
            made = socket.create_connection(("127.0.0.1", port), timeout=5)
        except OSError:
            control.send(REFUSED)
            continue
        socket.send_fds(control, [DIALED], [made.fileno()])
        made.close()


if __name__ == "__main__":
    main()
