"""Leaflet, the library of the maps that can be moved: installed from the lock file beside, or absent."""

from pathlib import Path

from gaia_vre.core.packages import node_packages

FOLDER = Path(__file__).parent
NAME = "map"


def installed_leaflet() -> Path | None:
    """Return the folder of Leaflet's script and style when it is installed, else None."""
    dist = node_packages(FOLDER, NAME) / "node_modules" / "leaflet" / "dist"
    return dist if (dist / "leaflet.js").is_file() else None
