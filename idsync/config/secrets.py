"""Fetches secrets from where the configuration says, at the moment of use. No message ever holds one."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path
from typing import assert_never

import msgspec

from idsync.config.codes import MISSING_SECRET, SECRET_READABLE_BY_OTHERS, UNUSABLE_SECRET
from idsync.config.mistakes import Mistakes
from idsync.config.secret_forms import as_meant, complaint
from idsync.config.secret_references import EnvironmentSecret, FileSecret, FolderSecret, SecretReference
from idsync.config.settings import ApiToken, OAuth, Settings
from idsync.config.source_files import shown
from idsync.diagnostics import Diagnostic, Position, quoted
from idsync.model.known_secrets import remember_secret

MAX_BYTES = 64 << 10
KEY_FILE = ".pem"
"""How the files of a folder of keys end, after the key's id; ids begin with when the key was made."""
_PUT = "Put the file in place, and let the user who runs idsync read it."


class Secret:
    """A secret's text, which shows itself only when asked by name."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        remember_secret(text)
        self._text = text

    def reveal(self) -> str:
        """Return the text itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"


class Resolved(msgspec.Struct, frozen=True):
    """A secret, unless there are errors, and what was found on the way; the id of a key that lies in a folder."""

    secret: Secret | None
    diagnostics: tuple[Diagnostic, ...] = ()
    key_id: str | None = None


def resolve(reference: SecretReference, environment: Mapping[str, str], directory: Path) -> Resolved:
    """Fetch one secret; files are relative to `directory`, the configuration's. What is around a key is dropped."""
    mistakes = Mistakes()
    key_id: str | None = None
    text: str | None
    match reference:
        case EnvironmentSecret(name=name, position=position):
            text = _from_environment(name, environment, position, mistakes)
        case FileSecret(path=path, position=position):
            text = _from_file(path, directory, position, mistakes)
        case FolderSecret(path=path, position=position):
            key_id = _newest_key(path, directory, position, mistakes)
            name = f"{path}/{key_id}{KEY_FILE}"
            text = None if key_id is None else _from_file(name, directory, position, mistakes)
        case _:
            assert_never(reference)
    if text is not None:
        remember_secret(text)
        text = as_meant(text)
        summary, fix = complaint(text)
        if summary:
            mistakes.add(UNUSABLE_SECRET, position, summary, fix=fix)
            text = None
    return Resolved(None if text is None else Secret(text), tuple(mistakes.found), key_id)


def key_before(reference: FolderSecret, directory: Path) -> tuple[str, str] | None:
    """The text and id of the key before the newest one in a folder; None where there is none that can be used."""
    try:
        ids = key_ids(directory / reference.path)
    except (OSError, ValueError):
        return None
    if len(ids) < 2:
        return None
    text = _from_file(f"{reference.path}/{ids[-2]}{KEY_FILE}", directory, reference.position, Mistakes())
    if text is None:
        return None
    remember_secret(text)
    return as_meant(text), ids[-2]


def secret_references(settings: Settings) -> tuple[SecretReference, ...]:
    """Return every reference to a secret that the settings hold."""
    store = settings.integration.store
    others = (*(() if isinstance(store, str) else (store,)), *settings.service.secrets)
    match settings.integration.authentication:
        case ApiToken(token=token):
            return (token, *others)
        case OAuth(private_key=private_key):
            return (private_key, *others)
        case None:
            return others


def _from_environment(name: str, environment: Mapping[str, str], position: Position, mistakes: Mistakes) -> str | None:
    text = environment.get(name)
    if not text:
        state = "is empty" if text == "" else "is not set"
        mistakes.add(MISSING_SECRET, position, f"the environment variable {name} {state}", fix=f"Set {name}.")
        return None
    return text


def key_ids(folder: Path) -> list[str]:
    """The ids of the keys in a folder, the oldest first; raises OSError."""
    return sorted(path.stem for path in folder.iterdir() if path.suffix == KEY_FILE and path.is_file())


def _newest_key(written: str, directory: Path, position: Position, mistakes: Mistakes) -> str | None:
    folder, fix = directory / written, "Make one: `idsync keys create`."
    try:
        ids = key_ids(folder)
    except (OSError, ValueError) as refusal:
        reason = refusal.strerror if isinstance(refusal, OSError) else "the path is not valid"
        summary = f"the folder of keys {quoted(shown(folder), 200)} cannot be read: {reason}"
        mistakes.add(MISSING_SECRET, position, summary, fix=fix)
        return None
    if not ids:
        mistakes.add(MISSING_SECRET, position, f"the folder {quoted(shown(folder), 200)} holds no key", fix=fix)
        return None
    return ids[-1]


def _from_file(written: str, directory: Path, position: Position, mistakes: Mistakes) -> str | None:
    path = directory / written
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            mistakes.add(MISSING_SECRET, position, f"{quoted(shown(path), 200)} is not a regular file", fix=_PUT)
            return None
        with path.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except (OSError, ValueError) as refusal:
        reason = refusal.strerror if isinstance(refusal, OSError) else "the path is not valid"
        summary = f"the secret's file {quoted(shown(path), 200)} cannot be read: {reason}"
        mistakes.add(MISSING_SECRET, position, summary, fix=_PUT)
        return None
    if mode & stat.S_IROTH:
        summary = f"everybody on this machine can read {quoted(shown(path), 200)}"
        mistakes.add(SECRET_READABLE_BY_OTHERS, position, summary)
    if len(content) > MAX_BYTES:
        mistakes.add(UNUSABLE_SECRET, position, f"the secret's file is larger than {MAX_BYTES >> 10} KiB")
        return None
    return content.decode(errors="replace")
