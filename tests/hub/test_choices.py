import pytest

from gaia_vre.core.errors import InvalidInput
from gaia_vre.core.settings import Labs
from gaia_vre.hub.choices import choose
from gaia_vre.hub.form import options_from_form


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
        pytest.param({"account": "<b>"}, "There is no account '<b>'", id="no account"),
        pytest.param({"account": ["person:ada"]}, "There is no account", id="a list of accounts"),
    ],
)
def test_what_does_not_exist_is_refused_by_name(options: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        choose(Labs(), options)
    assert message in caught.value.message
    assert len(caught.value.message) < 300


def test_a_form_comes_back_as_options() -> None:
    assert options_from_form({"size": ["small"], "_xsrf": ["secret"], "environment": []}) == {"size": "small"}


def test_an_account_is_remembered_like_other_choices() -> None:
    assert choose(Labs(), {"account": "project:heat"}).options["account"] == "project:heat"
    assert "account" not in choose(Labs(), {"account": ""}).options
