"""What is not text (NUL, half a surrogate pair) no store keeps, and every store refuses it alike."""

from collections.abc import Callable

import pytest

from idsync.errors import StoreError
from idsync.model.directory import Names
from idsync.model.resources import Membership
from idsync.stores.protocol import Store
from idsync.targets.local import LocalTarget
from tests.targets.world import ORG, our_list, our_lock, our_user

BAD = ("nul\0here", "half\ud800pair")
WAYS: dict[str, Callable[[Store, LocalTarget, str], object]] = {
    "a user": lambda store, target, name: target.put_user(our_user(name)),
    "a user's Okta id": lambda store, target, name: target.put_user(our_user("ann", okta_id=name)),
    "a lock": lambda store, target, name: target.put_lock(our_lock(name, "ann")),
    "whom a lock is on": lambda store, target, name: target.put_lock(our_lock("lock", name)),
    "a list": lambda store, target, name: target.put_access_list(our_list(name)),
    "a member": lambda store, target, name: target.add_members("00g1", {name: Membership()}),
    "who is looked for": lambda store, target, name: target.index(ORG, Names(frozenset({name}), frozenset())),
    "an Okta id that is looked for": lambda store, target, name: target.names_of([name], []),
    "a user to delete": lambda store, target, name: target.delete_user(name),
    "a lock to delete": lambda store, target, name: target.delete_lock(name),
    "a list to delete": lambda store, target, name: target.delete_access_list(name),
}


@pytest.mark.parametrize("bad", BAD, ids=["nul", "surrogate"])
@pytest.mark.parametrize("way", WAYS)
def test_it_is_refused_and_nothing_is_kept(store: Store, way: str, bad: str) -> None:
    target = LocalTarget(store.directory, ORG)
    target.put_access_list(our_list("00g1"))
    before = target.state()
    with pytest.raises((StoreError, UnicodeError)):  # halves of pairs have no bytes to begin with
        WAYS[way](store, target, bad)
    assert target.state() == before
