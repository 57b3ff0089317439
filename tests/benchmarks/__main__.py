"""Run the benchmarks, or those named, and print ours, stock and their ratio.

python -m tests.benchmarks [NAME ...]        for example: first_cell cell_round_trip
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

from tests.benchmarks.measure import Measure, table
from tests.benchmarks.platforms import running

if TYPE_CHECKING:
    from collections.abc import Sequence

MEASURES = (
    "first_cell",
    "first_imports",
    "four_labs",
    "lab_memory",
    "cell_round_trip",
    "new_cluster",
    "catalog_open",
    "linked_files",
    "hub_killed",
    "second_start",
    "sandboxes",
    "pooled_sandboxes",
    "many_sandboxes",
)


def main(names: Sequence[str]) -> int:
    """Measure and print; the exit status says whether every measure could be taken."""
    unknown = set(names) - set(MEASURES)
    if unknown:
        print(f"no such measure: {', '.join(sorted(unknown))}; there are {', '.join(MEASURES)}", file=sys.stderr)
        return 2
    measures: list[Measure] = []
    failed = False
    with running:
        for name in names or MEASURES:
            print(f"{name} ...", file=sys.stderr, flush=True)
            try:
                measures.append(importlib.import_module(f"tests.benchmarks.{name}").measure())
            except Exception as error:  # one measure that fails must not hide the others
                failed = True
                print(f"{name} could not be taken: {error!r}", file=sys.stderr)
    print(table(measures))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
