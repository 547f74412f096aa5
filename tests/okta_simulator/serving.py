"""Serves a simulator on 127.0.0.1, on a port of the system's choice, in a thread of its own."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from tests.okta_simulator.simulator import Simulator

_START_SECONDS = 30
_LAST_TURNS = 5
"""Turns of the loop until a connection that was accepted is known; once its server is closed, asyncio would lose it."""
_served: dict[str, Simulator] = {}


def served_at(url: str) -> Simulator | None:
    """The simulator that is served at this base URL by this process now."""
    return _served.get(url.rstrip("/"))


@contextmanager
def running(simulator: Simulator) -> Iterator[str]:
    """The simulator on a socket, for the time of a `with` block; gives its base URL.

    Calls under way at the end are broken off. A failure of the simulator itself is raised at the end.
    """
    # asyncio switches off the delay of small writes only where the protocol is named: 40 ms a request.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    simulator.base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    config = uvicorn.Config(
        simulator,
        http="h11",  # faults cut connections off where these two let them
        loop="asyncio",
        log_level="critical",
        lifespan="off",
        date_header=False,
        server_header=False,
        access_log=False,
    )
    server = _Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="okta-simulator", daemon=True)
    thread.start()
    try:
        if not server.listens.wait(_START_SECONDS):
            raise RuntimeError("the simulator did not start")
        _served[simulator.base_url] = simulator
        yield simulator.base_url
    finally:
        _served.pop(simulator.base_url, None)
        server.stop()
        thread.join(_START_SECONDS)
        listening.close()
    if simulator.failures:
        raise simulator.failures[0]


class _Server(uvicorn.Server):
    """A server that says when it listens and stops at once: uvicorn's own ticks would cost each test 0.2 seconds."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = threading.Event()
        self._stopped = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def stop(self) -> None:
        """End the server from another thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stopped.set)

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.listens.set()
        await self._stopped.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        loop = asyncio.get_running_loop()
        for listening in (listening for server in self.servers for listening in server.sockets):
            loop.remove_reader(listening)
        for _ in range(_LAST_TURNS):
            await asyncio.sleep(0)
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        # One turn of the loop, in which the connections learn that they are closed.
        await asyncio.sleep(0)
