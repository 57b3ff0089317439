"""Read XML from outside: no document types, no entities; elements are asked for by their local name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from gaia_vre.catalog.harvest.contract import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_MOST_ELEMENTS = 2_000_000


def read_xml(body: bytes, url: str, *roots: str) -> Element:
    """Return the root element, all names without their namespace.

    Parameters
    ----------
    roots
        Local names that the root may have; none: any.

    Raises
    ------
    Unreadable
        The body is no XML, declares entities, or is another document than asked for.
    """
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except DefusedXmlException as error:
        raise Unreadable(f"{url}: the document type and entities of the answer are not read") from error
    except (ParseError, ValueError, LookupError) as error:
        raise Unreadable(f"{url}: XML expected, no XML or a part of it found ({error})") from error
    for number, element in enumerate(root.iter()):
        if number > _MOST_ELEMENTS:
            raise Unreadable(f"{url}: more than {_MOST_ELEMENTS} elements")
        element.tag = local(element.tag)
    if roots and root.tag not in roots:
        raise Unreadable(f"{url}: {' or '.join(roots)} expected, no such document but {root.tag!r} found")
    return root


def local(name: str) -> str:
    """Return a name without its namespace."""
    return name.rpartition("}")[2]


def attribute(element: Element, name: str) -> str | None:
    """Return an attribute by its local name."""
    return next((value for key, value in element.attrib.items() if local(key) == name), None)


def language(element: Element) -> str | None:
    """Return the two-letter code of `xml:lang`."""
    return element.attrib.get(_LANGUAGE, "")[:2].lower() or None


def plain(element: Element | None) -> str | None:
    """Return all text within an element with single spaces, or None for nothing."""
    text = " ".join("".join(element.itertext()).split()) if element is not None else ""
    return text or None


def text_at(element: Element | None, path: str) -> str | None:
    """Return the text of the first element at a path that has any."""
    return next(texts_at(element, path), None)


def texts_at(element: Element | None, path: str) -> Iterator[str]:
    """Yield the text of each element at a path that has any."""
    for one in element.iterfind(path) if element is not None else ():
        text = plain(one)
        if text:
            yield text


def number_at(element: Element | None, path: str) -> float | None:
    """Return the number at a path; what is none is unknown."""
    try:
        return float(text_at(element, path) or "")
    except ValueError:
        return None
