"""Amounts as integers: a millionth of a core, of a GiB, of a credit; over time, times seconds."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from gaia_vre.core.errors import InvalidInput

MICRO = 1_000_000
HOUR = 3600
LARGEST = 1_000_000_000
"""More cores, GiB, workers or credits than this are an error of whoever asks."""


def micro(name: str, value: float | int | str | Decimal) -> int:
    """Return a given amount in millionths; digits beyond the sixth are rounded away.

    Raises
    ------
    InvalidInput
        It is no number, negative, or over 10⁹.
    """
    try:
        exact = Decimal(str(value))
    except InvalidOperation:
        raise InvalidInput(f"{name}: {str(value)[:40]!r} is no number") from None
    if not exact.is_finite() or not 0 <= exact <= LARGEST:
        raise InvalidInput(f"{name}: {str(value)[:40]} is not from 0 to {LARGEST:,}")
    return int((exact * MICRO).to_integral_value())


def micro_hours(name: str, value: float | int | str | Decimal) -> int:
    """Return core-hours, GiB-hours or credits in millionths times seconds; raises as `micro`."""
    return micro(name, value) * HOUR


def plain(amount: int) -> float:
    """Return millionths as the number that people read."""
    return amount / MICRO


def hours(amount: int) -> float:
    """Return millionths times seconds as core-hours, GiB-hours or credits."""
    return amount / (MICRO * HOUR)
