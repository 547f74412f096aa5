"""How `create`, `edit` and `rm` come by a person's hand on the directory, and say what it did."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from idsync.apply.hand import Done, Hand
from idsync.apply.revisions import AnyResource
from idsync.bootstrap import Workplace, open_workplace
from idsync.cli.console import harmless
from idsync.cli.invocation import Invocation
from idsync.cli.workplaces import workplace
from idsync.errors import ResourceError
from idsync.model.times import format_time

if TYPE_CHECKING:
    from idsync.stores.sqlite import SqliteStore

_WORDS = {"create": "Created", "update": "Changed", "delete": "Removed", "none": "Unchanged:"}


@contextmanager
def hand(invocation: Invocation) -> Iterator[Hand]:
    """The hand of whoever runs this; what it does is kept when the block ends, and undone when it raises."""
    place = workplace(invocation)
    with place.store(writing=True) as store, store.transaction():
        yield _hand(place, store)


def existing(invocation: Invocation, address: str) -> AnyResource:
    """The resource at an address, with its revision; raises ResourceError."""
    place = open_workplace(invocation.config)
    with place.store(writing=False) as store:
        found = _hand(place, store).find(address)
    if found is None:
        raise ResourceError(f"There is no {address!r}.", fix="`idsync get all --format text` lists what there is.")
    return found


def _hand(place: Workplace, store: "SqliteStore") -> Hand:
    now = place.now()
    holder = place.holder(format_time(now))
    return Hand(place.target(store), store, actor=f"{holder.user}@{holder.host}", now=now)


def tell(invocation: Invocation, done: Iterable[Done]) -> None:
    """Say what was done, and what the next apply makes of it."""
    for each in done:
        invocation.console.result(harmless(f"{_WORDS[each.action]} {each.address}."))
        if each.note:
            invocation.console.warning(each.note)
