"""Serve a Streamlit program on a socket: ``python -m gaia_vre.lab.programs.streamlit_app PROGRAM SOCKET``.

``streamlit run`` opens a port only, which everybody on a shared machine could connect to.
"""

from __future__ import annotations

import sys
from pathlib import Path

OPTIONS = {
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "none",  # visitors read no source; the log has it
    "client.toolbarMode": "viewer",
    "global.developmentMode": False,
    # Where a websocket comes from is checked before it reaches the program, and uploads need a session's secret name.
    "server.enableCORS": False,
    "server.enableXsrfProtection": False,
    "server.fileWatcherType": "none",
    "server.headless": True,
    "server.runOnSave": False,
}
"""What no configuration beside a program changes."""


def main() -> None:
    """Serve until told to end."""
    import uvicorn
    from streamlit.starlette import App
    from streamlit.web import bootstrap

    program, socket = Path(sys.argv[1]), sys.argv[2]
    sys.argv = [str(program)]
    sys.path.insert(0, str(program.parent))  # it imports what stands beside it
    bootstrap.load_config_options(OPTIONS)
    uvicorn.run(App(program), uds=socket, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
