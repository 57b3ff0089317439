from __future__ import annotations

import pytest

from tests.helm.chart import CHART, NO_SUBCHARTS, Helm, helm_program, with_stand_ins


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """Our own templates, rendered beside stand-ins for the official charts."""
    program = helm_program()
    return Helm(program, with_stand_ins(tmp_path_factory.mktemp("chart")))


@pytest.fixture(scope="session")
def whole() -> Helm:
    """The chart with the official ones in it."""
    program = helm_program()
    if len(list(CHART.glob("charts/*.tgz"))) < 2:
        pytest.skip(NO_SUBCHARTS)
    return Helm(program, CHART)
