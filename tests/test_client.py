import httpx2
import pytest

from gaia_vre.client import ServiceClient
from gaia_vre.core.errors import ERRORS, GaiaError, NotSignedIn, Unavailable


def client(status: int, body: object, kind: str = "application/problem+json") -> ServiceClient:
    def answer(request: httpx2.Request) -> httpx2.Response:
        assert request.headers["authorization"] == "token t"
        return httpx2.Response(status, json=body, headers={"content-type": kind})

    return ServiceClient("http://hub/services/gaia", "t", httpx2.MockTransport(answer))


@pytest.mark.parametrize("kind", ERRORS.values(), ids=lambda kind: kind.__name__)
def test_the_error_that_was_raised_comes_out(kind: type[GaiaError]) -> None:
    body = {"status": kind.status, "code": kind.code, "detail": "3 of 2 asked"}
    with client(kind.status, body) as service, pytest.raises(kind, match="3 of 2 asked"):
        service.me()


@pytest.mark.parametrize("body", ["<html>", {"message": "x"}, None])
def test_an_answer_without_a_reason_is_said_so(body: object) -> None:
    with client(502, body) as service, pytest.raises(Unavailable, match="502"):
        service.servers()


def test_what_is_asked_comes_back() -> None:
    with client(200, [{"name": "a1"}]) as service:
        assert service.clusters() == [{"name": "a1"}]


def test_outside_a_lab_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GAIA_VRE_URL", raising=False)
    with pytest.raises(NotSignedIn, match="url and a hub token"):
        ServiceClient()
