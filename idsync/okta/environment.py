"""Proxies and certificates that the environment names. Those that cannot be used are reported by variable."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from idsync.errors import SourceUnreachable

_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")
_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")


@contextmanager
def usable_environment() -> Iterator[None]:
    """Explain why no client can be made; a proxy's address is not repeated, since it may hold a password."""
    try:
        yield
    except OSError as error:  # of TLS, too
        raise SourceUnreachable(
            f"The trusted certificates cannot be used ({_those_set(_CERTIFICATES)}).",
            why=f"{error.strerror or error}.",
            fix="Set SSL_CERT_FILE to a readable PEM file of certificates, or unset it.",
        ) from None
    except (ImportError, ValueError, httpx.InvalidURL):
        raise SourceUnreachable(
            f"The proxy that is set cannot be used ({_those_set(_PROXIES)}).",
            why="A proxy is http://HOST:PORT, never SOCKS; NO_PROXY holds hosts, not networks of IPv6 addresses.",
            fix="Correct these variables, or unset those that are not needed.",
        ) from None


def _those_set(names: tuple[str, ...]) -> str:
    found = [spelled for name in names for spelled in (name, name.lower()) if os.environ.get(spelled)]
    return ", ".join(found) or "the default ones"
