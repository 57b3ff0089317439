import pytest

from tests.benchmarks.__main__ import MEASURES, main
from tests.benchmarks.measure import Measure, table


@pytest.mark.parametrize(
    ("ours", "stock", "ratio"),
    [([1.0, 9.0, 2.0], [4.0], 0.5), ([0.0], [4.7], 0.0), ([0.0], [0.0], 0.0), ([1.0], [0.0], float("inf"))],
    ids=["medians", "nothing lost", "nothing on either side", "stock needs nothing"],
)
def test_the_ratio_is_that_of_the_medians(ours, stock, ratio):
    assert Measure("m", "s", ours, stock, aim=1).ratio == ratio


def test_a_missed_aim_is_said():
    text = table([Measure("good", "s", [1.0], [4.0], aim=0.5), Measure("bad", "s", [3.0], [4.0], aim=0.5)])
    assert [line.endswith("missed") for line in text.splitlines()] == [False, False, True]


def test_a_measure_that_does_not_exist_is_refused(capsys):
    assert main(["first_sell"]) == 2
    assert MEASURES[0] in capsys.readouterr().err
