"""The implementations of the target's protocol, and how each is opened: the tests beside this file run on all of them.

Another implementation is one line here, and needs no other part of these tests. `open` makes an empty target: `place`
is a folder of its own, `store` the one in which its runs will be recorded. Its `put_…`, `delete_…`, `add_members` and
`remove_members` write as somebody does who works there past idsync. All else is asked of the target itself.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import msgspec

from idsync.model.addresses import Kind
from idsync.stores.protocol import Store
from idsync.targets.local import LocalTarget
from idsync.targets.protocol import Resource
from tests.targets.memory import MemoryTarget
from tests.targets.remote import RemoteTarget
from tests.targets.world import ORG, WritableTarget


class Implementation(msgspec.Struct, frozen=True):
    """How a target is opened, and what kinds of objects it holds."""

    open: Callable[[Store, Path], AbstractContextManager[WritableTarget]]
    kinds: frozenset[Kind]


@contextmanager
def _local(store: Store, _place: Path) -> Iterator[WritableTarget]:
    yield LocalTarget(store.directory, ORG)


@contextmanager
def _memory(_store: Store, _place: Path) -> Iterator[WritableTarget]:
    yield MemoryTarget()


@contextmanager
def _remote(_store: Store, _place: Path) -> Iterator[WritableTarget]:
    yield RemoteTarget()


IMPLEMENTATIONS: Mapping[str, Implementation] = {
    "local": Implementation(_local, LocalTarget.kinds),
    "memory": Implementation(_memory, MemoryTarget.kinds),
    "remote": Implementation(_remote, RemoteTarget.kinds),
}
LOCKING = tuple(name for name, each in IMPLEMENTATIONS.items() if "lock" in each.kinds)


def keeps(target: WritableTarget, found: Mapping[str, Resource], wanted: Collection[Resource]) -> bool:
    """Whether a target holds these objects and no others, each the same as far as it keeps them."""
    by_name = {each.metadata.name: each for each in wanted}
    return found.keys() == by_name.keys() and all(target.same(each, found[name]) for name, each in by_name.items())
