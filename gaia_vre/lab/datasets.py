"""Open a dataset of the catalog: a notebook with its code, written once, then shown in JupyterLab."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from gaia_vre.core.errors import GaiaError

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

    from gaia_vre.catalog.model import Dataset

FOLDER = "datasets"
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_READABLE = 60


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


def file_name(name: str) -> str:
    """Return the file name for a dataset; two datasets never share one."""
    if _PLAIN.fullmatch(name):
        return f"{name}.ipynb"
    readable = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:_READABLE]
    return f"{readable or 'dataset'}---{hashlib.sha256(name.encode()).hexdigest()[:10]}.ipynb"


def notebook(dataset: Dataset) -> dict[str, object]:
    """Return a notebook that tells what the dataset is and opens it."""
    from gaia_vre.catalog import views

    terms = dataset.licence.text if dataset.licence else "unknown"
    text = f"# {_plain(dataset.title)}\n\n{_plain(dataset.citation)}\n\nLicence: {_plain(terms)}"
    code: dict[str, object] = {
        "cell_type": "code",
        "execution_count": None,
        "id": "code",
        "metadata": {},
        "outputs": [],
    }
    return {
        "cells": [
            {"cell_type": "markdown", "id": "about", "metadata": {}, "source": text},
            code | {"source": views.code(dataset)},
        ],
        "metadata": {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _plain(text: str) -> str:
    """Return a text that Markdown shows as it is, on one line."""
    return re.sub(r"([\\`*_\[\]<>#|$])", r"\\\1", " ".join(text.split()))
