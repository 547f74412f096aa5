"""What `snapshot --sanitize`, `get all --sanitize` and `--redact` share: the option of the key, and the key itself."""

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from idsync.bootstrap.workspace import Workspace, open_workspace
from idsync.cli.files import read_input
from idsync.cli.invocation import Invocation
from idsync.cli.workspaces import store_to_write
from idsync.errors import UsageError
from idsync.model.pseudonyms import KEY_FACT
from idsync.stores.protocol import Access

F = TypeVar("F", bound=Callable[..., Any])


def sanitize_options(function: F) -> F:
    """`--sanitize` and `--key-file FILE`; the command receives `sanitized` and `key_file`."""
    sanitized = click.option(
        "--sanitize",
        "sanitized",
        is_flag=True,
        help="Replace people by pseudonyms, the same in snapshot and get all; plans of such files are never applied.",
    )
    return sanitized(_key_file_option(function))


def redact_options(function: F) -> F:
    """`--redact` and `--key-file FILE`; the command receives `redact` and `key_file`."""
    redact = click.option(
        "--redact",
        is_flag=True,
        help="Show people under pseudonyms, those of snapshot --sanitize; a plan that is kept stays whole.",
    )
    return redact(_key_file_option(function))


def check_key_file(key_file: Path | None, *, sanitized: bool, option: str = "--sanitize") -> None:
    """Raise UsageError for a key that nothing uses; `option` is what would use it."""
    if key_file is not None and not sanitized:
        raise UsageError(f"--key-file is for {option}.", fix="Give both, or neither.")


def redaction_key(invocation: Invocation, key_file: Path | None, *, given_current: bool = False) -> bytes:
    """The key for `--redact`: the one in the file, or that of the store, which is made at first use.

    Raises UsageError where there is no store that could keep one, or where none is to be opened.
    """
    if key_file is not None:
        return read_input(key_file, "key")
    place = None if given_current else open_workspace(invocation.config)
    if place is None or not place.has_store():
        raise UsageError(
            "--redact has no key for the pseudonyms.",
            why="With --current no store is opened."
            if place is None
            else "The store, which would keep it, does not exist.",
            fix="Give --key-file FILE with 16 random bytes or more, the same file each time.",
        )
    with place.store(Access.READ) as store:
        key = store.facts.get(KEY_FACT)
    return key if key is not None else pseudonym_key(invocation, place, None)


def _key_file_option(function: F) -> F:
    return click.option(
        "--key-file",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="The key of the pseudonyms, 16 random bytes or more.  [default: one that the store keeps]",
    )(function)


def pseudonym_key(invocation: Invocation, place: Workspace, key_file: Path | None) -> bytes:
    """The key in the file or, without one, the key that the store keeps, which is made at first use."""
    if key_file is not None:
        return read_input(key_file, "key")
    with store_to_write(invocation, place) as store, store.transaction():
        key = store.facts.get(KEY_FACT)
        if key is None:
            key = secrets.token_bytes(32)
            store.facts.put({KEY_FACT: key})
        return key
