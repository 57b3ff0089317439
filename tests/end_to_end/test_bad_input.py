"""What the running environment answers to input that is wrong or harmful."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import httpx2
import pytest

from tests.support.environment import Environment
from tests.support.lab_client import LabClient, LabError


@pytest.fixture
def visitor(environment: Environment) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=environment.url, follow_redirects=True, timeout=30) as client:
        yield client


def sign_in_form(visitor: httpx2.Client, name: str, password: str) -> httpx2.Response:
    token = re.search(r'name="_xsrf" value="([^"]+)"', visitor.get("/hub/login").text)
    assert token
    return visitor.post("/hub/login", data={"username": name, "password": password, "_xsrf": token[1]})


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("ada\0", id="NUL"),
        pytest.param("ada\u202eadmin", id="right-to-left mark"),
        pytest.param("a" * 300, id="300 characters"),
        pytest.param("../../etc", id="a path"),
        pytest.param("project-ocean", id="a reserved prefix"),
        pytest.param("<script>alert(1)</script>", id="markup"),
    ],
)
def test_a_name_that_would_harm_is_refused_with_the_reason(
    environment: Environment, visitor: httpx2.Client, name: str
) -> None:
    answer = sign_in_form(visitor, name, environment.password())
    assert answer.status_code == 400
    assert "user name" in answer.text
    assert "<script>alert" not in answer.text


def test_a_wrong_password_is_refused_on_the_form(visitor: httpx2.Client) -> None:
    answer = sign_in_form(visitor, "ada", "wrong")
    assert answer.status_code == 403
    assert "The user name or the password is wrong." in answer.text


def test_nobody_administers_with_the_ordinary_password(environment: Environment, visitor: httpx2.Client) -> None:
    assert sign_in_form(visitor, "admin", environment.password()).status_code == 403


def test_names_that_look_alike_as_folders_have_different_homes(
    environment: Environment, sign_in: Callable[[str], LabClient]
) -> None:
    homes = set()
    for name in ("x.y", "x_y", "x-y"):
        lab = sign_in(name)
        lab.start_server()
        lab.upload("mine", name)
        homes.update(path for path in (environment.state / "homes").iterdir() if (path / "mine").exists())
        lab.stop_server()
    assert {(path / "mine").read_text() for path in homes} == {"x.y", "x_y", "x-y"}


def test_a_size_that_does_not_exist_is_refused_on_the_form(sign_in: Callable[[str], LabClient]) -> None:
    lab = sign_in("ada")
    with pytest.raises(LabError, match="did you mean &#39;medium&#39;"):
        lab.start_server({"size": "mediun", "environment": "pangeo"})


def test_a_size_that_does_not_exist_is_refused_by_the_api(sign_in: Callable[[str], LabClient]) -> None:
    lab = sign_in("ada")
    answer = lab.http.post(
        "/hub/api/users/ada/server", headers=lab._headers("/hub/"), json={"user_options": {"size": "giant"}}
    )
    assert answer.status_code == 400
    assert "There is no size" in answer.json()["message"]


@pytest.mark.parametrize("path", ["/hub/api/users/ada/server", "/services/gaia/api/me"])
def test_a_body_of_10_mb_is_refused(sign_in: Callable[[str], LabClient], path: str) -> None:
    lab = sign_in("ada")
    answer = lab.http.post(path, headers=lab._headers("/hub/"), content=b"x" * 10_000_000)
    assert 400 <= answer.status_code < 500


def test_nothing_listens_for_other_machines(environment: Environment) -> None:
    listening = {
        connection.laddr.ip
        for process in environment.processes()
        for connection in process.net_connections("inet")
        if connection.status == "LISTEN"
    }
    assert listening <= {"127.0.0.1", "::1"}


def test_no_secret_is_in_a_log_or_an_argument_list(environment: Environment) -> None:
    import json

    secrets = json.loads((environment.state / "secrets.json").read_text())
    secrets.pop("instance")
    logs = "".join(path.read_text(errors="replace") for path in (environment.state / "logs").rglob("*.log"))
    arguments = " ".join(" ".join(process.cmdline()) for process in environment.processes())
    assert [name for name, value in secrets.items() if value in logs or value in arguments] == []
