"""Notebooks as HTML in which nothing runs: what they hold is hostile until it has passed here.

A notebook is rendered in a process of its own, which has none of our secrets, little time and little memory.
"""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
from typing import Any

from gaia_vre.core.errors import InvalidInput

MOST_BYTES = 8_000_000
MOST_CELLS = 2000
_SECONDS = 30
_MEMORY = 2 << 30
_MOST_HTML = 3 * MOST_BYTES
_TOLD = 300
_IMAGE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*")
_NEEDS_MORE = re.compile(r"<\s*(?:script|svg|iframe|object|embed|style(?!\s+scoped))\b", re.IGNORECASE)
_STATIC = ("image/png", "image/jpeg", "image/gif", "image/webp", "text/plain")
_TAGS = set(
    re.findall(
        r"\w+",
        "a abbr b blockquote br caption code col colgroup dd del details div dl dt em figcaption figure h1 h2 h3 h4 h5 "
        "h6 hr i img ins kbd li mark ol p pre q s samp small span strong sub summary sup table tbody td tfoot th thead "
        "tr u ul var",
    )
)
_ATTRIBUTES = {
    "*": {"class", "dir", "lang"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "ol": {"start"},
    "details": {"open"},
}


def render(source: bytes) -> str:
    """Return a notebook as HTML, rendered in a process of its own.

    Raises
    ------
    InvalidInput
        It is too large, no notebook, or takes too long.
    """
    if len(source) > MOST_BYTES:
        raise InvalidInput(f"The notebook has {len(source):,} bytes; at most {MOST_BYTES:,} are published")
    command = [sys.executable, "-I", "-m", __name__]
    bare = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/nonexistent", "JUPYTER_PLATFORM_DIRS": "1"}
    try:
        ran = subprocess.run(command, input=source, capture_output=True, env=bare, timeout=2 * _SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise InvalidInput(f"The notebook takes over {_SECONDS} seconds to render") from None
    if ran.returncode == 0 and len(ran.stdout) <= _MOST_HTML:
        return ran.stdout.decode()
    told = ran.stdout.decode(errors="replace")[:_TOLD] if ran.returncode == 2 else "it is too much of it"
    raise InvalidInput(f"The notebook cannot be rendered: {told}")


def rendered_here(source: bytes) -> str:
    """Return a notebook as HTML, in this process; raises InvalidInput for what is none."""
    import nbformat
    import nh3
    from nbconvert import HTMLExporter

    try:
        notebook = nbformat.reads(_without_ids(source), as_version=4)
        nbformat.validate(notebook)
    except Exception as error:  # whatever a broken one raises in their libraries
        raise InvalidInput(f"it is no notebook ({type(error).__name__})") from error
    if len(notebook.cells) > MOST_CELLS:
        raise InvalidInput(f"it has {len(notebook.cells)} cells; at most {MOST_CELLS} are rendered")
    notebook.metadata = nbformat.from_dict({"language_info": {"name": "python"}})
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({})
        for output in cell.get("outputs", ()):
            _keep_static(output)
    exporter = HTMLExporter(template_name="basic", embed_images=False, exclude_anchor_links=True)
    try:
        html, _ = exporter.from_notebook_node(notebook)
    except Exception as error:  # as above: a picture that is missing, a text that cannot be parsed
        raise InvalidInput(f"its content cannot be shown ({type(error).__name__})") from error
    cleaned: str = nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags={"script", "style", "svg", "math", "template", "noscript", "title", "textarea"},
        attributes={name: set(kept) for name, kept in _ATTRIBUTES.items()},
        attribute_filter=_kept,
        url_schemes={"http", "https", "mailto", "data"},
        set_tag_attribute_values={"a": {"target": "_blank"}},
        link_rel="noopener noreferrer nofollow",
    )
    return cleaned


def _without_ids(source: bytes) -> str:
    """Return a notebook without the ids of its cells, which copied cells share."""
    told = json.loads(source.decode("utf-8"))
    if told["nbformat"] == 4:
        told["nbformat_minor"] = min(told["nbformat_minor"], 4)
        for cell in told["cells"]:
            cell.pop("id", None)
    return json.dumps(told)


def _kept(tag: str, name: str, value: str) -> str | None:
    """Return an attribute's value, or None: images are the notebook's own, and lead nowhere else."""
    if name == "src":
        return value if tag == "img" and _IMAGE.fullmatch(value) else None
    if name == "href":
        return value if value.lower().startswith(("https://", "http://", "mailto:", "#")) else None
    return value


def _keep_static(output: Any) -> None:
    """Show the picture or the text of an output whose HTML would need scripts, styles or frames."""
    data = output.get("data")
    output.pop("metadata", None)
    if "data" in output:
        output["metadata"] = {}
    if not data:
        return
    html = data.get("text/html", "")
    shown = "".join(html) if isinstance(html, list) else html
    if not _NEEDS_MORE.search(shown) and "text/html" in data:
        wanted: tuple[str, ...] = ("text/html", *_STATIC)
    else:
        wanted = ("text/markdown", "text/latex", *_STATIC)
    for kind in [kind for kind in data if kind not in wanted]:
        del data[kind]
    if not data:
        data["text/plain"] = "[…]"  # what only runs


def _main() -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        html = rendered_here(sys.stdin.buffer.read(MOST_BYTES + 1))
    except InvalidInput as error:
        sys.stdout.buffer.write(error.message.encode())
        return 2
    sys.stdout.buffer.write(html.encode())
    return 0


if __name__ == "__main__":
    sys.exit(_main())
