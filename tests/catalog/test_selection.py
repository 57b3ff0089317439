import datetime as dt

import pytest

from gaia_vre.catalog.model import Dataset, Dimension, Facts, Period
from gaia_vre.catalog.selection import (
    boxes_touch,
    check_range,
    check_time,
    parse_box,
    parse_time,
    spoken_box,
    spoken_period,
)
from gaia_vre.core.errors import InvalidInput


@pytest.mark.parametrize(
    ("given", "first", "last"),
    [
        pytest.param("2008", "2008-01-01T00:00:00", "2008-12-31T23:59:59", id="year"),
        pytest.param("2008-02", "2008-02-01T00:00:00", "2008-02-29T23:59:59", id="month"),
        pytest.param("2008-02-03T12", "2008-02-03T12:00:00", "2008-02-03T12:59:59", id="hour"),
        pytest.param(slice("2007", None), "2007-01-01T00:00:00", None, id="open slice"),
        pytest.param(("2007", "2008-06"), "2007-01-01T00:00:00", "2008-06-30T23:59:59", id="pair"),
        pytest.param(dt.date(2008, 1, 2), "2008-01-02T00:00:00", "2008-01-02T23:59:59", id="date"),
        pytest.param(
            dt.datetime(2008, 1, 2, 3, tzinfo=dt.UTC), "2008-01-02T03:00:00", "2008-01-02T03:00:00", id="datetime"
        ),
    ],
)
def test_times_are_understood(given: object, first: str | None, last: str | None) -> None:
    asked = parse_time(given)
    assert (asked.first, asked.last) == (first, last)


@pytest.mark.parametrize("given", ["yesterday", "2008-13", "08", 7.5, "2008/01/01", "", "2008-01-01T99"])
def test_what_is_no_date_is_refused(given: object) -> None:
    with pytest.raises(InvalidInput, match="is no date"):
        parse_time(given)


def test_a_range_that_runs_backwards_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"ends \(2008\) before it starts \(2009\)"):
        parse_time(slice("2009", "2008"))


@pytest.mark.parametrize(
    "given", [(1, 2, 3), "north", (0, 50, 10, 40), (0, -100, 10, 40), None, (0, 0, 0, float("nan"))]
)
def test_what_is_no_box_is_refused(given: object) -> None:
    with pytest.raises(InvalidInput, match="bbox"):
        parse_box(given)


@pytest.mark.parametrize(
    ("one", "other", "touch"),
    [
        pytest.param((0, 0, 10, 10), (5, 5, 15, 15), True, id="overlap"),
        pytest.param((0, 0, 10, 10), (11, 0, 20, 10), False, id="beside"),
        pytest.param((-180, -90, 180, 90), (5, 5, 6, 6), True, id="globe"),
        pytest.param((170, 0, -170, 10), (-175, 0, -174, 10), True, id="date line"),
        pytest.param((350, 0, 360, 10), (-5, 0, -1, 10), True, id="0 to 360"),
    ],
)
def test_boxes_touch(one: tuple, other: tuple, touch: bool) -> None:
    assert boxes_touch(one, other) is touch
    assert boxes_touch(other, one) is touch


def test_a_time_outside_says_the_period() -> None:
    dataset = Dataset("d", "D", "", facts=Facts(period=Period("2006-04-16T00:00:00Z", "2010-09-16T00:00:00Z")))
    check_time(dataset, parse_time("2010-09"))
    with pytest.raises(InvalidInput, match="d: time 2011 lies outside 2006-04-16 to 2010-09-16"):
        check_time(dataset, parse_time("2011"))


def test_a_value_within_a_step_of_the_edge_is_taken() -> None:
    level = Dimension("plev", "z", 3, 100.0, 300.0, "Pa")
    check_range(Dataset("d", "D", ""), level, 380, 380)
    with pytest.raises(InvalidInput, match="plev 500 lies outside 100 to 300 Pa"):
        check_range(Dataset("d", "D", ""), level, 500, 500)


def test_extents_are_spoken() -> None:
    assert spoken_box((-180, -5, 180, 4.4)) == "5°S to 4.4°N, all longitudes"
    assert spoken_box((-180, -90, 180, 90)) == "the whole globe"
    assert spoken_box((0, 40, 10, 50)) == "40°N to 50°N, 0° to 10°E"
    assert spoken_box(None) == spoken_period(Period()) == "unknown"
    assert spoken_period(Period("1993-01-01T00:00:00Z")) == "since 1993-01-01"
