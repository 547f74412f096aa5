"""Where secrets are: a configuration names an environment variable or a file, and holds no secret."""

from __future__ import annotations

import re

import msgspec

from idsync.config.codes import SECRET_WRITTEN_OUT
from idsync.config.mistakes import Mistakes
from idsync.config.nodes import Node, find, text_of
from idsync.diagnostics import Position

# A key in PEM or JWK, or a token as Okta issues them, where the path of a file should be.
_SECRET_ITSELF = re.compile(r"\s*(?:-----BEGIN|\{|00[A-Za-z0-9_-]{40}\Z)")


class EnvironmentSecret(msgspec.Struct, frozen=True):
    """A secret that an environment variable holds."""

    name: str
    position: Position


class FileSecret(msgspec.Struct, frozen=True):
    """A secret that a file holds; the path, as written, is relative to the configuration's directory."""

    path: str
    position: Position


class FolderSecret(msgspec.Struct, frozen=True):
    """The newest of the keys that `idsync keys` keeps in a folder; the path is relative to the configuration's."""

    path: str
    position: Position


SecretReference = EnvironmentSecret | FileSecret | FolderSecret


def is_same_place(one: str | SecretReference, other: str | SecretReference) -> bool:
    """Whether two addresses, written out or as secrets, are asked for alike, wherever in the files they stand."""
    return _without_position(one) == _without_position(other)


def _without_position(address: str | SecretReference) -> str | SecretReference:
    return address if isinstance(address, str) else msgspec.structs.replace(address, position=Position(""))


def read_secret(node: Node | None, mistakes: Mistakes) -> SecretReference | None:
    """The reference that a node is; None where it is none."""
    variable, file, folder = find(node, "env"), find(node, "file"), find(node, "folder")
    if variable is not None and (name := text_of(variable)) is not None:
        return EnvironmentSecret(name, variable.position)
    if file is not None and (path := text_of(file)) is not None:
        if _SECRET_ITSELF.match(path):
            mistakes.add(SECRET_WRITTEN_OUT, file.position, "file holds a secret, not a path to one")
        return FileSecret(path, file.position)
    if folder is not None and (path := text_of(folder)) is not None:
        return FolderSecret(path, folder.position)
    return None
