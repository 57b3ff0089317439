import math

import pytest
from dask_gateway_server.models import User

from gaia_vre.core.settings import Settings, parse_settings
from gaia_vre.gateway.options import local_options


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        pytest.param({"worker_cores": 5}, "worker_cores: 5 cores asked, at most 4 allowed", id="too many cores"),
        pytest.param({"worker_cores": 0}, "worker_cores: 0 cores asked, at least 1 allowed", id="no core"),
        pytest.param({"worker_memory_gib": 9}, "worker_memory_gib: 9 GiB asked, at most 8 allowed", id="memory"),
        pytest.param({"workers": 41}, "workers: 41 workers asked, at most 40 allowed", id="too many workers"),
        pytest.param({"workers": -1}, "workers: -1 workers asked, at least 0 allowed", id="fewer than none"),
        pytest.param({"workers": 1.5}, "workers: 1.5 is not a whole number", id="half a worker"),
        pytest.param({"worker_memory_gib": math.nan}, "worker_memory_gib: nan is not a number", id="not a number"),
        pytest.param({"worker_cores": True}, "worker_cores: True is not a number", id="a truth value"),
        pytest.param({"worker_cores": "2"}, "worker_cores: '2' is not a number", id="text"),
        pytest.param({"environment": "x"}, "'x' is not a valid option for environment", id="environment"),
        pytest.param({"scheduler_cmd": "sh"}, "Unknown fields ['scheduler_cmd']", id="not an option"),
    ],
)
def test_what_is_out_of_bounds_is_refused_with_value_and_limit(asked, told):
    with pytest.raises((ValueError, TypeError)) as refusal:
        local_options(Settings()).parse_options(asked)
    assert str(refusal.value) == told


def test_nothing_asked_gives_the_defaults_of_the_settings():
    settings = parse_settings({"dask": {"worker_cores": 2, "worker_memory_gib": 1.5}})
    options = local_options(settings)
    configuration = options.get_configuration(options.parse_options({}), User("ada"))
    assert configuration["worker_cores"] == configuration["worker_threads"] == 2
    assert configuration["worker_memory"] == int(1.5 * 2**30)


def test_defaults_over_the_limits_are_lowered_to_them():
    settings = parse_settings({"dask": {"worker_cores": 8, "worker_cores_limit": 2, "worker_memory_gib_limit": 0.1}})
    assert local_options(settings).parse_options({})["worker_cores"] == 2
    assert local_options(settings).parse_options({})["worker_memory_gib"] == 0.1


def test_an_environment_runs_its_own_python(tmp_path):
    chosen = {"name": "other", "title": "Other", "prefix": str(tmp_path)}
    options = local_options(parse_settings({"labs": {"environments": [chosen]}}))
    configuration = options.get_configuration(options.parse_options({"environment": "other"}), User("ada"))
    assert configuration["scheduler_cmd"][0] == str(tmp_path / "bin" / "python")
