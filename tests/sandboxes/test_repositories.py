"""Repositories are taken from a real Git server of this machine, and can do nothing here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gaia_vre.core.errors import InvalidInput, NotFound, TooLarge, Unavailable
from gaia_vre.core.repository_settings import Repositories
from gaia_vre.sandboxes.addresses import read_address
from gaia_vre.sandboxes.repositories import Taken, take_repository
from tests.support.git_server import GitServer, git


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    folder = tmp_path / "served"
    folder.mkdir()
    with GitServer(folder) as server:
        yield server


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "home" / "enso"


def take(server: GitServer, name: str, target: Path, reference: str = "", **rules: float) -> Taken:
    limits = Repositories(tried_hosts=(server.host,), **rules)
    target.parent.mkdir(exist_ok=True)
    return take_repository(read_address(server.url(name), limits), reference, target, limits)


def test_a_tag_is_taken_with_its_commit_and_sizes(server: GitServer, target: Path) -> None:
    commit = server.make("enso", {"first.ipynb": b"{}", "data/a.csv": b"1,2"}, tag="v1.2")
    assert take(server, "enso", target, "v1.2") == Taken(commit, 2, 5)
    assert (target / "data" / "a.csv").read_bytes() == b"1,2"
    assert git(target, "status", "--porcelain") == ""


def test_a_whole_commit_and_the_first_branch_are_taken(server: GitServer, target: Path) -> None:
    commit = server.make("enso", {"a": b""})
    assert take(server, "enso", target, commit).commit == commit
    assert take(server, "enso", target.with_name("again")).commit == commit


def test_what_is_not_there_is_said_and_leaves_nothing(server: GitServer, target: Path) -> None:
    server.make("enso", {"a": b""})
    with pytest.raises(NotFound, match=r"no branch, tag or whole commit 'v9'"):
        take(server, "enso", target, "v9")
    with pytest.raises(NotFound, match=r"no public repository"):
        take(server, "nino", target)
    assert not target.exists()


def test_too_many_bytes_end_while_they_come(server: GitServer, target: Path) -> None:
    server.make("enso", {"noise": os.urandom(3 * 2**20)})
    with pytest.raises(TooLarge, match=r"at most 1 MiB in 20,000 files"):
        take(server, "enso", target, most_mib=1)
    assert not target.exists()


def test_a_bomb_of_zeros_is_measured_before_it_is_written(server: GitServer, target: Path) -> None:
    server.make("enso", {"zeros": bytes(8 * 2**20)})
    with pytest.raises(TooLarge, match=r"more than 1 MiB of files"):
        take(server, "enso", target, most_mib=1)


def test_a_bomb_of_folders_is_counted_no_further_than_the_bound(server: GitServer, target: Path) -> None:
    server.make("bomb", {"a": b""})
    bare = server.folder / "bomb"
    tree = git(bare, "rev-parse", "main^{tree}")
    for _ in range(9):
        tree = git(bare, "mktree", given="".join(f"040000 tree {tree}\td{n}\n" for n in range(10)).encode())
    git(bare, "update-ref", "refs/heads/main", git(bare, "commit-tree", tree, "-m", "Bomb"))
    with pytest.raises(TooLarge, match=r"more than 1,000 files"):
        take(server, "bomb", target, most_files=1000)


def test_nothing_of_a_repository_is_executed(server: GitServer, target: Path, tmp_path: Path) -> None:
    trap = tmp_path / "owned"
    attributes = b"* filter=evil\n*.ipynb filter=lfs\n"
    modules = f'[submodule "x"]\n path = x\n url = {server.url("other")}\n update = !touch {trap}\n'.encode()
    server.make("enso", {".gitattributes": attributes, "x.md": b"x", "hooks/post-checkout": b"#!/bin/sh\ntouch x"})
    server.make("modules", {".gitmodules": modules})
    take(server, "enso", target)
    with pytest.raises(InvalidInput):  # git knows this trick
        take(server, "modules", target.with_name("modules"))
    assert not trap.exists()
    assert not any("other" in asked for asked in server.asked)


def test_a_link_is_a_text_that_leads_nowhere(server: GitServer, target: Path) -> None:
    server.make("enso", {"out": Path("/etc/passwd"), "home": Path("../../..")})
    take(server, "enso", target)
    assert not (target / "out").is_symlink()
    assert (target / "home").read_text() == "../../.."


def test_a_host_that_sends_elsewhere_is_not_followed(server: GitServer, target: Path) -> None:
    server.make("secret", {"a": b""})
    server.moved["/enso"] = "/secret"
    with pytest.raises(InvalidInput, match=r"sends elsewhere"):
        take(server, "enso", target)
    assert not any("secret" in asked for asked in server.asked)


def test_a_host_that_wants_the_name_with_git_is_asked_under_it(server: GitServer, target: Path) -> None:
    commit = server.make("enso.git", {"a": b""})
    server.moved["/enso/"] = "/enso.git/"
    assert take(server, "enso", target).commit == commit


def test_a_silent_host_is_given_up(server: GitServer, target: Path) -> None:
    server.host = "127.0.0.1:9"
    with pytest.raises(Unavailable, match=r"does not answer"):
        take(server, "enso", target)


def test_the_settings_of_a_person_are_not_read(
    server: GitServer, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = server.make("enso", {"a": b""})
    (tmp_path / ".gitconfig").write_text(f'[url "file://{tmp_path}/"]\n insteadOf = http://\n')
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_DIR", str(tmp_path))
    assert take(server, "enso", target).commit == commit
