"""Load the hub's configuration as the container of a rendered hub pod would; run by `test_subcharts`.

Arguments: the folder in the place of /usr/local/etc/jupyterhub, and that of our fragments. The environment is the
container's. Prints what follows as JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tornado.httpclient import AsyncHTTPClient
from traitlets.config import Config

PLACE = "/usr/local/etc/jupyterhub"


def main(folder: Path, fragments: Path) -> None:
    AsyncHTTPClient.configure = classmethod(lambda *_, **__: None)  # pycurl is in the image only
    for name in ("z2jh.py", "jupyterhub_config.py"):
        file = folder / name
        ours = file.read_text().replace(f"{PLACE}/jupyterhub_config.d", str(fragments)).replace(PLACE, str(folder))
        file.write_text(ours)
    c = Config()
    source = (folder / "jupyterhub_config.py").read_text()
    exec(
        compile(source, str(folder / "jupyterhub_config.py"), "exec"),
        {"get_config": lambda: c, "__file__": str(folder / "x")},
    )
    sys.stdout.write(json.dumps({section: dict(traits) for section, traits in c.items()}, default=_shown) + "\n")


def _shown(value: Any) -> Any:
    if isinstance(value, set | frozenset | tuple):
        return sorted(value, key=str)
    return f"<{getattr(value, '__name__', type(value).__name__)}>"


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
