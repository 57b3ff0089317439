"""Whose program an app is."""

from __future__ import annotations

import json

import pytest

from gaia_vre.core.errors import InvalidInput
from gaia_vre.projects.app_kinds import kind_of


def notebook(code: str, kind: str = "code") -> str:
    return json.dumps({"cells": [{"cell_type": kind, "source": code.splitlines(keepends=True)}]})


@pytest.mark.parametrize(
    ("path", "source", "kind"),
    [
        ("a.py", "import panel as pn\npn.Row().servable()", "panel"),
        ("a.py", "import streamlit as st", "streamlit"),
        ("a.py", "if True:\n    from streamlit import slider", "streamlit"),
        ("a.py", "# import streamlit, not this time", "panel"),
        ("a.py", "import streamlitish", "panel"),
        ("a.py", "", "panel"),
        ("a.ipynb", notebook("import panel as pn\npn.Row().servable()"), "panel"),
        ("a.ipynb", notebook("import ipywidgets"), "voila"),
        ("a.ipynb", notebook("call x.servable()", "markdown"), "voila"),
        ("a.ipynb", json.dumps({"cells": [{"cell_type": "code", "source": "x.servable()"}]}), "panel"),
        ("a.ipynb", notebook("import streamlit"), "voila"),
    ],
)
def test_the_source_tells_the_kind(path: str, source: str, kind: str) -> None:
    assert kind_of(path, source.encode()) == kind


def test_what_somebody_says_counts_more() -> None:
    assert kind_of("a.py", b"import streamlit", "panel") == "panel"
    assert kind_of("a.ipynb", notebook("1").encode(), "panel") == "panel"


@pytest.mark.parametrize(("path", "kind"), [("a.py", "voila"), ("a.ipynb", "streamlit")])
def test_a_kind_has_its_endings(path: str, kind: str) -> None:
    with pytest.raises(InvalidInput, match="app: one ends in"):
        kind_of(path, b"", kind)  # type: ignore[arg-type]


@pytest.mark.parametrize("source", [b"", b"[]", b"{}", b'{"cells": [1]}', b'{"cells": [{"cell_type": "code"}]}'])
def test_what_is_no_notebook_is_refused(source: bytes) -> None:
    with pytest.raises(InvalidInput, match="no notebook"):
        kind_of("a.ipynb", source)
