"""Starts, refusals and ends of labs on a cluster that is not there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest

from gaia_vre.hub.refusal import Refusal
from tests.support.cluster import QUOTA, refusal, running, terminated

FULL = {"code": "does-not-fit", "detail": "Ocean: 2 cores asked, 0 of 40 left"}
FULL |= {
    "facts": {
        "account": "project:heat",
        "title": "Ocean",
        "dimension": "cores",
        "source": "",
        "asked": 2,
        "left": 0,
        "limit": 40,
    }
}


@asynccontextmanager
async def answering(spawner: Any) -> AsyncIterator[None]:
    """Let the pod run, with a lab that listens."""

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    spawner.port = server.sockets[0].getsockname()[1]
    spawner.cluster.status = running("127.0.0.1")
    try:
        yield
    finally:
        server.close()
        await server.wait_closed()


def start(spawner: Any) -> str:
    async def run() -> str:
        async with answering(spawner):
            return await spawner.start()

    return asyncio.run(run())


def refused(spawner: Any) -> Refusal:
    async def run() -> None:
        await spawner.start()

    with pytest.raises(Refusal) as caught:
        asyncio.run(run())
    assert spawner.refused
    return caught.value


def test_a_start_returns_when_the_lab_answers(make_spawner, cluster):
    spawner = make_spawner()
    assert start(spawner) == f"http://127.0.0.1:{spawner.port}"
    assert spawner.ran
    assert not spawner.refused
    (pod,) = cluster.created
    assert pod["metadata"]["labels"]["gaia-vre/lease"] == spawner.lease


def test_what_a_start_reserved_outlives_the_hub(make_spawner):
    first, second = make_spawner(), make_spawner()
    start(first)
    second.load_state(first.get_state())
    assert (second.lease, second.account, second.ran) == (first.lease, "project:heat", True)


def test_without_room_in_the_ledger_no_pod_is_asked_for(make_spawner, service, cluster):
    service.refusal = FULL
    assert "2 cores asked, 0 of 40 left" in refused(make_spawner()).message
    assert cluster.created == []


def test_a_size_that_does_not_exist_is_refused_before_anything_is_asked(make_spawner, service):
    assert refused(make_spawner(size="huge")).status_code == 400
    assert service.told == []


def test_a_full_quota_of_the_cluster_is_told_in_numbers(make_spawner, cluster, service):
    cluster.answers = [refusal(403, QUOTA)]
    spawner = make_spawner({"kubernetes": {"homes": {"kind": "shared-claim"}}})
    error = refused(spawner)
    assert error.message.startswith("The cluster is full: 2 cores asked, 1.5 of 11 left in quota gaia-backstop. ")
    assert error.status_code == 409
    lease = spawner.lease
    asyncio.run(spawner.desk.release(spawner))
    assert service.released == [lease]


@pytest.mark.parametrize(
    ("words", "status"),
    [('violates PodSecurity "restricted:latest"', 403), ("cannot create resource pods", 403), ("is invalid", 422)],
)
def test_what_only_operators_understand_stays_in_the_log(make_spawner, cluster, caplog, words, status):
    cluster.answers = [refusal(status, words)]
    error = refused(make_spawner({"kubernetes": {"homes": {"kind": "shared-claim"}}}))
    assert words not in error.message
    assert "Nothing was started and nothing was charged" in error.message
    assert words in caplog.text


def test_no_log_line_holds_the_labs_token(make_spawner, cluster, caplog):
    caplog.set_level(logging.DEBUG)
    cluster.answers = [refusal(403, QUOTA)]
    spawner = make_spawner({"kubernetes": {"homes": {"kind": "shared-claim"}}})
    spawner.api_token = "the-token-of-this-lab"
    refused(spawner)
    assert "the-token-of-this-lab" not in caplog.text


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_api_server_that_asks_for_patience_gets_it(make_spawner, cluster, status):
    cluster.answers = [refusal(status, "later")] * 2
    spawner = make_spawner({"kubernetes": {"homes": {"kind": "shared-claim"}}})
    start(spawner)
    assert len(cluster.created) == 1


def test_an_api_server_that_is_away_is_told_in_words(make_spawner, cluster, monkeypatch):
    async def away(*_: Any, **__: Any) -> None:
        raise aiohttp.ClientConnectionError("refused")

    monkeypatch.setattr(cluster, "create_namespaced_persistent_volume_claim", away)
    assert refused(make_spawner()).message.startswith("The cluster does not answer. Nothing was started")


def test_a_quota_that_changes_meanwhile_ends_nothing(make_spawner, cluster):
    cluster.answers = [refusal(409, "the object has been modified; please apply your changes", "Conflict")]
    spawner = make_spawner({"kubernetes": {"homes": {"kind": "shared-claim"}}})
    start(spawner)
    assert len(cluster.created) == 1


def test_a_pod_that_a_killed_hub_left_is_replaced(make_spawner, cluster):
    start(make_spawner())
    start(make_spawner())
    assert len(cluster.created) == 2
    assert len(cluster.pods) == 1


LATE = [
    pytest.param(
        {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]},
        "No node of the cluster has room now for 2 cores and 4 GiB",
        id="no room",
    ),
    pytest.param(
        {
            "phase": "Pending",
            "containerStatuses": [{"name": "notebook", "state": {"waiting": {"reason": "ErrImagePull"}}}],
        },
        "The image of Pangeo cannot be fetched: tell the operators",
        id="no image",
    ),
    pytest.param({"phase": "Pending"}, "did not get the lab ready within 10 s", id="something else"),
]


@pytest.mark.parametrize(("status", "words"), LATE)
def test_a_pod_that_does_not_run_in_time_is_told_why(make_spawner, cluster, monkeypatch, status, words):
    monkeypatch.setattr("gaia_vre.hub.pods.spawner._MARGIN_SECONDS", 9.99)
    monkeypatch.setattr("gaia_vre.hub.pods.spawner._LEAST_SECONDS", 0.5)
    cluster.status = status
    values = {"labs": {"start_seconds": 10}, "kubernetes": {"homes": {"kind": "shared-claim"}}}
    assert words in refused(make_spawner(values)).message


ENDS = [
    pytest.param(terminated("OOMKilled", 137), "memory", id="over its memory"),
    pytest.param(terminated("Error", 1), "crashed", id="by itself"),
    pytest.param(terminated("Completed", 0), None, id="shut down by its owner"),
    pytest.param(
        {"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource"}, "node", id="evicted"
    ),
    pytest.param({"phase": "Failed", "reason": "DeadlineExceeded"}, "deadline", id="deadline"),
]


@pytest.mark.parametrize(("status", "reason"), ENDS)
def test_the_status_of_a_pod_tells_why_it_ended(make_spawner, cluster, status, reason):
    spawner = make_spawner()
    start(spawner)
    (pod,) = cluster.pods.values()
    pod["status"] = status
    assert asyncio.run(spawner.poll()) is not None
    assert spawner.end_reason == reason


def test_why_a_pod_ended_is_known_when_all_of_it_has(make_spawner, cluster):
    """The kubelet first ends the lab, then what stands beside it, and then writes that it evicted the pod."""
    spawner = make_spawner()
    start(spawner)
    (pod,) = cluster.pods.values()
    beside = {"name": "guard", "state": {"running": {}}}
    pod["status"] = terminated("Error", 1) | {"phase": "Running", "initContainerStatuses": [beside]}
    assert asyncio.run(spawner.poll()) is None
    message = 'Usage of EmptyDir volume "sandbox" exceeds the limit "200Mi".'
    pod["status"] = {"phase": "Failed", "reason": "Evicted", "message": message}
    assert asyncio.run(spawner.poll()) is not None
    assert spawner.end_reason == "disk"


@pytest.mark.parametrize(
    ("uid", "reason"), [("uid-1", "disk"), ("of the lab before", None)], ids=["its own", "another"]
)
def test_an_eviction_that_the_pod_does_not_show_is_read_from_the_event(make_spawner, cluster, monkeypatch, uid, reason):
    """A lab that ends by itself when the kubelet asks it to is shown as one that its owner shut down."""
    spawner = make_spawner()
    start(spawner)
    message = 'Usage of EmptyDir volume "gaia-home" exceeds the limit "200Mi".'
    evicted = {"reason": "Evicted", "message": message, "involvedObject": {"uid": uid}}
    seen = SimpleNamespace(resources={"a": {"reason": "Pulled", "involvedObject": {"uid": uid}}, "b": evicted})
    monkeypatch.setattr(type(spawner), "event_reflector", seen)
    (pod,) = cluster.pods.values()
    pod["status"] = terminated("Completed", 0)
    assert asyncio.run(spawner.poll()) is not None
    assert spawner.end_reason == reason


def test_a_stop_in_the_middle_of_an_end_waits_for_its_reason(make_spawner, cluster):
    """A hub that has just begun stops what does not answer, and has not asked any person."""
    spawner = make_spawner()
    start(spawner)
    (pod,) = cluster.pods.values()
    pod["status"] = terminated("Error", 1) | {"phase": "Running"}
    message = 'Usage of EmptyDir volume "sandbox" exceeds the limit "200Mi".'

    async def stop_while_it_ends() -> None:
        stopping = asyncio.create_task(spawner.stop())
        await asyncio.sleep(0.3)
        assert cluster.pods
        pod["status"] = {"phase": "Failed", "reason": "Evicted", "message": message}
        await stopping

    asyncio.run(stop_while_it_ends())
    assert cluster.pods == {}
    assert spawner.end_reason == "disk"


def test_a_pod_whose_node_is_drained_ends_for_its_node(make_spawner, cluster):
    spawner = make_spawner()
    start(spawner)
    spawner.server.url = f"http://127.0.0.1:{spawner.port}/"
    (pod,) = cluster.pods.values()
    pod["status"]["conditions"] = [{"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"}]
    assert asyncio.run(spawner.poll()) is None
    cluster.pods.clear()
    assert asyncio.run(spawner.poll()) == 1
    assert spawner.end_reason == "node"


def test_a_pod_that_is_gone_without_a_word_is_lost(make_spawner, cluster):
    spawner = make_spawner()
    start(spawner)
    cluster.pods.clear()
    assert asyncio.run(spawner.poll()) == 1
    assert spawner.end_reason == "lost"


def test_a_lab_that_ends_while_it_starts_is_not_waited_for(make_spawner, cluster):
    cluster.status = terminated("Error", 3)
    assert refused(make_spawner()).reason == "exited"


def test_what_somebody_stopped_is_not_lost(make_spawner):
    spawner = make_spawner()
    start(spawner)
    asyncio.run(spawner.stop())
    assert asyncio.run(spawner.poll()) == 1
    assert spawner.end_reason is None


def test_a_stop_waits_for_an_api_server_in_trouble(make_spawner, cluster):
    spawner = make_spawner()
    start(spawner)
    cluster.answers = [refusal(500, "etcd")]
    asyncio.run(spawner.stop())
    assert cluster.pods == {}
