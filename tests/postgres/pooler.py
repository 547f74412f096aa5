"""Starts a pooler of the tests' own before their server: pgbouncer, which gives each transaction to another process."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.postgres.server import USER, Server, free_port, unprivileged

_SECONDS = 20


@contextmanager
def pooled(server: Server, database: str, folder: Path, *, size: int = 3) -> Iterator[str]:
    """The address of a database by way of a pooler with so many server processes, in transaction mode."""
    program = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
    assert Path(program).exists(), (
        "These tests start pgbouncer. Install it, for instance with `apt-get install pgbouncer`."
    )
    port = free_port()
    place = server.folder / f"pooler-{port}"
    place.mkdir()
    (place / "pooler.ini").write_text(
        f"[databases]\n{database} = host={server.folder} port={server.port} dbname={database} user={USER}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
        f"pool_mode = transaction\ndefault_pool_size = {size}\nmax_client_conn = 200\nlogfile = {place}/log\n"
    )
    as_user = ["setpriv", "--pdeathsig", "KILL"]
    if os.getuid() == 0:
        user = unprivileged()
        os.chown(place, user.pw_uid, user.pw_gid)
        as_user += ["--reuid", str(user.pw_uid), "--regid", str(user.pw_gid), "--clear-groups"]
    process = subprocess.Popen(
        [*as_user, program, str(place / "pooler.ini")],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=place,
    )  # fmt: skip
    url = f"postgresql://{USER}@127.0.0.1:{port}/{database}"
    try:
        _until_it_answers(url, process, place / "log")
        yield url
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(_SECONDS)


def _until_it_answers(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _SECONDS
    while True:
        try:
            psycopg.connect(url, autocommit=True).close()
            return
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"pgbouncer does not start:\n{log.read_text()}") from None
            time.sleep(0.05)
