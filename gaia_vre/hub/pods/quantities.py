"""Kubernetes' way to write amounts: 500m, 2, 4Gi."""

from __future__ import annotations

import re
from typing import Any

_FACTORS = {
    "n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
    "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50, "Ei": 2.0**60,
}  # fmt: skip
_QUANTITY = re.compile(r"([0-9.]+(?:[eE][+-]?[0-9]+)?)([A-Za-z]{0,2})")


def plain(quantity: Any) -> float:
    """Return the number that a quantity stands for: cores, bytes or pieces.

    Raises
    ------
    ValueError
        It is none.
    """
    match = _QUANTITY.fullmatch(str(quantity))
    if match is None or match[2] not in _FACTORS:
        raise ValueError(f"{str(quantity)[:40]!a} is no quantity")
    return float(match[1]) * _FACTORS[match[2]]
