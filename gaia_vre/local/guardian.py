"""Outlive the supervisor by a moment: end everything it started when it is killed.

The supervisor holds the writing end of a pipe that is this program's standard input. Whatever
way the supervisor ends, the kernel closes the pipe, and reading returns.
"""

from __future__ import annotations

import os
import signal
import sys

from gaia_vre.isolation.limits import remove_groups
from gaia_vre.isolation.processes import INSTANCE_VARIABLE, end_marked

DISMISSED = b"done"
_GRACE_SECONDS = 3.0


def main() -> None:
    """Wait for the supervisor's end; clean up unless it said that it already did."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    last_words = sys.stdin.buffer.read()
    if last_words != DISMISSED:
        instance = os.environ[INSTANCE_VARIABLE]
        end_marked(INSTANCE_VARIABLE, instance, _GRACE_SECONDS)
        remove_groups(instance)


if __name__ == "__main__":
    main()
