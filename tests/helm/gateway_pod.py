"""Load the configuration of a rendered gateway's pod; run by `test_subcharts`. Argument: the file."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from traitlets.config import Config


def main(file: Path) -> None:
    c = Config()
    exec(compile(file.read_text(), str(file), "exec"), {"c": c, "__file__": str(file)})
    sys.stdout.write(json.dumps({section: dict(traits) for section, traits in c.items()}, default=repr) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
