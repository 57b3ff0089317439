from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from gaia_vre.hub.pods.orphans import end_orphans, known_pods
from tests.support.cluster import refusal


def pod(name: str, age: float = 60, ending: bool = False) -> Any:
    now = datetime.now(UTC)
    times = {"creation_timestamp": now - timedelta(seconds=age), "deletion_timestamp": now if ending else None}
    return SimpleNamespace(metadata=SimpleNamespace(name=name, **times))


class Pods:
    def __init__(self, *pods: Any) -> None:
        self.items, self.ended, self.asked = pods, [], []
        self.answer: Exception | None = None

    async def list_namespaced_pod(self, namespace: str, label_selector: str) -> Any:
        self.asked.append((namespace, label_selector))
        return self

    async def delete_namespaced_pod(self, name: str, namespace: str) -> None:
        self.ended.append(name)
        if self.answer:
            raise self.answer


def look(pods: Pods, *known: str) -> list[str]:
    return asyncio.run(end_orphans(pods, "labs", "release=gaia", lambda: set(known)))


def test_a_pod_that_the_hub_does_not_know_is_ended():
    pods = Pods(pod("jupyter-ada"), pod("jupyter-eve"))
    look(pods, "jupyter-ada")
    assert pods.ended == ["jupyter-eve"]
    assert pods.asked == [("labs", "gaia-vre/kind in (lab, project, app, sandbox),release=gaia")]


@pytest.mark.parametrize("state", [{"age": 0}, {"ending": True}], ids=["young", "ending"])
def test_pods_that_begin_or_end_are_left_alone(state):
    pods = Pods(pod("jupyter-eve", **state))
    assert look(pods) == []
    assert pods.ended == []


def test_a_pod_that_is_gone_meanwhile_is_no_trouble():
    pods = Pods(pod("jupyter-eve"), pod("jupyter-bob"))
    pods.answer = refusal(404, "not found", "NotFound")
    look(pods)
    assert pods.ended == ["jupyter-eve", "jupyter-bob"]


def test_what_the_hub_runs_starts_or_stops_is_known():
    states = {"runs": (True, None), "starts": (False, "spawn"), "stops": (True, "stop"), "is over": (False, None)}
    spawners = {
        name: SimpleNamespace(pod_name=name, active=active, pending=pending)
        for name, (active, pending) in states.items()
    }
    app = SimpleNamespace(users={1: SimpleNamespace(spawners=spawners)})
    assert known_pods(app) == {"runs", "starts", "stops"}
