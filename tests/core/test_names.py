import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaia_vre.core.errors import InvalidInput
from gaia_vre.core.names import RESERVED_PREFIXES, check_username, slug


@pytest.mark.parametrize("name", ["ada", "a", "marie.curie@univ-x.fr", "x_1", "0017", "a" * 64])
def test_an_ordinary_name_is_taken(name: str) -> None:
    assert check_username(name) == name


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("", id="empty"),
        pytest.param("ada\0", id="NUL"),
        pytest.param("ada\u202eevil", id="right-to-left mark"),
        pytest.param("a" * 300, id="300 characters"),
        pytest.param("../ada", id="a path"),
        pytest.param("Ada", id="upper case"),
        pytest.param("ada\n", id="line end"),
        pytest.param("-ada", id="a hyphen first"),
        *(pytest.param(f"{prefix}x", id=f"reserved {prefix}") for prefix in RESERVED_PREFIXES),
    ],
)
def test_a_harmful_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        check_username(name)


@given(st.text(max_size=80))
def test_a_slug_is_a_folder_and_a_host_name(name: str) -> None:
    made = slug(name)
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", made)
    assert len(made) <= 63


@given(st.lists(st.text("ab.-_@", min_size=1, max_size=6), min_size=2, max_size=2, unique=True))
def test_two_names_never_share_a_slug(names: list[str]) -> None:
    assert slug(names[0]) != slug(names[1])


def test_nobody_can_take_the_slug_of_another_by_name() -> None:
    assert slug(slug("marie.curie")) != slug("marie.curie")
