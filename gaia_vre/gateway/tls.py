"""Keep a TLS connection that breaks from taking a healthy one of the same thread with it.

Since Python 3.13.1 or so a write to a closed peer leaves an entry in OpenSSL's error queue of
the thread (python/cpython#148594); tornado then closes the next healthy stream that has
nothing to read, and work sent to a worker that has just arrived is lost. Starting any TLS
object empties the queue.
"""

from __future__ import annotations

import functools
import ssl

from tornado.iostream import IOStream, SSLIOStream


@functools.cache
def guard_streams() -> None:
    """Empty the error queue whenever a TLS stream of this process closes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    def close_fd(stream: SSLIOStream) -> None:
        IOStream.close_fd(stream)
        context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost")

    SSLIOStream.close_fd = close_fd  # type: ignore[assignment, method-assign, unused-ignore]
