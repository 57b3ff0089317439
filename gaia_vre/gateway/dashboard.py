"""Keep a cluster's dashboard to its owner, and import it only when somebody looks.

The scheduler's HTTP server listens on loopback, which all users of the machine share. It
answers only below a path that holds a secret. The gateway tells that path to the owner alone,
as part of the dashboard's link; who only knows the port or the cluster's name gets 404.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any

from tornado.routing import Router

if TYPE_CHECKING:
    from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest

COUNTS = "json/"
"""Below it the scheduler counts its tasks and bytes, without a dashboard."""


def secret_path(cluster_token: str) -> str:
    """Return the first part of the dashboard's path, known to the cluster, its owner and the gateway."""
    return hmac.new(cluster_token.encode(), b"dashboard", hashlib.sha256).hexdigest()[:32]


def dashboard_route(cluster_name: str, cluster_token: str) -> str:
    """Return the path of the dashboard below the gateway's public address."""
    return f"/clusters/{cluster_name}/{secret_path(cluster_token)}/status"


class GuardedDashboard(Router):  # type: ignore[misc, unused-ignore]
    """Pass on requests whose path begins with the secret, without it; any other is not found."""

    def __init__(self, scheduler: Any, secret: str) -> None:
        self.scheduler = scheduler
        self.prefix = f"/{secret}"
        self.opened = False

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> HTTPMessageDelegate | None:
        first, _, rest = request.path[1:].partition("/")
        if not hmac.compare_digest(first.encode(), self.prefix[1:].encode()):
            return None
        if not self.opened and not rest.startswith(COUNTS):
            self._open()
        request.path = f"/{rest}"
        request.uri = (request.uri or "").removeprefix(self.prefix) or "/"
        found: HTTPMessageDelegate | None = self.scheduler.http_application.find_handler(request, **kwargs)
        return found

    def _open(self) -> None:
        # Bokeh takes 0.5 s to import, and most clusters end before anybody looks at them.
        from distributed.dashboard.scheduler import connect

        self.opened = True
        connect(  # type: ignore[no-untyped-call, unused-ignore]
            self.scheduler.http_application, self.scheduler.http_server, self.scheduler, prefix=""
        )


def guard(scheduler: Any, cluster_token: str) -> None:
    """Put the guard before a running scheduler's HTTP server."""
    scheduler.http_server.request_callback = GuardedDashboard(scheduler, secret_path(cluster_token))
