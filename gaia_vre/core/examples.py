"""Where the example notebooks stand, and which there are."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLE = "GAIA_VRE_EXAMPLES"
"""Environment variable with the folder of the examples."""

_LEFT_OUT = {"data", "__pycache__"}


def examples_folder() -> Path:
    """Return the folder of the examples: what this process was told, the checkout's, or what was installed."""
    if told := os.environ.get(VARIABLE):
        return Path(told)
    checkout = Path(__file__).resolve().parents[2] / "example-notebooks"
    return checkout if checkout.is_dir() else Path(sys.prefix) / "share" / "gaia-vre" / "example-notebooks"


def example_files(folder: Path) -> Iterator[str]:
    """Yield the examples' paths below their folder, without data and hidden files."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _LEFT_OUT)
        for name in sorted(files):
            if not name.startswith("."):
                yield str((Path(place) / name).relative_to(folder))


def example_notebooks(folder: Path) -> list[str]:
    """Return the notebooks among the examples."""
    return [name for name in example_files(folder) if name.endswith(".ipynb")]
