"""The websocket between JupyterLab and a kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

if TYPE_CHECKING:
    import asyncio


class PromptConnection(ZMQChannelsWebsocketConnection):
    """Send each message at once.

    A cell's answer is several small messages. With Nagle's algorithm the second waits for the
    browser to acknowledge the first, which it delays by 40 ms.
    """

    def connect(self) -> asyncio.Future[None] | None:  # type: ignore[override] # as the class above
        self.websocket_handler.set_nodelay(True)
        return super().connect()
