"""How `create`, `edit` and `rm` change the directory by hand, and what they say about it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from idsync.bootstrap import Workspace, open_workspace
from idsync.cli.console import harmless
from idsync.cli.invocation import Invocation
from idsync.cli.workspaces import store_to_write, workspace
from idsync.edit.editor import Done, Editor
from idsync.errors import ResourceError
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
    """The resource at an address, with its revision; raises ResourceError."""
    place = open_workspace(invocation.config)
    with place.store(Access.READ) as store:
        found = _editor(place, store).find(address)
    if found is None:
        raise ResourceError(f"There is no {address!r}.", fix="`idsync get all --format text` lists what there is.")
    return found


def _editor(place: Workspace, store: Store) -> Editor:
    now = place.now()
    holder = place.holder(format_time(now))
    return Editor(place.target(store), store, actor=f"{holder.user}@{holder.host}", now=now)


def tell(invocation: Invocation, done: Iterable[Done]) -> None:
    """Say what was done, and what the next apply makes of it."""
    for each in done:
        invocation.console.result(harmless(f"{_WORDS[each.action]} {each.address}."))
        if each.note:
            invocation.console.warning(each.note)
