"""What `idsync serve` needs beside the rest: the `Service` document, as frozen values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_network

import msgspec

from idsync.config.codes import BAD_VALUE
from idsync.config.mistakes import Mistakes
from idsync.config.nodes import Node, Scalar, find, is_true, items_of, text_of
from idsync.config.secret_references import FileSecret, SecretReference, read_secret
from idsync.config.values import read_texts
from idsync.diagnostics import quoted

_SIZES = {"KiB": 1 << 10, "MiB": 1 << 20}
_UNITS = {"s": 1, "m": 60, "h": 3600}
_SIZE = re.compile(r"([1-9][0-9]{0,8})(KiB|MiB)")
_TICK = re.compile(r"([1-9][0-9]{0,8})([smh])")
_ADDRESS = re.compile(r"(\S+):([0-9]{1,5})")
_HIGHEST_PORT = 65_535


class StatusToken(msgspec.Struct, frozen=True):
    """A named token for the status page."""

    name: str
    token: SecretReference


class Tls(msgspec.Struct, frozen=True):
    """The service's own certificate, with its key."""

    certificate: FileSecret
    key: FileSecret


class Service(msgspec.Struct, frozen=True):
    """How a service listens, how often it looks, and whom it lets in.

    `tick` is in seconds, `body_limit` in bytes. With `follow_config`, passes that nobody attends use the files as they
    are.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str | None = None
    tick: int = 10
    follow_config: bool = False
    status_tokens: tuple[StatusToken, ...] = ()
    hook_secret: SecretReference | None = None
    tls: Tls | None = None
    trusted_proxies: tuple[str, ...] = ()
    body_limit: int = 32 << 20
    requests_a_minute: int = 6000

    @property
    def secrets(self) -> tuple[SecretReference, ...]:
        """Every reference to a secret that the service needs; a certificate is none."""
        key = None if self.tls is None else self.tls.key
        named = (self.hook_secret, key, *(each.token for each in self.status_tokens))
        return tuple(each for each in named if each is not None)


def read_service(document: Node, mistakes: Mistakes) -> Service:
    """Read a Service document. What cannot be read is noted, and stands in the result as if it were absent."""
    spec, defaults = find(document, "spec"), Service()
    host, port = _address(find(spec, "listen"), mistakes)
    certificate = read_secret(find(spec, "tls", "certificate"), mistakes)
    key = read_secret(find(spec, "tls", "key"), mistakes)
    return Service(
        host=host or defaults.host,
        port=defaults.port if port is None else port,
        public_url=(text_of(find(spec, "public_url")) or "").rstrip("/") or None,
        tick=_seconds(find(spec, "tick"), defaults.tick),
        follow_config=is_true(find(spec, "follow_config")),
        status_tokens=tuple(_status_tokens(find(spec, "status", "tokens"), mistakes)),
        hook_secret=read_secret(find(spec, "event_hook", "secret"), mistakes),
        tls=Tls(certificate, key) if isinstance(certificate, FileSecret) and isinstance(key, FileSecret) else None,
        trusted_proxies=tuple(_networks(find(spec, "trusted_proxies"), mistakes)),
        body_limit=_size(find(spec, "limits", "body"), defaults.body_limit),
        requests_a_minute=_count(find(spec, "limits", "requests_a_minute"), defaults.requests_a_minute),
    )


def _status_tokens(node: Node | None, mistakes: Mistakes) -> list[StatusToken]:
    named = ((text_of(find(item, "name")), read_secret(find(item, "token"), mistakes)) for item in items_of(node))
    return [StatusToken(name, token) for name, token in named if name and token is not None]


def _address(node: Node | None, mistakes: Mistakes) -> tuple[str, int | None]:
    """The host and the port of an address; without a port where the schema objects to it."""
    text = text_of(node)
    found = None if text is None else _ADDRESS.fullmatch(text)
    if node is None or found is None:
        return "", None
    if int(found[2]) > _HIGHEST_PORT:
        mistakes.add(
            BAD_VALUE, node.position, f"listen: {found[2]} is not a port", fix=f"Ports are 0 to {_HIGHEST_PORT}."
        )
    return found[1].strip("[]"), int(found[2])


def _networks(node: Node | None, mistakes: Mistakes) -> Iterator[str]:
    """The networks of proxies. The server believes nobody because of a text that is not one, and does not say so."""
    for text, position in read_texts(node):
        try:
            ip_network(text)
        except ValueError:
            mistakes.add(
                BAD_VALUE,
                position,
                f"trusted_proxies: {quoted(text, 200)} is not an address or a network",
                fix="Write an address such as 127.0.0.1, or a network such as 10.0.0.0/8.",
            )
        else:
            yield text


def _seconds(node: Node | None, default: int) -> int:
    found = _TICK.fullmatch(text_of(node) or "")
    return default if found is None else int(found[1]) * _UNITS[found[2]]


def _size(node: Node | None, default: int) -> int:
    found = _SIZE.fullmatch(text_of(node) or "")
    return default if found is None else int(found[1]) * _SIZES[found[2]]


def _count(node: Node | None, default: int) -> int:
    return node.value if isinstance(node, Scalar) and type(node.value) is int else default
