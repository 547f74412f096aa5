"""The least that a SCIM service in Python must do to take a user: validate it with the same models, and commit one row.

`python -m benchmarks.bare_scim STORE` serves on loopback, prints its address, and ends when its standard input does.
STORE is a file, or the address of a PostgreSQL database.
"""

import asyncio
import socket
import sqlite3
import sys
from collections.abc import Callable
from uuid import uuid4

import orjson
import psycopg
import uvicorn
import uvloop
from scim2_models import Context, EnterpriseUser, User
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

MEDIA_TYPE = "application/scim+json"


Insert = Callable[[str, str, bytes], object]
"""Commits one row durably: id, name and body."""


def application(insert: Insert) -> Starlette:
    """Takes users, and knows no names, no tokens, no groups and no access."""

    async def create(request: Request) -> Response:
        content = orjson.loads(await request.body())
        user = User[EnterpriseUser].model_validate(content, scim_ctx=Context.RESOURCE_CREATION_REQUEST)
        user.id = uuid4().hex
        answer = orjson.dumps(user.model_dump(scim_ctx=Context.RESOURCE_CREATION_RESPONSE))
        insert(user.id, str(user.user_name), answer)
        return Response(answer, 201, media_type=MEDIA_TYPE)

    return Starlette(routes=[Route("/Users", create, methods=["POST"])])


async def _serve(insert: Insert) -> None:
    listener = socket.socket(
        socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP
    )  # named, so that answers go at once
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    server = uvicorn.Server(uvicorn.Config(application(insert), log_config=None, access_log=False))
    serving = asyncio.create_task(server.serve([listener]))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    await asyncio.to_thread(sys.stdin.buffer.read)
    server.should_exit = True
    await serving


def _in_file(file: str) -> Insert:
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE users (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, body BLOB NOT NULL) STRICT")
    return lambda *row: connection.execute("INSERT INTO users (id, name, body) VALUES (?, ?, ?)", row)


def _in_postgresql(address: str) -> Insert:
    connection = psycopg.connect(address, autocommit=True)
    connection.execute("CREATE TABLE users (id text PRIMARY KEY, name text NOT NULL UNIQUE, body bytea NOT NULL)")
    return lambda *row: connection.execute("INSERT INTO users (id, name, body) VALUES (%s, %s, %s)", row)


def main(store: str) -> None:
    """Serve, each row in a durable commit of its own."""
    insert = _in_postgresql(store) if store.startswith("postgresql://") else _in_file(store)
    uvloop.run(_serve(insert))


if __name__ == "__main__":
    main(sys.argv[1])
