"""Starts a PostgreSQL server of the tests' own: in a temporary folder, on a free port of the loopback, as a user
without privileges, and gone with the process that started it.
"""

import atexit
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import closing
from functools import cache, cached_property
from itertools import count
from pathlib import Path
from typing import Any, cast

import psycopg

USER = "keeper"  # not "idsync": tables in the schema of a user's name are found without naming it
PASSWORD = "correct horse battery staple"
_UNPRIVILEGED = ("postgres", "nobody")
_SECONDS = 60
_NUMBERS = count(1)
_DURABLE = {"shared_buffers": "64MB"}
# What is lost in a crash of this machine is of no interest to tests.
_QUICK = {**_DURABLE, "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Server:
    """A server that runs, with a database of its own for each test that asks for one."""

    def __init__(self, *, durable: bool = False) -> None:
        """With `durable`, what is committed survives a crash of this machine, as with a server that people run."""
        self._settings = _DURABLE if durable else _QUICK
        self._programs = _programs()
        self.folder = Path(tempfile.mkdtemp(prefix="idsync-postgres-"))
        self._as_user: list[str] = ["setpriv", "--pdeathsig", "INT"]
        if os.getuid() == 0:
            user = unprivileged()
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self._as_user += ["--reuid", str(user.pw_uid), "--regid", str(user.pw_gid), "--clear-groups"]
        self._process: subprocess.Popen[bytes] | None = None
        atexit.register(self.remove)
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        authentication = ("--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={secret}")
        kind = ("--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions")
        self._call("initdb", "-D", str(self._data), "-U", USER, *authentication, *kind)
        self.port = free_port()
        self.start()

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        self._process = self._started()
        deadline = time.monotonic() + _SECONDS
        while True:
            try:
                self.run("SELECT 1")
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise AssertionError(f"PostgreSQL does not start:\n{(self.folder / 'log').read_text()}") from None
                time.sleep(0.05)
                if self._process.poll() is not None:  # what was killed before it has still to end
                    time.sleep(0.2)
                    self._process = self._started()

    def _started(self) -> "subprocess.Popen[bytes]":
        settings = [f"--{name}={value}" for name, value in self._settings.items()]
        place = ["--listen_addresses=127.0.0.1", f"--unix_socket_directories={self.folder}", f"--port={self.port}"]
        log = (self.folder / "log").open("ab")
        with closing(log):
            return subprocess.Popen(
                [*self._as_user, str(self._programs / "postgres"), "-D", str(self._data), *settings, *place],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, start_new_session=True,
            )  # fmt: skip

    def kill(self) -> None:
        """Kill the server's first process; those that it started end when they see that."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(_SECONDS)
        self._process = None

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End the server: at once with SIGINT, without a goodbye with SIGQUIT."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(_SECONDS)
            self._process = None

    def become_standby(self) -> None:
        """Restart as a standby, which is only read."""
        self.stop()
        (self._data / "standby.signal").touch()
        self.start()

    def be_promoted(self) -> None:
        """End being a standby."""
        self.run("SELECT pg_promote()")

    def url(self, database: str) -> str:
        """The address of a database by way of the server's socket, where no password is asked for."""
        return f"postgresql://{USER}@/{database}?host={self.folder}&port={self.port}"

    def url_over_tcp(self, database: str, *, user: str = USER, password: str | None = PASSWORD) -> str:
        """The address of a database by way of the network, with a password unless that is None."""
        secret = "" if password is None else f":{password.replace(' ', '%20')}"
        return f"postgresql://{user}{secret}@127.0.0.1:{self.port}/{database}"

    def run(self, sql: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run SQL as the user who may do everything; the rows of its result, if it has any."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(cast(Any, sql))
            return cursor.fetchall() if cursor.description else []

    def new_database(self, like: str = "template1") -> str:
        """The name of a new database, made like another one."""
        name = f"test_{next(_NUMBERS)}"
        # Copying files takes a third of the time; until version 14 there is no other way.
        strategy = "STRATEGY file_copy" if self._version >= 150_000 else ""
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{like}" {strategy}')
        return name

    @cached_property
    def _version(self) -> int:
        return int(self.run("SHOW server_version_num")[0][0])

    def drop_database(self, name: str) -> None:
        """Remove a database, even while somebody is connected to it."""
        self.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _call(self, program: str, *arguments: str) -> None:
        command = [*self._as_user, str(self._programs / program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.folder, check=False)
        assert done.returncode == 0, f"{program} failed:\n{done.stdout}{done.stderr}"

    def remove(self) -> None:
        """Stop the server, and remove its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


@cache
def server() -> Server:
    """The server of this process, which is started when it is first asked for."""
    return Server()


def stop_server() -> None:
    """Stop the server of this process and remove its folder, if it was started."""
    if server.cache_info().currsize:
        server().remove()


def _programs() -> Path:
    """The folder of the server's programs; a failure that explains itself where there is none."""
    found = shutil.which("initdb")
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if found is None and not installed:
        raise AssertionError(
            "These tests start a PostgreSQL server of their own, and none is installed: there is no `initdb` on the "
            "PATH or under /usr/lib/postgresql. Install it, for instance with `apt-get install postgresql`."
        )
    return Path(found).resolve().parent if found else installed[-1].parent


def unprivileged() -> pwd.struct_passwd:
    """A user as whom the server can run, which refuses to run as root."""
    for name in _UNPRIVILEGED:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise AssertionError(f"PostgreSQL does not run as root, and there is no user {' or '.join(_UNPRIVILEGED)} here.")


def free_port() -> int:
    """A port of the loopback that nobody listens at."""
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
