"""How `create`, `edit` and `rm` change the directory by hand, and what they say about it."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from idsync.bootstrap.workspace import Workspace, open_workspace
from idsync.cli.circumstances import circumstances
from idsync.cli.invocation import Invocation
from idsync.cli.names import refuse_unknown, resolved
from idsync.cli.workspaces import store_to_write, workspace
from idsync.edit.editor import Done, Editor
from idsync.model.addresses import split_address
from idsync.model.revisions import AnyResource
from idsync.model.times import format_time
from idsync.stores.protocol import Access, Store

_WORDS = {"create": "Created", "update": "Changed", "delete": "Removed", "none": "Unchanged:"}


@contextmanager
def editor(invocation: Invocation) -> Iterator[Editor]:
    """An editor for the person who runs this; its edits are kept when the block ends, and undone when it raises."""
    place = workspace(invocation)
    with store_to_write(invocation, place) as store, store.transaction():
        yield _editor(place, store)


def existing(invocation: Invocation, address: str) -> AnyResource:
    """The resource at an address, with its revision; a list may be called by its title. Raises ResourceError."""
    place = open_workspace(invocation.config)
    with place.store(Access.READ) as store:
        kind, name = split_address(address)
        own, directory = _editor(place, store), place.target(store)
        found = own.find(address) or own.find(f"{kind}/{resolved(directory, kind, name)}")
        if found is None:
            raise refuse_unknown(directory, kind, name)
    return found


def _editor(place: Workspace, store: Store) -> Editor:
    now = place.now()
    holder = place.holder(format_time(now))
    return Editor(
        place.target(store),
        store,
        actor=f"{holder.user}@{holder.host}",
        now=now,
        circumstances=circumstances(os.environ),
    )


def tell(invocation: Invocation, done: Iterable[Done]) -> None:
    """Say what was done, and what the next apply makes of it."""
    for each in done:
        invocation.console.line(f"{_WORDS[each.action]} {each.address}.")
        if each.note:
            invocation.console.warning(each.note)
