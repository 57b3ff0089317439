"""Load a server extension at the first request to one of its pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from jupyter_server.base.handlers import APIHandler
from tornado import web
from tornado.routing import PathMatches, Router, Rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_server.serverapp import ServerApp
    from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest


class OnDemand(Router):
    """Stand in for an extension's routes until somebody uses one of them.

    Parameters
    ----------
    extension
        The package, as it stands in ``jpserver_extensions``.
    paths
        What its routes begin with, below the lab's base URL.
    early
        Handler for requests that need no extension yet, chosen by the second value.
    """

    def __init__(
        self,
        server: ServerApp,
        extension: str,
        paths: tuple[str, ...],
        early: tuple[type[web.RequestHandler], Callable[[HTTPServerRequest], bool]] | None = None,
    ) -> None:
        self._server = server
        self._extension = extension
        self._early = early
        base = re.escape(server.base_url.rstrip("/") + "/")
        self._rule = Rule(PathMatches(f"{base}(?:{'|'.join(paths)})(?:/.*)?$"), self)
        self._routes.insert(0, self._rule)

    def find_handler(self, request: HTTPServerRequest, **options: Any) -> HTTPMessageDelegate | None:
        if self._early and self._early[1](request):
            return self._server.web_app.get_handler_delegate(request, self._early[0])
        self.load()
        return self._server.web_app.default_router.find_handler(request, **options)

    def load(self) -> None:
        """Load the extension, whose own routes take the place of this one."""
        if self._rule in self._routes:
            self._routes.remove(self._rule)
            manager: Any = self._server.extension_manager
            manager.add_extension(self._extension, enabled=True)
            manager.link_extension(self._extension)
            manager.load_extension(self._extension)

    @property
    def _routes(self) -> list[Rule]:
        return self._server.web_app.default_router.rules


class NoClusters(APIHandler):
    """The Dask panel asks every few seconds for its clusters; until it has started one there are none."""

    @web.authenticated
    def get(self, *_: str) -> None:
        self.finish("[]")


def asks_for_clusters(request: HTTPServerRequest) -> bool:
    """Tell whether the Dask panel asks which clusters it has started."""
    return request.method == "GET" and request.path.rstrip("/").endswith("/dask/clusters")
