"""A notebook that tells what a dataset is and opens it; its code comes from the catalog."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gaia_vre.catalog.model import Dataset

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_READABLE = 60


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
