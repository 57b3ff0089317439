"""One measure: what we need and what stock software needs, in the same run."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Measure:
    """Samples of ours and of stock software, and the ratio of their medians aimed at."""

    name: str
    unit: str
    ours: list[float]
    stock: list[float]
    aim: float

    @property
    def ratio(self) -> float:
        """Median of ours over median of stock; infinite when stock needs nothing and we do."""
        ours, stock = median(self.ours), median(self.stock)
        if stock == 0:
            return float("inf") if ours else 0.0
        return ours / stock


def table(measures: list[Measure]) -> str:
    """Return the measures as lines of a table."""
    lines = [f"{'measure':58} {'ours':>10} {'stock':>10} {'ratio':>6} {'aim':>5}"]
    for measure in measures:
        ours, stock = (f"{median(samples):.3g} {measure.unit}" for samples in (measure.ours, measure.stock))
        met = "" if measure.ratio <= measure.aim else "  missed"
        lines.append(f"{measure.name:58} {ours:>10} {stock:>10} {measure.ratio:6.2f} {measure.aim:5.2f}{met}")
    return "\n".join(lines)
