"""The files of datasets with rights: ``files/<dataset>/<link>/<file>``, and without a link a way to get one.

A link is checked and no database asked, so a store of thousands of small files reads nearly as
quickly as plain files do. Whoever asks for ``files/<dataset>/<file>`` is decided on and, when
allowed, sent on to the same file with a link.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from gaia_vre.core.errors import InvalidInput, NotAllowed, NotFound, NotSignedIn
from gaia_vre.core.state import StateFolder
from gaia_vre.service.catalog.gate import Gate
from gaia_vre.service.catalog.linking import THROUGH
from gaia_vre.service.catalog.links import MARK
from gaia_vre.service.catalog.passing import Passage

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from gaia_vre.service.dependencies import Parts

_DATASET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_UNFIT = re.compile(r"[\x00-\x1f\x7f\\]")
_LONGEST = 2000
_PLAIN = "application/octet-stream"
# Whatever a file holds, a browser keeps it and never runs it: these pages have our origin.
_HEADERS = {"Content-Disposition": "attachment", "Cache-Control": "private, no-cache"}


class Files:
    """The application below ``files``."""

    def __init__(self, parts: Parts) -> None:
        self._login = parts.login
        self._gate = Gate(parts)
        self._passage = Passage(parts)
        self._folder = _Folder(StateFolder(parts.settings.state).restricted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        if request.method not in ("GET", "HEAD"):
            raise HTTPException(405, "Files are only read", headers={"Allow": "GET, HEAD"})
        dataset, file = _split(scope["path"].removeprefix(scope["root_path"]))

        async def finish(answer: Response) -> None:
            await _kept(answer)(scope, receive, send)

        if not file.startswith(MARK):
            await finish(await run_in_threadpool(self._send_on, request, dataset, file))
            return
        segment, _, path = file.partition("/")
        await self._check(request, dataset, segment)
        if path == THROUGH:
            await self._passage.serve(request, dataset, finish)
        else:
            await finish(await self._folder.file(dataset, path, scope))

    async def _check(self, request: Request, dataset: str, segment: str) -> None:
        link = self._gate.read(dataset, segment)
        if "authorization" in request.headers or "cookie" in request.headers:
            await run_in_threadpool(self._check_person, request, link.person)

    def _check_person(self, request: Request, person: str) -> None:
        """Refuse somebody else's link; who does not say who they are is known by the link alone."""
        try:
            caller = self._login.caller(request)
        except NotSignedIn:
            if "authorization" in request.headers:
                raise
            return
        if caller.name != person:
            raise NotAllowed(f"This link was made for somebody else: {caller.name} must ask for an own one")

    def _send_on(self, request: Request, dataset: str, file: str) -> Response:
        link = self._gate.link(dataset, self._login.caller(request).person)
        place = f"{request.scope['root_path']}/{dataset}/{self._gate.links.segment(link)}/{quote(file)}"
        return RedirectResponse(place, 307, {"Cache-Control": "no-store"})


class _Folder:
    """The folders of all datasets, without listings."""

    def __init__(self, folder: object) -> None:
        self._root = str(folder)
        self._folders: dict[str, StaticFiles] = {}

    async def file(self, dataset: str, path: str, scope: Scope) -> Response:
        """Return a file of a dataset: whole, in parts or unchanged, as asked; links out of the folder are not there."""
        if dataset not in self._folders:
            self._folders[dataset] = StaticFiles(directory=f"{self._root}/{dataset}", check_dir=False)
        return await self._folders[dataset].get_response(path, scope)


def _kept(answer: Response) -> Response:
    """Return an answer that a browser keeps as a file."""
    for name, value in _HEADERS.items():
        answer.headers.setdefault(name, value)
    if answer.status_code in (200, 206):
        answer.headers["content-type"] = _PLAIN
    return answer


def _split(path: str) -> tuple[str, str]:
    """Return the dataset and the rest of a path; raises NotFound for what can be no path of ours."""
    dataset, _, file = path.strip("/").partition("/")
    if len(path) > _LONGEST or _UNFIT.search(path):
        raise InvalidInput("The path of the file is too long or has characters that none has")
    if not _DATASET.fullmatch(dataset) or not file or {"..", ".", ""} & set(file.split("/")):
        raise NotFound("There is no such file")
    return dataset, file
