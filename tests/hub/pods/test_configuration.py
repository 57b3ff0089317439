"""The fragments on top of what the official chart has set."""

from __future__ import annotations

import copy
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from jupyterhub.app import JupyterHub
from traitlets.config import Config

from gaia_vre.core.errors import SettingsError
from gaia_vre.hub.deployment import cluster_settings, hub_settings
from gaia_vre.hub.pods.spawner import PodSpawner
from tests.support.cluster import chart_config, load_fragments

PASSWORDS = {"GAIA_VRE_USER_PASSWORD": "one", "GAIA_VRE_ADMINISTRATOR_PASSWORD": "two"}


@pytest.fixture
def values(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The chart's values below `custom.gaia`, as the official chart's module hands them out."""
    given: dict[str, Any] = {}
    module = SimpleNamespace(get_config=lambda key: given if key == "custom.gaia" else None, __spec__=object())
    monkeypatch.setitem(sys.modules, "z2jh", module)
    monkeypatch.setenv("POD_NAMESPACE", "climate")
    for variable in ("GAIA_VRE_SETTINGS", "GAIA_VRE_SETTINGS_TEXT"):
        monkeypatch.delenv(variable, raising=False)
    for name, value in PASSWORDS.items():
        monkeypatch.setenv(name, value)
    return given


def named(entries: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {entry["name"]: entry for entry in entries}


def test_labs_are_pods(values):
    c = load_fragments(chart_config())
    assert c.JupyterHub.spawner_class == "gaia_vre.hub.pods.spawner.PodSpawner"
    assert "pre_spawn_hook" not in c.Spawner
    assert callable(c.PodSpawner.modify_pod_hook)


def test_pages_have_their_headers_whatever_else_is_set_of_the_web_server(values):
    headers = load_fragments(chart_config()).JupyterHub.tornado_settings["headers"]
    assert headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_a_refusal_is_waited_for_unless_the_operator_says_how_long(values):
    charts, own = {"slow_spawn_timeout": 0}, {"slow_spawn_timeout": 7}
    for given, wanted in ((charts, 1.0), (own, 7)):
        c = load_fragments(chart_config(JupyterHub={"tornado_settings": dict(given)}))
        assert c.JupyterHub.tornado_settings["slow_spawn_timeout"] == wanted


def test_every_trait_that_we_set_exists(values):
    sections = {base.__name__: base for cls in (JupyterHub, PodSpawner) for base in cls.__mro__ if base is not object}
    for section, traits in load_fragments(chart_config()).items():
        if section in sections:
            assert [name for name in traits if name not in sections[section].class_traits(config=True)] == []


def test_the_hub_can_copy_the_configuration(values):
    copy.deepcopy(load_fragments(chart_config()))


def test_the_charts_tokens_stay_and_what_they_are_for_is_added(values):
    services = named(load_fragments(chart_config()).JupyterHub.services)
    assert services["gaia"]["api_token"] == "token of gaia"
    assert services["gaia"]["url"] == "http://gaia-service.climate:8000"
    assert "url" not in services["dask-gateway"]
    assert "--timeout=3600" in services["culler"]["command"]
    assert "supervisor" not in services


def test_an_operators_own_culler_is_the_only_one(values):
    c = chart_config()
    c.JupyterHub.services.append({"name": "jupyterhub-idle-culler", "command": ["theirs"]})
    assert "culler" not in named(load_fragments(c).JupyterHub.services)


def test_an_operators_roles_stay_and_ours_are_added(values):
    c = chart_config(JupyterHub={"load_roles": [{"name": "user", "scopes": ["self"]}, {"name": "theirs"}]})
    roles = named(load_fragments(c).JupyterHub.load_roles)
    assert roles["user"]["scopes"] == ["self"]
    assert {"theirs", "server", "gaia-gaia", "gaia-dask-gateway", "gaia-culler"} <= set(roles)


def test_the_sign_in_of_the_chart_that_lets_everybody_in_is_replaced(values):
    c = load_fragments(chart_config())
    assert c.JupyterHub.authenticator_class.__name__ == "GeneratedPasswords"


@pytest.mark.parametrize(
    "sections", [{"DummyAuthenticator": {"password": "x"}}, {"JupyterHub": {"authenticator_class": "pam"}}]
)
def test_an_operators_sign_in_stays(values, sections):
    c = load_fragments(chart_config(**sections))
    assert c.JupyterHub.authenticator_class in ("dummy", "pam")


def test_passwords_that_nobody_set_are_named(values, monkeypatch):
    monkeypatch.delenv("GAIA_VRE_USER_PASSWORD")
    with pytest.raises(SettingsError, match="GAIA_VRE_USER_PASSWORD"):
        load_fragments(chart_config())


def test_a_misspelt_key_of_the_values_is_named_with_the_right_one(values):
    values["labs"] = {"idle_minuts": 5}
    with pytest.raises(SettingsError, match=r"jupyterhub\.custom\.gaia: unknown key 'labs\.idle_minuts'.*idle_minutes"):
        load_fragments(chart_config())


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"kubernetes": {"homes": {"capacity_gib": -1}}}, "kubernetes.homes.capacity_gib"),
        ({"kubernetes": {"data": {"folder": "../secrets"}}}, "kubernetes.data.folder"),
        ({"kubernetes": {"homes": {"mount": "/"}}}, "kubernetes.homes.mount"),
        ({"kubernetes": {"user_id": 0}}, "kubernetes.user_id"),
        ({"addresses": "gaia.example.org"}, "addresses"),
        ([], "jupyterhub.custom.gaia"),
    ],
    ids=["negative size", "out of the claim", "no folder", "root", "no part", "a list"],
)
def test_bad_values_are_named(given, place):
    with pytest.raises(SettingsError, match=place.replace(".", r"\.")):
        cluster_settings(given, "gaia")


def test_one_machine_has_no_pods(monkeypatch):
    monkeypatch.delenv("GAIA_VRE_SETTINGS", raising=False)
    assert hub_settings().kubernetes is None
    assert "PodSpawner" not in load_fragments(Config())


def test_a_catalog_on_a_cluster_is_not_open_by_itself():
    assert not cluster_settings(None, "gaia").catalog_is_public
    assert cluster_settings({"service": {"catalog_anonymous": True}}, "gaia").catalog_is_public
