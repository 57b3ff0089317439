"""Install the library of the catalog's maps: ``python -m gaia_vre.local.map``, for the build of an image."""

from __future__ import annotations

from gaia_vre.local.npm import install
from gaia_vre.look import leaflet


def install_map() -> None:
    """Install Leaflet where the service looks for it; needs npm.

    Raises
    ------
    Unavailable
        The npm registry does not answer, or the place cannot be written.
    """
    if leaflet.installed_leaflet() is None:
        install(leaflet.FOLDER, leaflet.NAME)


if __name__ == "__main__":
    install_map()
