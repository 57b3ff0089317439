"""One process that prepares datasets: reads ids on stdin, answers one JSON line each on stdout.

Libraries are heavy to import, so a worker lives through many datasets. It ends with its
stdin, that is also when the process that started it was killed.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
import warnings
from pathlib import Path

from gaia_vre.catalog.curated import load_descriptions
from gaia_vre.core.errors import GaiaError
from gaia_vre.production.convert import convert


def main(data: Path, sources: Path) -> None:
    """Serve until stdin ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print must not look like an answer
    warnings.simplefilter("ignore")
    descriptions = {one.id: one for one in load_descriptions()}
    for line in sys.stdin:
        name = line.strip()
        problem = None
        try:
            convert(descriptions[name], sources, data)
        except GaiaError as error:
            problem = error.message
        except Exception as error:
            traceback.print_exc()
            problem = _explained(name, error, data)
        answers.write(json.dumps({"id": name, "problem": problem}) + "\n")
        answers.flush()


def _explained(name: str, error: Exception, data: Path) -> str:
    """Return one line; Beam wraps what happened, so the words decide."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if any("No space left on device" in line or "disk full" in line.lower() for line in lines):
        return f"{name}: no space left on the disk of {data}"
    return f"{name}: {type(error).__name__}: {lines[0] if lines else 'no message'}"


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
