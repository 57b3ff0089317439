from pathlib import Path

import pytest

from gaia_vre.core.settings import parse_settings
from gaia_vre.isolation import bubblewrap
from gaia_vre.local import environment
from gaia_vre.local.processes import plan
from gaia_vre.local.secrets import load_secrets


def weaknesses(settings: dict[str, object], state: Path) -> str:
    said: list[str] = []
    environment.Environment(parse_settings({"state": str(state), **settings}), said.append)._say_what_is_weak("none")
    return "\n".join(said)


def test_labs_that_are_not_separated_are_said_aloud(tmp_path: Path) -> None:
    assert "NOT separated from each other: labs.isolation is off" in weaknesses(
        {"labs": {"isolation": "off"}}, tmp_path
    )


def test_a_missing_bubblewrap_is_said_aloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    bubblewrap.bubblewrap.cache_clear()
    try:
        assert "bubblewrap does not work here" in weaknesses({}, tmp_path)
    finally:
        bubblewrap.bubblewrap.cache_clear()


def test_no_process_is_told_more_secrets_than_its_own(tmp_path: Path) -> None:
    secrets = load_secrets(tmp_path / "secrets.json")
    plans = {each.name: each for each in plan(parse_settings({"state": str(tmp_path)}), secrets, Path("proxy"))}
    assert secrets.user_password not in plans["service"].environment.values()
    assert secrets.service_token not in plans["culler"].environment.values()
    assert secrets.proxy_token not in plans["gateway"].environment.values()


def test_no_secret_is_in_an_argument_list_or_shown(tmp_path: Path) -> None:
    secrets = load_secrets(tmp_path / "secrets.json")
    for each in plan(parse_settings({"state": str(tmp_path)}), secrets, Path("proxy")):
        told = " ".join(each.command) + repr(each)
        assert [value for value in vars(secrets).values() if value != secrets.instance and value in told] == []
