"""The address of idsync's own database: what it may be, and what must not stand in it. No message repeats any of it."""

from __future__ import annotations

from idsync.config.codes import BAD_STORE, SECRET_WRITTEN_OUT
from idsync.config.mistakes import Mistakes
from idsync.config.nodes import Node, text_of
from idsync.config.texts import text_complaint

_POSTGRESQL = ("postgresql", "postgres")
_WITHOUT = (
    "Take it out, and let PGPASSWORD, ~/.pgpass or a service file hold it, or refer to the whole address: "
    "store: {env: IDSYNC_STORE}. Change the password: it must be taken as known."
)


def read_store(node: Node | None, default: str, mistakes: Mistakes) -> str:
    """Return the store's address, or the default where none is given. It is never repeated: it may hold a password."""
    text = text_of(node)
    if node is None or text is None:
        return default
    complaint = store_complaint(text)
    if holds_password(text):
        mistakes.add(SECRET_WRITTEN_OUT, node.position, "the store's address holds a password", fix=_WITHOUT)
    elif complaint:
        mistakes.add(BAD_STORE, node.position, f"the store's address {complaint}")
    return text


def store_complaint(text: str) -> str:
    """What is wrong with a store's address; empty where nothing is. No part of it is repeated."""
    scheme, _, rest = text.partition("://")
    if text_complaint(text)[0]:
        return text_complaint(text)[0]
    if scheme in _POSTGRESQL:
        return "holds characters that an address cannot hold" if " " in text or not text.isprintable() else ""
    file = rest.removeprefix("/")
    if scheme != "sqlite" or file == rest:
        return "begins neither with sqlite:/// nor with postgresql://"
    if file in ("", "/", ":memory:") or file.endswith("/") or not file.isprintable() or set(file) & set("?#%"):
        return "does not name a file"
    return ""


def holds_password(address: str) -> bool:
    """Whether a password or another secret stands in the address of a PostgreSQL store."""
    scheme, _, rest = address.partition("://")
    if scheme not in _POSTGRESQL:
        return False
    before, _, query = rest.partition("?")
    user, at, _ = before.partition("/")[0].rpartition("@")
    names = {each.partition("=")[0].lower() for each in query.split("&")}
    return bool(at and ":" in user) or not names.isdisjoint({"password", "sslpassword"})
