"""Read one message of a Vaisala CL31 ceilometer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gaia_vre.core.errors import InvalidInput

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

_DIGITS = 5
_PROFILE = re.compile(r"[0-9a-f]{500,}")
_SETTINGS = re.compile(r"^(?P<scale>\d{5}) (?P<step>\d{2}) (?P<length>\d{4}) ", re.MULTILINE)
_UNIT_PER_COUNT = 1e-8
"""The instrument counts in (100 000 km sr)⁻¹, that is 1e-8 m⁻¹ sr⁻¹."""


def read_cl31(source: Path) -> pd.DataFrame:
    """Return one row per height: height (m), count, attenuated_backscatter (m⁻¹ sr⁻¹).

    Notes
    -----
    The profile is a row of five hexadecimal digits per height, 20-bit two's complement, lowest
    height first; the line before it gives the scale in percent, the step in metres and the length.
    """
    import pandas as pd

    text = source.read_text(encoding="ascii", errors="replace")
    settings, profile = _SETTINGS.search(text), _PROFILE.search(text)
    if settings is None or profile is None:
        raise InvalidInput(f"{source.name}: holds no profile of a CL31 ceilometer")
    digits, length = profile.group(), int(settings["length"])
    if len(digits) < length * _DIGITS:
        raise InvalidInput(f"{source.name}: {length} heights expected, {len(digits) // _DIGITS} found")
    counts = [_signed(digits[at : at + _DIGITS]) for at in range(0, length * _DIGITS, _DIGITS)]
    table = pd.DataFrame({"height": [int(settings["step"]) * level for level in range(length)], "count": counts})
    table["attenuated_backscatter"] = table["count"] * _UNIT_PER_COUNT * int(settings["scale"]) / 100
    return table


def _signed(digits: str) -> int:
    value = int(digits, 16)
    return value - (1 << 20) if value >= 1 << 19 else value
