from types import SimpleNamespace

import pytest

from gaia_vre.core.errors import InvalidInput
from gaia_vre.core.settings import Labs
from gaia_vre.hub.choices import choose
from gaia_vre.hub.form import form_fields, options_from_form


def test_nothing_chosen_is_the_first_of_each() -> None:
    assert choose(Labs(), {}).options == {"size": "small", "environment": "pangeo"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"size": "mediun"}, "did you mean 'medium'", id="misspelt size"),
        pytest.param({"size": "x" * 10_000}, "There is no size", id="10,000 characters"),
        pytest.param({"size": ["small"]}, "There is no size", id="a list"),
        pytest.param({"environment": "conda"}, "There is no environment 'conda'", id="unknown environment"),
        pytest.param({"cmd": "rm"}, "The option 'cmd' is unknown", id="unknown option"),
    ],
)
def test_what_does_not_exist_is_refused_by_name(options: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        choose(Labs(), options)
    assert message in caught.value.message
    assert len(caught.value.message) < 300


def test_a_form_comes_back_as_options() -> None:
    assert options_from_form({"size": ["small"], "_xsrf": ["secret"], "environment": []}) == {"size": "small"}


def test_the_form_proposes_what_was_chosen_last() -> None:
    html = form_fields(Labs())(SimpleNamespace(orm_spawner=SimpleNamespace(user_options={"size": "large"})))
    assert 'value="large" checked' in html
    assert 'value="small" checked' not in html
