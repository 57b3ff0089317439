"""Tell files of a folder that have another name outside of it: they may be somebody's who never gave them."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Names:
    """How many names below a folder those files have that have several."""

    _inside: Counter[tuple[int, int]] = field(default_factory=Counter)

    def lead_outside(self, facts: os.stat_result) -> bool:
        """Say whether a file of the folder has names that were not found in it."""
        return facts.st_nlink > max(1, self._inside[facts.st_dev, facts.st_ino])


def names_below(root: Path | int) -> Names:
    """Return the names below a folder, which may be open already; no link is followed."""
    inside: Counter[tuple[int, int]] = Counter()
    walked = os.fwalk(b".", dir_fd=root) if isinstance(root, int) else os.fwalk(os.fsencode(root))
    for _, _, names, descriptor in walked:
        for name in names:
            with suppress(OSError):
                facts = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
                if facts.st_nlink > 1:
                    inside[facts.st_dev, facts.st_ino] += 1
    return Names(inside)
