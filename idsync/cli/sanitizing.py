"""What `snapshot --sanitize` and `get all --sanitize` share: the option of the key, and the key itself."""

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from idsync.bootstrap import Workspace
from idsync.cli.files import read_input
from idsync.cli.invocation import Invocation
from idsync.cli.workspaces import store_to_write
from idsync.errors import UsageError
from idsync.model.pseudonyms import KEY_FACT

F = TypeVar("F", bound=Callable[..., Any])


def sanitize_options(function: F) -> F:
    """`--sanitize` and `--key-file FILE`; the command receives `sanitized` and `key_file`."""
    key_file = click.option(
        "--key-file",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="The key of the pseudonyms, 16 random bytes or more.  [default: one that the store keeps]",
    )
    sanitized = click.option(
        "--sanitize",
        "sanitized",
        is_flag=True,
        help="Replace people by pseudonyms, the same for snapshot and get all; such files only plan.",
    )
    return sanitized(key_file(function))


def check_key_file(key_file: Path | None, *, sanitized: bool) -> None:
    """Raise UsageError for a key that nothing uses."""
    if key_file is not None and not sanitized:
        raise UsageError("--key-file is for --sanitize.", fix="Give both, or neither.")


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
