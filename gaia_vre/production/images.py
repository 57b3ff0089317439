"""Images to Cloud-Optimised GeoTIFF."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gaia_vre.core.errors import InvalidInput

if TYPE_CHECKING:
    from pathlib import Path


def write_cog(source: Path, target: Path) -> None:
    """Convert, then check what was written.

    Raises
    ------
    InvalidInput
        The result is no valid COG. The program ``rio cogeo validate`` cannot tell: it exits
        with 0 either way.
    """
    from rio_cogeo import cog_profiles, cog_translate, cog_validate

    cog_translate(str(source), str(target), cog_profiles.get("deflate"), in_memory=True, quiet=True)
    valid, problems, _ = cog_validate(str(target), quiet=True)
    if not valid:
        raise InvalidInput(f"{source.name}: no valid COG came out ({'; '.join(problems)})")
