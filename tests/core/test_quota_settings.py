from typing import Any

import pytest

from gaia_vre.core.errors import SettingsError
from gaia_vre.core.settings import parse_settings
from gaia_vre.quotas.model import Price, Window
from gaia_vre.quotas.policy import rules_of
from tests.quotas.conftest import NOON

SITE = {"name": "site:a"}
COMMUNITY = {"name": "community:b", "parent": "site:a"}
RING = [COMMUNITY | {"parent": "community:c"}, {"name": "community:c", "parent": "community:b"}]


@pytest.mark.parametrize(
    ("quotas", "message"),
    [
        ({"defaults": {"person": {"cores": -1}}}, "quotas.defaults.person.cores: Value error, must be from 0"),
        ({"grants": [{"group": "x", "credits": 1e10}]}, "given: 10000000000.0"),
        ({"grants": [{"group": "x", "cores": "NaN"}]}, "quotas.grants.0.cores: Value error, must be from 0"),
        ({"defaults": {"person": {"core": 1}}}, "unknown key 'quotas.defaults.person.core'; did you mean 'cores'?"),
        ({"defaults": {"people": {"cores": 1}}}, "given: 'people'"),
        (
            {"accounts": [SITE | {"start": "2026-02-01", "end": "2026-01-01"}]},
            "quotas.accounts.0: Value error, the end 2026-01-01 is not after the start 2026-02-01",
        ),
        (
            {"accounts": RING},
            "the account tree has a cycle: community:b > community:c > community:b",
        ),
        ({"accounts": [COMMUNITY]}, "community:b stands below site:a, which is not declared"),
        ({"accounts": [SITE, SITE]}, "site:a stands twice"),
        ({"accounts": [SITE, SITE | {"name": "site:c", "parent": "site:a"}]}, "site:c cannot stand below site:a"),
        ({"accounts": [SITE]}, "there is no community"),
        ({"accounts": [{"name": "person:ada"}]}, "people's are made when needed"),
        ({"accounts": [SITE, COMMUNITY], "people": "community:z"}, "community:z is no community"),
        ({"prices": [{"start": "2026-01-01"}]}, "one price list must have neither start nor end"),
        ({"prices": [{"gpu": -2}]}, "quotas.prices.0.gpu"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_place_and_value(quotas: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings({"quotas": quotas})
    assert message in caught.value.message


def rules(**quotas: Any) -> Any:
    return rules_of(parse_settings({"quotas": quotas}).quotas)


def test_one_machine_needs_no_settings() -> None:
    found = rules()
    assert [one.name for one in found.accounts] == ["site:local", "community:local"]
    assert found.people == "community:local"
    assert found.policy.defaults["ceiling"] == {"servers": 10_000_000}
    assert found.policy.windows["person"] == Window(days=30)


def test_amounts_are_millionths_and_unlimited_is_no_limit() -> None:
    found = rules(defaults={"project": {"memory_gib": 0.5, "core_hours": 2, "gpus": "unlimited"}})
    assert found.policy.defaults["project"] == {"memory": 500_000, "core_hours": 7_200_000_000, "gpus": None}


def test_settings_survive_being_written_and_read_again() -> None:
    first = parse_settings({"quotas": {"defaults": {"project": {"gpus": "unlimited", "cores": 0}}}})
    assert parse_settings(first.model_dump(mode="json", exclude_none=True)) == first


def test_the_price_that_began_last_counts() -> None:
    found = rules(prices=[{}, {"name": "summer", "core": 0.25, "start": "2026-06-01", "end": "2026-09-01"}])
    assert found.price(NOON) == Price(core=250_000, name="summer")
    assert found.price(NOON.replace(month=9)).name == "standard"
