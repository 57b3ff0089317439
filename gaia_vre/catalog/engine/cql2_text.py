"""Filters written as CQL2 text, turned into CQL2 JSON.

Written by hand although the package ``cql2`` does the same: anybody may send a filter, and its parser (0.6.0)
overflows the stack on 9,000 minus signs and never ends on 2,000 open parentheses.
"""

from __future__ import annotations

import re
from typing import Any

from gaia_vre.core.errors import InvalidInput

TEXT_LIMIT = 10_000
_DEPTH_LIMIT = 20
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<text>'(?:[^']|'')*') |
    (?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?) |
    (?P<quoted>"[^"]+") |
    (?P<word>[A-Za-z_][\w:.-]*) |
    (?P<sign><>|<=|>=|[=<>(),])
    )""",
    re.VERBOSE | re.ASCII,
)
_COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")
_GEOMETRIES = (
    "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection",
)  # fmt: skip


def parse_text(text: str) -> Any:
    """Return the filter as CQL2 JSON.

    Raises
    ------
    InvalidInput
        It is no CQL2 text, or longer than 10,000 characters.
    """
    if len(text) > TEXT_LIMIT:
        raise InvalidInput(f"filter: over {TEXT_LIMIT:,} characters")
    parser = _Parser(_tokens(text))
    found = parser.either(0)
    if parser.kind:
        raise parser.unexpected()
    return found


def _tokens(text: str) -> list[tuple[str, str]]:
    found, place = [], 0
    text = text.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise InvalidInput(f"filter: cannot read it from {text[place : place + 20]!r} on")
        found.append((str(match.lastgroup), match[str(match.lastgroup)]))
        place = match.end()
    return found


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = [*tokens, ("", "")]
        self._place = 0

    @property
    def kind(self) -> str:
        return self._tokens[self._place][0]

    def unexpected(self) -> InvalidInput:
        found = self._tokens[self._place][1][:40]
        return InvalidInput(f"filter: did not expect {found!r}" if found else "filter: it ends too soon")

    def either(self, depth: int) -> Any:
        if depth > _DEPTH_LIMIT:
            raise InvalidInput(f"filter: it is nested over {_DEPTH_LIMIT} deep")
        parts = [self._both(depth)]
        while self._taken("or"):
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else {"op": "or", "args": parts}

    def _both(self, depth: int) -> Any:
        parts = [self._single(depth)]
        while self._taken("and"):
            parts.append(self._single(depth))
        return parts[0] if len(parts) == 1 else {"op": "and", "args": parts}

    def _single(self, depth: int) -> Any:
        if self._taken("not"):
            if depth > _DEPTH_LIMIT:
                raise InvalidInput(f"filter: it is nested over {_DEPTH_LIMIT} deep")
            return {"op": "not", "args": [self._single(depth + 1)]}
        if self._taken("("):
            inner = self.either(depth + 1)
            self._need(")")
            return inner
        if self._is("s_intersects", "t_intersects"):
            name = self._next()[1].lower()
            self._need("(")
            return {"op": name, "args": self._list(self._value)}
        return self._predicate()

    def _predicate(self) -> Any:
        left = self._value()
        if isinstance(left, bool) and not self._is(*_COMPARISONS):
            return left
        if self._taken("is"):
            denied = self._taken("not")
            self._need("null")
            return _denied({"op": "isNull", "args": [left]}, denied=denied)
        if self._is(*_COMPARISONS):
            return {"op": self._next()[1], "args": [left, self._value()]}
        denied = self._taken("not")
        return _denied(self._special(left), denied=denied)

    def _special(self, left: Any) -> Any:
        if self._taken("like"):
            return {"op": "like", "args": [left, self._value()]}
        if self._taken("between"):
            low = self._value()
            self._need("and")
            return {"op": "between", "args": [left, low, self._value()]}
        if self._taken("in"):
            self._need("(")
            return {"op": "in", "args": [left, self._list(self._value)]}
        raise self.unexpected()

    def _value(self) -> Any:
        kind, text = self._next()
        if kind == "text":
            return text[1:-1].replace("''", "'")
        if kind == "number":
            return float(text) if re.search(r"[.eE]", text) else int(text[:400])
        if kind == "quoted":
            return {"property": text[1:-1]}
        if kind == "word":
            return self._named(text)
        self._place -= 1
        raise self.unexpected()

    def _named(self, text: str) -> Any:
        name = text.lower()
        if name in ("true", "false"):
            return name == "true"
        if self._tokens[self._place][1] == "(" and name in ("timestamp", "date", "interval", "bbox"):
            self._need("(")
            values = self._list(self._value)
            return {name: values[0] if name in ("timestamp", "date") else values}
        if name in _GEOMETRIES:
            return self._geometry(name)
        return {"property": text}

    def _geometry(self, name: str) -> Any:
        words, depth = [name], 0
        while self.kind and (depth or len(words) == 1 or self._is("(", "z")):
            word = self._next()[1]
            depth += (word == "(") - (word == ")")
            words.append(word)
            if depth <= 0 and word == ")":
                break
        return _from_wkt(" ".join(words))

    def _list(self, one: Any) -> list[Any]:
        values = [one()]
        while self._taken(","):
            values.append(one())
        self._need(")")
        return values

    def _is(self, *words: str) -> bool:
        kind, text = self._tokens[self._place]
        return kind in ("word", "sign") and text.lower() in words

    def _taken(self, word: str) -> bool:
        found = self._is(word)
        self._place += found
        return found

    def _need(self, word: str) -> None:
        if not self._taken(word):
            raise self.unexpected()

    def _next(self) -> tuple[str, str]:
        token = self._tokens[self._place]
        if not token[0]:
            raise self.unexpected()
        self._place += 1
        return token


def _denied(expression: Any, *, denied: bool) -> Any:
    return {"op": "not", "args": [expression]} if denied else expression


def _from_wkt(text: str) -> Any:
    import shapely
    from shapely.geometry import mapping

    try:
        found: Any = mapping(shapely.from_wkt(text))
    except (shapely.errors.ShapelyError, ValueError) as error:
        raise InvalidInput(f"filter: {text[:40]!r} is no geometry") from error
    return found
