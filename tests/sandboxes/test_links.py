"""Links that ask for a sandbox are read word by word."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaia_vre.core.errors import InvalidInput
from gaia_vre.sandboxes.links import link_query, read_link
from gaia_vre.sandboxes.model import Source

GIT = Source("git", "https://github.com/a/b", "v1.2", "notebooks/first one.ipynb")


@pytest.mark.parametrize("source", [Source(), Source("dataset", "ostia-monthly"), GIT], ids=lambda one: one.kind)
def test_a_link_says_what_it_was_made_of(source: Source) -> None:
    from urllib.parse import parse_qsl

    assert read_link(parse_qsl(link_query(source))) == source


def test_a_link_for_a_paper_can_be_read() -> None:
    assert link_query(GIT) == "git=https://github.com/a/b&ref=v1.2&path=notebooks/first+one.ipynb"


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ([("gti", "x")], "did you mean 'git'"),
        ([("git", "a"), ("git", "b")], "git stands twice"),
        ([("git", "a"), ("dataset", "b")], "a sandbox starts from one thing"),
        ([("git", "a" * 1001)], "at most 1,000 are read"),
        ([("path", "x.ipynb")], "does not say of what"),
        ([("<script>", "x")], "'<script>' that is not known"),
    ],
    ids=["misspelt", "twice", "two sources", "too long", "of nothing", "script"],
)
def test_a_link_that_is_not_clear_is_refused(pairs: list[tuple[str, str]], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        read_link(pairs)


@given(st.lists(st.tuples(st.sampled_from(["git", "ref", "path", "dataset", "x"]), st.text(max_size=20)), max_size=4))
def test_any_link_is_read_or_refused(pairs: list[tuple[str, str]]) -> None:
    with suppress(InvalidInput):
        read_link(pairs)
