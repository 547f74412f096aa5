"""How `create`, `edit` and `rm` come by a person's hand on the directory, and say what it did."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from idsync.apply.hand import Done, Hand
from idsync.cli.invocation import Invocation
from idsync.cli.workplaces import workplace
from idsync.model.times import format_time

_WORDS = {"create": "Created", "update": "Changed", "delete": "Removed", "none": "Unchanged:"}


@contextmanager
def hand(invocation: Invocation) -> Iterator[Hand]:
    """The hand of whoever runs this; what it does is kept when the block ends, and undone when it raises."""
    place = workplace(invocation)
    now = place.now()
    holder = place.holder(format_time(now))
    with place.store(writing=True) as store, store.transaction():
        yield Hand(place.target(store), store, actor=f"{holder.user}@{holder.host}", now=now)


def tell(invocation: Invocation, done: Iterable[Done]) -> None:
    """Say what was done, and what the next apply makes of it."""
    for each in done:
        invocation.console.result(f"{_WORDS[each.action]} {each.address}.")
        if each.note:
            invocation.console.warning(each.note)
