"""What the hub sees of pods after the API server was silent, with KubeSpawner's own reflector."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from kubespawner.spawner import PodReflector

from gaia_vre.hub.pods.watching import has_given_up, is_passing, look_again
from tests.support.cluster import refusal

PODS = {"items": [{"metadata": {"namespace": "labs", "name": "jupyter-ada"}}], "metadata": {"resourceVersion": "7"}}


class Answer:
    def __init__(self, status: int) -> None:
        self.status, self.ok, self.reason = status, status < 400, "Too Many Requests"

    async def json(self) -> Any:
        return {"message": "try again later"}

    async def read(self) -> str:
        return json.dumps(PODS)


class Api:
    """An API server whose lists are answered with one status after the other, the last again and again."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)

    async def list_namespaced_pod(self, **_: Any) -> Answer:
        return Answer(self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0])


@pytest.fixture
def make_reflector(monkeypatch: pytest.MonkeyPatch) -> Callable[..., PodReflector]:
    monkeypatch.setattr("kubespawner.reflector.shared_client", lambda _: SimpleNamespace(list_namespaced_pod=None))

    async def give_up(_: PodReflector) -> None:
        """What is left of a watch after 51 s of failures."""

    monkeypatch.setattr(PodReflector, "_watch_and_update", give_up)

    def make(*statuses: int) -> PodReflector:
        reflector = PodReflector(namespace="labs")
        reflector.api = Api(*statuses)
        return reflector

    return make


def test_a_first_look_that_failed_is_made_again(make_reflector: Callable[..., PodReflector]) -> None:
    async def look() -> PodReflector:
        reflector = make_reflector(429, 429, 200)
        for _ in range(2):
            with pytest.raises(Exception, match="429") as failed:
                await (look_again(reflector) if reflector.first_load_future.done() else reflector.start())
            assert is_passing(failed.value)
        await look_again(reflector)
        await reflector.first_load_future
        return reflector

    assert list(asyncio.run(look()).pods) == ["labs/jupyter-ada"]


def test_a_watch_that_gave_up_is_begun_again_and_shows_what_it_knew_until_then(
    make_reflector: Callable[..., PodReflector],
) -> None:
    async def look() -> None:
        reflector = make_reflector(200, 500, 200)
        await reflector.start()
        await asyncio.sleep(0)
        assert has_given_up(reflector)
        with pytest.raises(Exception, match="500"):
            await look_again(reflector)
        assert list(reflector.pods) == ["labs/jupyter-ada"]
        await look_again(reflector)
        assert not has_given_up(reflector)

    asyncio.run(look())


@pytest.mark.parametrize(("status", "passing"), [(429, True), (500, True), (403, False), (404, False)])
def test_a_refusal_for_good_is_not_waited_for(status: int, passing: bool) -> None:
    assert is_passing(refusal(status, "")) is passing
