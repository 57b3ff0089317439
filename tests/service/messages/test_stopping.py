"""A service that is stopped ends its streams: nobody waits for readers that never go."""

from __future__ import annotations

import socket
import threading

import httpx2
import uvicorn

from gaia_vre.service.__main__ import Server
from gaia_vre.service.app import create_app
from tests.service.conftest import World


def test_open_streams_do_not_hold_up_the_stop(world: World) -> None:
    app = create_app(world.parts, reconcile=False)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        # Without a bound: a stream that is waited for would be waited for ever.
        settings = uvicorn.Config(app, log_level="error", ws="none", lifespan="off", timeout_graceful_shutdown=None)
        server = Server(settings, app.state.events)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/services/gaia/api/events"
        with httpx2.stream("GET", address, headers={"Authorization": "token ada-token"}, trust_env=False) as answer:
            chunks = answer.iter_bytes()
            assert b"event: hello" in next(chunks)
            server.should_exit = True
            assert list(chunks) == []
            thread.join(timeout=20)
        assert not thread.is_alive()
