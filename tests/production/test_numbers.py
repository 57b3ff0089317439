"""A picture as a table: the values in equal parts of its axis."""

from __future__ import annotations

import numpy as np
import pytest

from gaia_vre.production.numbers import MOST_ROWS, numbers
from gaia_vre.production.subjects import Subject

NAN = float("nan")


def test_a_map_is_told_by_its_rows_from_the_top() -> None:
    values = np.array([[1.0, 3.0], [NAN, 5.0], [NAN, NAN]])
    subject = Subject("map", "sst", values=values, x=[0, 1], y=np.array([10.0, 20.0, 30.0]), y_title="°N")
    assert numbers(subject) == ("°N", ((20.0, 20.0, 5.0, 5.0, 5.0), (10.0, 10.0, 1.0, 2.0, 3.0)))


def test_many_rows_of_a_field_are_few_of_a_table() -> None:
    y = np.arange(180) - 89.5
    subject = Subject("map", "sst", values=np.repeat(y[:, None], 4, axis=1), x=range(4), y=y, y_title="°N")
    _, rows = numbers(subject)
    assert len(rows) == MOST_ROWS
    assert rows[0] == (75.5, 89.5, 75.5, 82.5, 89.5)
    assert rows[-1][:2] == (-89.5, -75.5)


@pytest.mark.parametrize(
    ("times", "first"),
    [
        (np.array(["2020-01-15", "2020-02-15"], dtype="datetime64[ns]"), "2020-01-15"),
        (np.array(["2020-01-15T06:00", "2020-01-15T07:00"], dtype="datetime64[ns]"), "2020-01-15T06:00Z"),
        (np.array([2019, 2020]), "2019"),
    ],
    ids=["days", "hours of one day", "years"],
)
def test_a_series_is_told_by_its_times(times: object, first: str) -> None:
    subject = Subject("series", "sst", lines=((times, np.array([1.5, 2.5]), ""),))
    along, rows = numbers(subject)
    assert (along, rows[0]) == ("", (first, first, 1.5, 1.5, 1.5))


def test_a_profile_is_told_by_its_heights_from_the_top() -> None:
    lines = ((np.array([7.0, 8.0]), np.array([0.0, 100.0]), ""),)
    subject = Subject("profile", "backscatter", lines=lines, x_title="backscatter", y_title="height")
    assert numbers(subject) == ("height", ((100.0, 100.0, 8.0, 8.0, 8.0), (0.0, 0.0, 7.0, 7.0, 7.0)))


def test_traces_are_told_one_by_one() -> None:
    times = np.arange(3.0)
    lines = ((times, np.array([-1.0, 0.0, 4.0]), "IU.AFI"), (times, np.full(3, NAN), "IU.ADK"))
    assert numbers(Subject("traces", "two", lines=lines)) == ("", (("IU.AFI", "IU.AFI", -1.0, 1.0, 4.0),))


def test_points_are_told_by_their_latitudes_and_true_colours_not_at_all() -> None:
    points = (np.array([1.0, 2.0, 3.0]), np.array([5.0, 5.0, -5.0]), np.array([4.0, 6.0, 1.0]))
    _, rows = numbers(Subject("points", "mag", points=points, y_title="°N"))
    assert rows == ((5.0, 5.0, 4.0, 5.0, 6.0), (-5.0, -5.0, 1.0, 1.0, 1.0))
    assert numbers(Subject("image", "bands", picture=np.zeros((2, 2, 3)))) == ("", ())
