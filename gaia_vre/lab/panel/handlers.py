"""The addresses of the panel, all below the lab's own ``gaia/``."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_server.base.handlers import APIHandler
from tornado import web

from gaia_vre.core.errors import GaiaError, InvalidInput, NotAllowed, Unavailable
from gaia_vre.lab import datasets
from gaia_vre.lab.configuration import owner_alone
from gaia_vre.lab.panel.allowed import FOR_VISITORS, WITH_BODY, is_allowed
from gaia_vre.lab.panel.asking import ask_service, not_allowed, query_of, refusal
from gaia_vre.lab.panel.clusters import my_clusters
from gaia_vre.lab.panel.memory import memory_of_server

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

    from gaia_vre.lab.panel.asking import Answer

_LONGEST_QUERY = 4000
_LONGEST_BODY = 2000
_COPY_SECONDS = 120.0
"""Longer than the service takes to have a sandbox stand still and to copy it."""
_SHOWN = ("image/png", "image/jpeg", "application/json", "application/problem+json")


class PanelHandler(APIHandler):
    """An answer as JSON; what goes wrong is told as the service tells it."""

    def check_owner(self) -> None:
        """Refuse to whoever was let into the lab of another; raises NotAllowed."""
        owner = owner_alone(os.environ)
        if owner and getattr(self.current_user, "username", None) != owner:
            raise NotAllowed(f"What is held here is {owner}'s; yours is on your home page")

    def refuse(self, error: GaiaError) -> None:
        status, problem = refusal(error)
        self.set_status(status)
        self.finish(problem)


class Service(PanelHandler):
    """Pass on what stands on the list, as the lab's owner."""

    @web.authenticated
    async def get(self, path: str) -> None:
        await self._pass_on("GET", path)

    @web.authenticated
    async def post(self, path: str) -> None:
        await self._pass_on("POST", path)

    @web.authenticated
    async def delete(self, path: str) -> None:
        await self._pass_on("DELETE", path)

    async def _pass_on(self, method: str, path: str) -> None:
        query = query_of(self.request.query_arguments)
        try:
            if not is_allowed(method, path):
                raise not_allowed(path)
            if not path.startswith(FOR_VISITORS):
                self.check_owner()
            if len(query) > _LONGEST_QUERY:
                raise InvalidInput(f"The question has {len(query):,} characters; at most {_LONGEST_QUERY:,} are asked")
            answer = await ask_service(method, path, query, self._language, *self._told(path))
        except GaiaError as error:
            self.refuse(error)
        else:
            self._show(answer)

    @property
    def _language(self) -> str:
        return str(self.request.headers.get("Accept-Language", ""))[:100]

    def _told(self, path: str) -> tuple[bytes, float] | tuple[()]:
        """Return the body of a question that has one, and how long is waited; raises InvalidInput."""
        if not WITH_BODY.fullmatch(path):
            return ()
        if len(self.request.body) > _LONGEST_BODY:
            raise InvalidInput(f"The body has {len(self.request.body):,} bytes; at most {_LONGEST_BODY:,} are taken")
        return self.request.body or b"{}", _COPY_SECONDS

    def _show(self, answer: Answer) -> None:
        kind = answer.media_type.partition(";")[0].strip()
        if answer.content and kind not in _SHOWN:
            self.refuse(Unavailable(f"The GAIA service answered {answer.status} with {kind[:60]!a}"))
            return
        self.set_status(answer.status)
        self.set_header("Content-Type", kind)
        self.set_header("Cache-Control", answer.kept)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.finish(answer.content or None)


class Lab(PanelHandler):
    """What this server is, and the memory it takes."""

    @web.authenticated
    async def get(self) -> None:
        memory = await asyncio.to_thread(memory_of_server)
        self.finish(
            {
                "name": os.environ.get("JUPYTERHUB_SERVER_NAME", ""),
                "lease": os.environ.get("GAIA_VRE_LEASE"),
                "memory_bytes": memory.used,
                "memory_limit_bytes": memory.limit,
            }
        )


class Clusters(PanelHandler):
    """My Dask clusters."""

    @web.authenticated
    async def get(self) -> None:
        try:
            self.check_owner()
            self.finish({"clusters": await my_clusters()})
        except GaiaError as error:
            self.refuse(error)


class Notebook(PanelHandler):
    """Write the notebook of a dataset and say where it is."""

    @web.authenticated
    async def post(self) -> None:
        wanted: Any = (self.get_json_body() or {}).get("dataset")
        try:
            self.finish({"path": await asyncio.to_thread(_written, wanted, self.settings["server_root_dir"])})
        except GaiaError as error:
            self.refuse(error)
        except OSError as error:
            self.refuse(Unavailable(f"The notebook cannot be written ({error.strerror})"))


def _written(dataset: Any, root: str) -> str:
    if not isinstance(dataset, str):
        raise InvalidInput("dataset: its id is needed")
    return datasets.notebook_for(dataset, Path(root).expanduser())


def add_handlers(server: ServerApp) -> None:
    """Serve the panel's addresses in this lab."""
    base = re.escape(f"{server.base_url.rstrip('/')}/gaia/")
    routes = [("service/(.{1,2000})", Service), ("lab", Lab), ("clusters", Clusters), ("notebook", Notebook)]
    server.web_app.add_handlers(".*$", [(f"{base}{path}", handler) for path, handler in routes])  # type: ignore[no-untyped-call]
