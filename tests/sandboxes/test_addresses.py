"""Which repositories, references and paths are asked for."""

from __future__ import annotations

import pytest

from gaia_vre.core.errors import GaiaError, InvalidInput, NotAllowed
from gaia_vre.core.repository_settings import Repositories
from gaia_vre.sandboxes.addresses import is_commit, public_address, read_address, read_path, read_reference

ANY = Repositories()
HOSTILE = {
    "other scheme": "file:///etc/passwd",
    "a program as transport": "ext::sh -c touch% /etc/owned",
    "ssh": "git@github.com:a/b.git",
    "without encryption": "http://github.com/a/b",
    "this machine": "https://localhost/a/b",
    "loopback": "https://127.0.0.1/a/b",
    "loopback as one number": "https://2130706433/a/b",
    "loopback in hexadecimal": "https://0x7f.1/a/b",
    "version 6": "https://[::1]/a/b",
    "metadata": "https://169.254.169.254/latest/meta-data",
    "name within a cluster": "https://hub.gaia.svc.cluster.local/a",
    "internal name": "https://metadata.google.internal/a",
    "credentials": "https://user:secret@github.com/a/b",
    "name alone": "https://token@github.com/a/b",
    "host disguised": "https://github.com@evil.example/a",
    "other port": "https://github.com:22/a/b",
    "no such port": "https://github.com:99999/a/b",
    "query": "https://github.com/a/b?token=1",
    "empty query": "https://github.com/a/b?",
    "fragment": "https://github.com/a/b#x",
    "folder above": "https://github.com/a/../../b",
    "option as name": "--upload-pack=touch /tmp/owned",
    "script": "https://github.com/<script>alert(1)</script>",
    "escaped script": "https://github.com/%3Cscript%3E",
    "line break": "https://github.com/a/b\nHost: evil",
    "backslash": "https://github.com\\@evil.example/a",
    "letters that look alike": "https://gіthub.com/a/b",
    "no path": "https://github.com/",
    "hidden": "https://github.com/a/.git",
    "bracket": "https://[github.com/a",
    "endless": "https://github.com/" + "a" * 600,
    "nothing": "",
}


@pytest.mark.parametrize("url", HOSTILE.values(), ids=HOSTILE)
def test_an_address_that_could_lead_elsewhere_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        read_address(url, ANY)


def test_a_refusal_shows_no_secret_of_the_address() -> None:
    with pytest.raises(InvalidInput) as refused:
        read_address("https://ada:hunter2@github.com/a/b", ANY)
    assert "hunter2" not in refused.value.message


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://github.com/pangeo-data/pangeo-tutorial", "pangeo-tutorial"),
        ("https://gitlab.example.org/ocean/group/enso.git", "enso"),
        ("https://GitHub.com/a/b/", "b"),
        ("https://git.sr.ht/~ada/notes", "notes"),
    ],
)
def test_a_public_repository_is_taken_under_its_name(url: str, name: str) -> None:
    assert read_address(url, ANY).name == name


def test_hosts_are_those_of_the_settings() -> None:
    rules = Repositories(hosts=("github.com", "*.ifremer.fr"))
    assert read_address("https://gitlab.ifremer.fr/a/b", rules).host == "gitlab.ifremer.fr"
    with pytest.raises(NotAllowed, match=r"evil.example; hosts that they may: github.com, \*.ifremer.fr"):
        read_address("https://evil.example/a/b", rules)


@pytest.mark.parametrize(
    "number",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:10.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::a00:1",
    ],
)
def test_a_name_that_stands_for_a_private_address_is_refused(number: str) -> None:
    address = read_address("https://rebound.example.org/a/b", ANY)
    with pytest.raises(InvalidInput, match=r"not of the public network"):
        public_address(address, lambda _, __: ["140.82.121.4", number])


def test_a_public_address_is_asked_as_it_was_found() -> None:
    address = read_address("https://github.com/a/b", ANY)
    assert public_address(address, lambda _, __: ["140.82.121.4"]) == "140.82.121.4"


@pytest.mark.parametrize("reference", ["-b", "--upload-pack=x", "a..b", "a b", "x@{1}", "a//b", "v1.lock", "a:b", "é"])
def test_a_reference_that_git_would_read_otherwise_is_refused(reference: str) -> None:
    with pytest.raises(InvalidInput, match=r"no branch, tag or commit"):
        read_reference(reference)


@pytest.mark.parametrize("reference", ["v1.2", "main", "feature/enso_2", "9f3c2e1" + "0" * 33])
def test_branches_tags_and_commits_are_taken(reference: str) -> None:
    assert read_reference(reference) == reference


def test_only_a_whole_commit_names_one_state() -> None:
    assert is_commit("9f3c2e1" + "0" * 33)
    assert not is_commit("9f3c2e1")


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "/etc/passwd",
        "a/../../b",
        "a//b",
        ".git/config",
        "a/.ssh/id",
        "<script>.ipynb",
        "a\\b",
        "x\x00y",
        "a?b",
        "javascript:alert(1)",
        "a" * 301,
        "right\u202eleft.ipynb",
    ],
)
def test_a_path_that_leads_out_or_tricks_is_refused(path: str) -> None:
    with pytest.raises(GaiaError):
        read_path(path)


@pytest.mark.parametrize("path", ["", "first.ipynb", "cours/séance 1 (été).ipynb"])
def test_a_plain_path_is_taken(path: str) -> None:
    assert read_path(path) == path
