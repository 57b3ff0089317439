"""Files as JupyterLab sees them; what is deleted in a project's folder goes to the trash of that folder."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from tornado.web import HTTPError

from gaia_vre.core.project_links import PROJECTS
from gaia_vre.core.trash import TRASH, throw_away


class Contents(AsyncLargeFileManager):
    """Jupyter's files, with the trash of projects.

    JupyterHub switches Jupyter's own off; it would also take shared files out of everybody's sight.
    """

    async def delete_file(self, path: str) -> None:
        manager: Any = super()
        found = Path(manager._get_os_path(path.strip("/")))
        real = Path(os.path.realpath(found.parent)) / found.name  # noqa: ASYNC240 - two system calls
        root = shared_folder(real)
        if root is None and found.is_symlink():  # noqa: ASYNC240
            found.unlink()  # noqa: ASYNC240 - what it leads to stays
            return
        if root is None or real == root or TRASH in real.relative_to(root).parts:
            await manager.delete_file(path)
            return
        if not os.path.lexists(real):  # noqa: ASYNC240
            raise HTTPError(404, f"There is no {path}")
        try:
            throw_away(real, root, datetime.now(UTC))
        except OSError as error:
            raise HTTPError(403, f"{path} cannot be deleted: {error.strerror}") from error


def shared_folder(path: Path) -> Path | None:
    """Return the project's folder that a path is in."""
    given = os.environ.get(PROJECTS)
    if not given or not path.is_relative_to(given) or path == Path(given):
        return None
    return Path(given) / path.relative_to(given).parts[0]
