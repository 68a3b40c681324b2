"""Prefect's server as a child of Opora: it ends when the process that holds its pipe ends.

A pipe, and not the kernel's signal at the parent's death: that one also comes when only the
thread that started the child has ended.
"""

import os
import signal
import sys
import time
from threading import Thread

from flows.prefect_api import HOST

GRACE = 10


def run(port: int) -> None:
    """Serve the API until told to stop, or until the parent is gone."""
    Thread(target=_end_with_parent, daemon=True).start()
    import uvicorn  # noqa: PLC0415  takes seconds, in which the parent may already be gone
    from prefect.server.api.server import create_app  # noqa: PLC0415  as above

    uvicorn.run(
        create_app(), host=HOST, port=port, log_level="warning", timeout_graceful_shutdown=2
    )


def _end_with_parent() -> None:
    sys.stdin.buffer.read()  # returns when nobody holds the other end any more
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os._exit(1)
