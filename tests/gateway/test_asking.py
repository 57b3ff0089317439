"""What the gateway makes of the service's answers."""

import asyncio

import httpx2
import pytest

from gaia_vre.core.errors import DoesNotFit, NotAllowed, Unavailable
from gaia_vre.gateway.admission import Admission, Request
from gaia_vre.gateway.grants import Size, Sizes

SIZES = Sizes(Size(1, 2), Size(1, 2))
REQUEST = Request("c", "ada", None, SIZES, 2)


def asked(answer):
    async def ask():
        admission = Admission("http://service/", "token", httpx2.MockTransport(lambda _: answer))
        try:
            return await admission.reserve(REQUEST)
        finally:
            await admission.close()

    return asyncio.run(ask())


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(httpx2.Response(307, json={}), id="leads elsewhere"),
        pytest.param(httpx2.Response(200, text="<html>"), id="a page"),
        pytest.param(httpx2.Response(200, json=[1]), id="a list"),
        pytest.param(httpx2.Response(201, json={"granted_workers": "many"}), id="words"),
        pytest.param(httpx2.Response(500, json={"code": "internal", "detail": "x"}), id="a mistake of ours"),
        pytest.param(httpx2.Response(502, text="proxy"), id="a proxy's"),
    ],
)
def test_an_answer_that_makes_no_sense_is_silence(answer):
    with pytest.raises(Unavailable):
        asked(answer)


@pytest.mark.parametrize(
    ("code", "status", "error"), [("does-not-fit", 409, DoesNotFit), ("not-allowed", 403, NotAllowed)]
)
def test_a_refusal_is_raised_as_the_service_raised_it(code, status, error):
    with pytest.raises(error, match="no room"):
        asked(httpx2.Response(status, json={"code": code, "detail": "no room"}))


def test_what_is_asked_names_lease_sizes_and_workers():
    body = Request("x", "ada", ["b", "a"], SIZES, 2, account="person:ada", parent="s-1", runs_for=5).body
    assert (body["id"], body["groups"], body["forced"], body["seconds_ago"]) == ("c-x", ["a", "b"], True, 5)
    assert body["workers"] == {"count": 2, "cores": 1, "memory_gib": 2}
    assert (body["account"], body["parent"]) == ("person:ada", "s-1")
    assert "account" not in REQUEST.body
