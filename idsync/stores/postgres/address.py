"""What an address of a PostgreSQL store says, and how it is shown to people: without any secret."""

from urllib.parse import parse_qs, unquote, urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from idsync.errors import StoreError
from idsync.model.known_secrets import remember_secret

_SECRETS = ("password", "sslpassword")
_CONNECT_SECONDS = 10


def parameters_of(url: str) -> dict[str, str]:
    """What to connect with; what it does not say, libpq takes from its environment and its files. Raises StoreError."""
    try:
        # The application's name is in the server's log; a connection to a machine that is gone must be noticed.
        found = conninfo_to_dict(
            url, fallback_application_name="idsync", keepalives_idle=30, keepalives_interval=10, keepalives_count=3
        )
    except ProgrammingError:
        # The driver repeats what it was given.
        raise StoreError(
            "The store's address cannot be read.",
            why="It is not an address of PostgreSQL.",
            fix="Write it like postgresql://user@host:5432/database; what is odd in a name or password as %XX.",
        ) from None
    found.setdefault("connect_timeout", str(_CONNECT_SECONDS))
    for secret in _SECRETS:
        if secret in found:
            remember_secret(str(found[secret]))
    return {name: str(value) for name, value in found.items()} | {"client_encoding": "UTF8"}


def label_of(url: str) -> str:
    """The address for people: user, host and database.

    It does not begin like an address: one that is a secret is left out of what people read.
    """
    parts = urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    name = unquote(user.partition(":")[0])
    place = host or parse_qs(parts.query).get("host", ["localhost"])[0]
    return f"{name}{'@' if name else ''}{place}{parts.path}"
