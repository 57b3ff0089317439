"""Numbers on the page of use."""

from __future__ import annotations

import pytest

from gaia_vre.look.language import Language
from gaia_vre.service.quotas.bars import STEPS, round_step
from gaia_vre.service.quotas.words import scale


@pytest.mark.parametrize("largest", [0.0003, 0.008, 0.012, 0.03, 0.1, 0.9, 1, 3, 7, 9.9, 33, 250, 1e4, 7e6, 3e8])
def test_no_two_labels_of_an_axis_read_the_same(largest: float) -> None:
    step = round_step(largest / STEPS)
    labels = scale(Language("en"), [step * place for place in range(STEPS, -1, -1)])
    assert [float(one.replace(",", "")) for one in labels] == pytest.approx([step * n for n in range(STEPS, -1, -1)])
    assert len(set(labels)) == STEPS + 1


def test_an_axis_has_the_digits_of_its_steps() -> None:
    assert scale(Language("fr"), [0.01, 0.0075, 0.005, 0.0025, 0]) == ["0,01", "0,0075", "0,005", "0,0025", "0"]
    assert scale(Language("en"), [4, 3, 2, 1, 0]) == ["4", "3", "2", "1", "0"]
