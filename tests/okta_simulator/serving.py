"""Serves a simulator on 127.0.0.1, on a port of the system's choice, in a thread of its own."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from tests.okta_simulator.simulator import Simulator

_START_SECONDS = 30


@contextmanager
def running(simulator: Simulator) -> Iterator[str]:
    """The simulator on a socket, for the time of a `with` block; gives its base URL."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=512)
    simulator.base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    config = uvicorn.Config(
        simulator, log_level="critical", lifespan="off", date_header=False, server_header=False, access_log=False
    )
    server = _Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="okta-simulator", daemon=True)
    thread.start()
    try:
        if not server.listens.wait(_START_SECONDS):
            raise RuntimeError("the simulator did not start")
        yield simulator.base_url
    finally:
        server.should_exit = server.force_exit = True
        thread.join(_START_SECONDS)
        listening.close()
    if simulator.failures:
        raise simulator.failures[0]


class _Server(uvicorn.Server):
    """A server that says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listens.set()
