"""Notebooks are hostile: whatever they hold, what is made of them runs nothing and loads nothing."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from gaia_vre.core.errors import InvalidInput
from gaia_vre.projects.rendering import MOST_BYTES, MOST_CELLS, render, rendered_here


def notebook(*cells: dict[str, Any], **metadata: Any) -> bytes:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}).encode()


def markdown(text: str, **more: Any) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": "text", "metadata": {}, "source": text, **more}


def shown(**data: Any) -> dict[str, Any]:
    named = {name.replace("_", "/"): value for name, value in data.items()}
    output = {"output_type": "display_data", "metadata": {}, "data": named}
    return {
        "cell_type": "code",
        "id": "code",
        "metadata": {},
        "execution_count": 1,
        "source": "1",
        "outputs": [output],
    }


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<a href='javascript:alert(1)'>a</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>a</a>",
    "<form action='/services/gaia/api'><button>a</button></form>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href='https://evil.example/'>",
    "<link rel=stylesheet href='https://evil.example/a.css'>",
    "<style>@import 'https://evil.example/a.css';</style>",
    "<p style='background:url(https://evil.example/a.png)'>a</p>",
    "<img src='https://evil.example/a.png'>",
    "<img src='data:image/svg+xml;base64,AAAA'>",
    "<math><mtext><img src=x onerror=alert(1)></mtext></math>",
    "<object data='/hub/home'></object><embed src='/hub/home'>",
    "![a](https://evil.example/a.png)",
]
ACTIVE = re.compile(
    r"<(script|svg|iframe|form|button|meta|base|link|style|object|embed|math)\b|<[^>]*\s(on\w+|style|srcdoc|action)=|"
    r"(href|src)=\"(?!data:image/png)[^\"#]*(javascript:|data:|evil)",
    re.IGNORECASE,
)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_of_it_acts_or_is_loaded(text: str) -> None:
    html = rendered_here(
        notebook(markdown(text), shown(text_html=text), shown(text_markdown=text), shown(text_latex=text))
    )
    assert not ACTIVE.search(html), html


@pytest.mark.parametrize("kind", ["image_png", "image_jpeg"])
def test_a_picture_cannot_close_its_element(kind: str) -> None:
    html = rendered_here(notebook(shown(**{kind: '"><img src=x onerror=alert(1)>'})))
    assert not ACTIVE.search(html)


def test_widgets_scripts_and_attachments_leave_nothing() -> None:
    widget = {"application/vnd.jupyter.widget-view+json": {"model_id": "</script><script>"}}
    cell = markdown("![a](attachment:a.png)", attachments={"a.png": {"image/svg+xml": "PHN2Zz4="}})
    html = rendered_here(
        notebook(cell, shown(**widget), shown(application_javascript="alert(1)"), widgets={"x": "</script>"})
    )
    assert not ACTIVE.search(html)
    assert "alert" not in html


def test_an_output_that_needs_scripts_or_styles_shows_its_text() -> None:
    html = rendered_here(notebook(shown(text_html="<div><script>plot()</script>chart</div>", text_plain="a chart")))
    assert "a chart" in html
    assert "plot()" not in html


def test_tables_pictures_mathematics_and_links_are_shown() -> None:
    table = "<style scoped>td {}</style><table><tr><td>42</td></tr></table>"
    html = rendered_here(
        notebook(
            markdown("# Heat\n\n[a](https://gaia.example/)"), shown(text_html=table), shown(image_png="iVBORw0KGgo=")
        )
    )
    for kept in ("<h1>Heat</h1>", "<td>42</td>", 'src="data:image/png;base64,iVBORw0KGgo="', "noopener noreferrer"):
        assert kept in html


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b'{"nbformat": 4, "cells": 1}',
        b"[" * 100_000,
        b'{"nbformat": 99, "nbformat_minor": 0}',
    ],
    ids=["nothing", "a list", "empty", "no letters", "no cells", "deep", "of the future"],
)
def test_what_is_no_notebook_is_refused(source: bytes) -> None:
    with pytest.raises(InvalidInput, match="it is no notebook"):
        rendered_here(source)


def test_too_many_cells_and_bytes_are_refused_with_the_limit() -> None:
    with pytest.raises(InvalidInput, match=f"at most {MOST_CELLS} are rendered"):
        rendered_here(notebook(*[markdown("a")] * (MOST_CELLS + 1)))
    with pytest.raises(InvalidInput, match=f"at most {MOST_BYTES:,} are published"):
        render(b" " * (MOST_BYTES + 1))


def test_it_is_rendered_in_a_process_without_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "secret")
    assert "<h1>Heat" in render(notebook(markdown("# Heat")))
    with pytest.raises(InvalidInput, match="cannot be rendered: it is no notebook"):
        render(b"{}")


def test_an_attachment_that_is_missing_is_refused_with_a_word() -> None:
    with pytest.raises(InvalidInput, match="its content cannot be shown"):
        rendered_here(notebook(markdown("![a](attachment:a.png)")))
