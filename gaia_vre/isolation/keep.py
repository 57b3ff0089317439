"""Begin an enclosure and become its keeper: `gaia_vre.isolation.keeper` is read while the enclosure starts.

    python -I -S keep.py SPECIFICATION -- COMMAND…

CONTROL in the command stands for the number of the socket that keeper and enclosure share.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys

NAME = "gaia-keeper"
"""What the process is called, so that others do not take it for the lab."""


def main() -> None:
    """Start what is to be kept and watch it until it ends, or has to."""
    with open("/proc/self/comm", "w") as comm:  # noqa: PTH123 - pathlib would be read first
        comm.write(NAME)
    specification = json.loads(sys.argv[1])
    ours, theirs = socket.socketpair()
    command = [str(theirs.fileno()) if one == "CONTROL" else one for one in sys.argv[sys.argv.index("--") + 1 :]]
    kept = subprocess.Popen(command, pass_fds=[theirs.fileno()])
    theirs.close()

    # It takes a tenth of the whole start to read: nothing waits for it.
    sys.path.insert(0, __file__.removesuffix("/gaia_vre/isolation/keep.py"))
    from gaia_vre.isolation.keeper import Keeper

    Keeper(specification, kept, ours).stay()


if __name__ == "__main__":
    main()
