"""Whose program an app is: told by its source where nobody says it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from gaia_vre.core.app_rooms import APP_NAMES, AppKind
from gaia_vre.core.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PROGRAMS = (".py", ".ipynb")
ENDINGS: Mapping[AppKind, tuple[str, ...]] = {"panel": PROGRAMS, "streamlit": (".py",), "voila": (".ipynb",)}
_STREAMLIT = re.compile(r"^\s*(?:import\s+streamlit|from\s+streamlit)\b", re.MULTILINE)
_PANEL = ".servable("


def kind_of(path: str, source: bytes, said: AppKind | None = None) -> AppKind:
    """Return of which kind the app of a program is.

    A program that imports Streamlit is Streamlit's, another one Panel's; a notebook in which something is servable
    is Panel's, another one Voilà's.

    Parameters
    ----------
    said
        What somebody says it is.

    Raises
    ------
    InvalidInput
        It cannot be of the kind that was said, or is no notebook that can be read.
    """
    notebook = path.endswith(".ipynb")
    if said is not None:
        return check_kind(path, said)
    text = "\n".join(_cells(path, source)) if notebook else source.decode(errors="replace")
    if notebook:
        return "panel" if _PANEL in text else "voila"
    return "streamlit" if _STREAMLIT.search(text) else "panel"


def check_kind(path: str, said: AppKind) -> AppKind:
    """Return the kind that was said; raises InvalidInput where no program that ends so is of it."""
    if not path.endswith(ENDINGS[said]):
        raise InvalidInput(f"{path[:80]!a} is no {APP_NAMES[said]} app: one ends in {' or '.join(ENDINGS[said])}")
    return said


def _cells(path: str, source: bytes) -> Iterator[str]:
    """Yield the code of a notebook."""
    try:
        notebook: Any = json.loads(source)
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                lines = cell["source"]
                yield lines if isinstance(lines, str) else "".join(lines)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidInput(f"{path[:80]!a} is no notebook that can be read") from error
