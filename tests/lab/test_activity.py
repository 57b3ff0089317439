from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from gaia_vre.lab import activity


def server(*states):
    kernels = {str(number): SimpleNamespace(execution_state=state) for number, state in enumerate(states)}
    manager = SimpleNamespace(list_kernel_ids=lambda: list(kernels), get_kernel=kernels.__getitem__)
    return SimpleNamespace(kernel_manager=manager, web_app=SimpleNamespace(settings={"last_activity_times": {}}))


@pytest.mark.parametrize("states", [("busy",), ("idle", "busy"), ("starting", "busy", "idle")])
def test_a_busy_kernel_is_activity_of_this_moment(states):
    lab, before = server(*states), datetime.now(UTC)
    activity.record(lab)
    assert before <= lab.web_app.settings["last_activity_times"][activity.KEY] <= datetime.now(UTC)


@pytest.mark.parametrize("states", [(), ("idle",), ("idle", "starting", "dead")])
def test_a_kernel_that_waits_is_none(states):
    lab = server(*states)
    activity.record(lab)
    assert lab.web_app.settings["last_activity_times"] == {}
