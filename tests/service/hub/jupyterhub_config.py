"""A stock hub without a proxy: the test talks to the hub's own port, and to the service in its own process."""

import os
import sys

from jupyterhub.proxy import Proxy

SERVER = (
    "import os, http.server, urllib.parse as p;"
    "port = p.urlsplit(os.environ['JUPYTERHUB_SERVICE_URL']).port;"
    "http.server.ThreadingHTTPServer(('127.0.0.1', port), http.server.SimpleHTTPRequestHandler).serve_forever()"
)


class NoProxy(Proxy):
    """Take routes and do nothing with them."""

    should_start = False

    async def add_route(self, routespec, target, data): ...

    async def delete_route(self, routespec): ...

    async def get_all_routes(self):
        return {}


port = int(os.environ["TEST_HUB_PORT"])
ours = ["access:services!service=gaia"]

c = get_config()  # noqa: F821
c.JupyterHub.proxy_class = NoProxy
c.JupyterHub.bind_url = f"http://127.0.0.1:{port + 1}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{port}"
c.JupyterHub.authenticator_class = "dummy"
c.JupyterHub.spawner_class = "simple"
c.JupyterHub.db_url = "sqlite:///hub.sqlite"
c.JupyterHub.log_level = "WARN"
c.JupyterHub.trust_user_provided_tokens = True
c.JupyterHub.allow_named_servers = True
c.Authenticator.allow_all = True
c.JupyterHub.load_groups = {"ocean": {"users": ["ada"]}, "argo": {"users": []}}
c.Spawner.cmd = [sys.executable, "-c", SERVER]
c.Spawner.args = []
c.SimpleLocalProcessSpawner.home_dir_template = os.environ["TEST_HUB_HOMES"] + "/{username}"
c.JupyterHub.services = [
    {
        "name": "gaia",
        "url": f"http://127.0.0.1:{port + 2}",
        "api_token": os.environ["TEST_SERVICE_TOKEN"],
        "oauth_client_id": "service-gaia",
        "oauth_no_confirm": True,
        "oauth_client_allowed_scopes": ["self", *ours],
    }
]
c.JupyterHub.load_roles = [
    {"name": "user", "scopes": ["self", *ours]},
    {
        "name": "gaia-gaia",
        "services": ["gaia"],
        "scopes": ["list:users", "read:users:name", "read:users:activity", "read:servers", "delete:servers"],
    },
]
