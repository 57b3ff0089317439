"""What a person's lab runs: JupyterLab, started by ``python -m gaia_vre.lab``."""

from __future__ import annotations


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "gaia_vre.lab.extension"}]
