"""The files of hub_config, read as the hub reads them."""

import copy
from pathlib import Path

import pytest
from jupyterhub.app import JupyterHub
from traitlets.config import Config, PyFileConfigLoader

from gaia_vre.core.settings import Settings, parse_settings
from gaia_vre.hub import login
from gaia_vre.hub.roles import SERVICE_SCOPES
from gaia_vre.hub.spawner import LocalSpawner

FOLDER = Path(__file__).parents[2] / "hub_config"
CLASSES = {cls.__name__: cls for cls in (JupyterHub, login.GeneratedPasswords, login.InstitutionAccount, LocalSpawner)}
SECTIONS = {
    base.__name__: base
    for cls in (*JupyterHub().classes, *CLASSES.values())
    for base in cls.__mro__
    if base is not object
}


def load() -> Config:
    return PyFileConfigLoader("jupyterhub_config.py", path=str(FOLDER)).load_config()


def test_every_trait_that_we_set_exists() -> None:
    unknown = [
        f"{section}.{name}"
        for section, traits in load().items()
        for name in traits
        if not SECTIONS[section].class_traits(config=True).get(name)
    ]
    assert unknown == []


def test_the_hub_can_copy_the_configuration() -> None:
    copy.deepcopy(load())


@pytest.mark.parametrize("fragment", sorted((FOLDER / "jupyterhub_config.d").glob("*.py")), ids=lambda path: path.name)
def test_a_fragment_is_one_import_and_one_call(fragment: Path) -> None:
    lines = [line for line in fragment.read_text().splitlines() if line]
    assert len(lines) == 2
    assert lines[0].startswith("from gaia_vre.hub.")


@pytest.mark.parametrize("fragment", sorted((FOLDER / "jupyterhub_config.d").glob("*.py")), ids=lambda path: path.name)
def test_a_fragment_leaves_what_an_operator_has_set(fragment: Path) -> None:
    c = Config()
    exec(compile(fragment.read_text(), str(fragment), "exec"), {"c": c})
    wanted = {(section, name): f"set by the operator: {name}" for section, traits in c.items() for name in traits}
    again = Config()
    for (section, name), value in wanted.items():
        again[section][name] = value
    exec(compile(fragment.read_text(), str(fragment), "exec"), {"c": again})
    assert {(section, name): again[section][name] for section, name in wanted} == wanted


def test_no_service_may_act_as_a_person() -> None:
    harmful = {
        "admin:users",
        "admin:servers",
        "tokens",
        "access:servers",
        "servers",
        "admin:auth_state",
        "self",
        "inherit",
    }
    assert all(not harmful & set(scopes) for scopes in SERVICE_SCOPES.values())


def test_a_provider_that_does_not_answer_is_named() -> None:
    settings = parse_settings({"login": {"kind": "oidc", "oidc": {"issuer": "http://127.0.0.1:9", "client_id": "hub"}}})
    with pytest.raises(Exception, match=r"login\.oidc\.issuer: http://127\.0\.0\.1:9/"):
        login.configure_login(Config(), settings)


@pytest.mark.parametrize(
    ("claim", "names"),
    [
        pytest.param(["urn:mace:egi.eu:group:gaia:odatis:role=member#aai.egi.eu"], {"gaia:odatis"}, id="entitlement"),
        pytest.param(["urn:geant:x:group:gaia#aai"], {"gaia"}, id="without a role"),
        pytest.param(["plain", "other"], {"plain", "other"}, id="plain names"),
        pytest.param("one", {"one"}, id="one text"),
        pytest.param(None, set(), id="nothing"),
        pytest.param([1, "a\0b", "<b>", "x" * 101, ""], set(), id="what cannot be a name"),
    ],
)
def test_groups_come_from_the_claim(claim: object, names: set[str]) -> None:
    assert login.group_names(claim) == names


@pytest.mark.parametrize("name", ["ada\0", "\u202eada", "a" * 300, "project-x", "Ada Lovelace"])
def test_names_that_would_harm_are_refused_at_sign_in(name: str) -> None:
    assert not login.GeneratedPasswords(allow_all=True).validate_username(name)


def test_defaults_need_no_settings_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GAIA_VRE_SETTINGS", raising=False)
    assert load()["JupyterHub"]["bind_url"] == Settings().addresses.public_url
