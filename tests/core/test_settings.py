from pathlib import Path

import pytest
import yaml

from gaia_vre.core.errors import SettingsError
from gaia_vre.core.places import with_places
from gaia_vre.core.settings import (
    Addresses,
    Dask,
    Environment,
    Labs,
    Login,
    OpenIDConnect,
    Service,
    Settings,
    Size,
    load_settings,
    parse_settings,
    read_settings,
)


def test_no_settings_are_the_defaults() -> None:
    assert parse_settings(None) == Settings()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        pytest.param({"lgin": {}}, "unknown key 'lgin'; did you mean 'login'?", id="at the top"),
        pytest.param({"labs": {"sizs": []}}, "unknown key 'labs.sizs'; did you mean 'sizes'?", id="in a part"),
        pytest.param(
            {"labs": {"sizes": [{"name": "s", "titel": "S", "title": "S", "cores": 1, "memory_gib": 1}]}},
            "unknown key 'labs.sizes.0.titel'; did you mean 'title'?",
            id="in a list",
        ),
        pytest.param({"addresses": {"port": 99999}}, "addresses.port", id="a port that does not exist"),
        pytest.param({"login": {"kind": "oidc"}}, "needs the part 'oidc'", id="an institution that is not described"),
        pytest.param({"labs": {"sizes": []}}, "labs.sizes", id="no size at all"),
        pytest.param(["a"], "expected keys and values, found list", id="a list"),
    ],
)
def test_what_does_not_fit_is_named(values: object, message: str) -> None:
    with pytest.raises(SettingsError, match=r"^site\.yaml: ") as caught:
        parse_settings(values, "site.yaml")
    assert message in caught.value.message


def test_a_size_must_not_stand_twice() -> None:
    size = {"name": "s", "title": "S", "cores": 1, "memory_gib": 1}
    with pytest.raises(SettingsError, match="'s' stands twice"):
        parse_settings({"labs": {"sizes": [size, size]}})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("a: [", "is not YAML", id="no YAML"),
        pytest.param(b"\xff\xfe\x00", "is not YAML", id="no text"),
        pytest.param(None, "cannot be read", id="no file"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: str | bytes | None, message: str) -> None:
    path = tmp_path / "settings.yaml"
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(SettingsError, match=message) as caught:
        read_settings(path)
    assert str(path) in caught.value.message


def test_written_settings_read_back_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = parse_settings({"state": str(tmp_path), "dask": {"idle_minutes": 7}})
    path = tmp_path / "settings.yaml"
    path.write_text(yaml.safe_dump(settings.model_dump(mode="json", exclude_none=True)))
    monkeypatch.setenv("GAIA_VRE_SETTINGS", str(path))
    assert load_settings() == settings


def test_every_setting_is_explained() -> None:
    parts = (Settings, Login, OpenIDConnect, Labs, Size, Environment, Dask, Service, Addresses)
    silent = [
        f"{part.__name__}.{name}"
        for part in parts
        for name, field in part.model_fields.items()
        if not field.description
    ]
    assert silent == []


def test_the_state_folder_is_absolute_also_by_default() -> None:
    assert Settings().state == Path.home() / ".local" / "share" / "gaia-vre"
    assert parse_settings({"state": "~/gaia"}).state == Path.home() / "gaia"


def test_links_begin_with_the_public_address_and_the_proxy_listens_on_its_own() -> None:
    addresses = Settings.model_validate({"addresses": {"public": "https://gaia.example.org"}}).addresses
    assert addresses.public_url == "https://gaia.example.org"
    assert addresses.listen_url == "http://127.0.0.1:8000"
    assert Settings().addresses.public_url == "http://127.0.0.1:8000"


@pytest.mark.parametrize("address", ["gaia.example.org", "https://a/b", "javascript://x y", "https://me@example.org"])
def test_a_public_address_is_scheme_and_host(address: str) -> None:
    with pytest.raises(ValueError, match="public"):
        Settings.model_validate({"addresses": {"public": address}})


def test_a_pod_is_told_its_places_by_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GAIA_VRE_SETTINGS_TEXT", "service: {time_zone: UTC}")
    monkeypatch.setenv("GAIA_VRE_DATABASE_URL", "postgresql+psycopg://gaia@database/gaia")
    monkeypatch.setenv("GAIA_VRE_STATE", str(tmp_path))
    settings = load_settings()
    assert settings.service.time_zone == "UTC"
    assert settings.service.database_url == "postgresql+psycopg://gaia@database/gaia"
    assert settings.state == tmp_path


def test_what_a_pod_is_told_leaves_the_values_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"service": {"time_zone": "UTC"}}
    monkeypatch.setenv("GAIA_VRE_DATABASE_URL", "sqlite:///x")
    assert with_places(values) != values
    assert values == {"service": {"time_zone": "UTC"}}


def test_settings_that_are_no_keys_and_values_are_still_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAIA_VRE_SETTINGS_TEXT", "[a]")
    with pytest.raises(SettingsError, match="expected keys and values, found list"):
        load_settings()
