from collections.abc import Iterator

import pytest

from tests.support.harvest_cases import CASES, Case
from tests.support.replay import Replay, running_replay


@pytest.fixture
def replay() -> Iterator[Replay]:
    with running_replay() as one:
        yield one


@pytest.fixture(params=list(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture(params=[name for name, case in CASES.items() if case.remote])
def remote(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture(params=[name for name, case in CASES.items() if case.xml])
def xml(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]
