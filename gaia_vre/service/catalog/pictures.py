"""Pictures of the data, out of the catalog's folder: nothing else of it is handed out here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.responses import Response
    from starlette.types import Scope

_KINDS = (".png", ".jpg")
_KEPT = "private, max-age=31536000, immutable"


class Pictures(StaticFiles):
    """Serve pictures with their ETag; their names hold a digest of the content, so they may be kept for long."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, check_dir=False)

    async def get_response(self, path: str, scope: Scope) -> Response:
        if not path.endswith(_KINDS) or "/." in f"/{path}":
            raise HTTPException(404)
        answer = await super().get_response(path, scope)
        if answer.status_code in (200, 304):
            answer.headers["Cache-Control"] = _KEPT
        return answer
