"""Open a dataset of the catalog: a notebook with its code, written once, then shown in JupyterLab."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from gaia_vre.catalog.notebook import file_name, notebook
from gaia_vre.core.errors import GaiaError

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

FOLDER = "datasets"


class OpenDataset(JupyterHandler):
    """Answer `gaia/open?dataset=ID` with the notebook of that dataset.

    The link names a dataset and nothing else: the code comes from the catalog.
    """

    @web.authenticated
    def get(self) -> None:
        name = self.get_query_argument("dataset", "")
        try:
            place = notebook_for(name, Path(self.settings["server_root_dir"]).expanduser())
        except GaiaError as error:
            raise web.HTTPError(error.status, error.message) from error
        except OSError as error:
            raise web.HTTPError(507, f"The notebook cannot be written ({error.strerror})") from error
        self.redirect(f"{self.base_url}lab/tree/{quote(place)}")


def add_handler(server: ServerApp) -> None:
    """Serve the address in this lab."""
    address = re.escape(f"{server.base_url.rstrip('/')}/gaia/open")
    server.web_app.add_handlers(".*$", [(address, OpenDataset)])  # type: ignore[no-untyped-call]


def notebook_for(name: str, root: Path) -> str:
    """Return the path below `root` of the notebook of a dataset, written when it is not there.

    A notebook that is there is left as it is: a person may have worked in it.

    Raises
    ------
    NotFound
        There is no such dataset.
    """
    from gaia_vre.catalog.reader import current_catalog

    dataset = current_catalog()[name].dataset
    place = f"{FOLDER}/{file_name(dataset.id)}"
    path = root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
    except FileExistsError:
        return place
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(notebook(dataset), file, ensure_ascii=False, indent=1)
    return place
