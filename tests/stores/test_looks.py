"""What a transaction looked at is as it is then, also after it was written to, and after a part of it was undone."""

from collections.abc import Callable
from contextlib import suppress

import pytest

from idsync.model.addresses import user_address
from idsync.model.agreed_past import AgreedPast, LiftedLock
from idsync.model.directory import Names
from idsync.model.journal import RunFinished, RunStarted
from idsync.stores.protocol import Difference, Store
from idsync.targets.local import LocalTarget
from tests.core.world import lock_on
from tests.targets.world import ORG, our_user

AT = "2026-01-01T00:00:00Z"
HIRO = Names(frozenset({"hiro"}), frozenset())
Look = tuple[Callable[[Store], object], Callable[[Store], object]]
"""What is looked at, and what is written that it shows."""


def directory(store: Store) -> LocalTarget:
    return LocalTarget(store.directory, ORG)


LOOKS: dict[str, Look] = {
    "bodies": (lambda store: directory(store).state(HIRO), lambda store: directory(store).put_user(our_user("hiro"))),
    "entries": (
        lambda store: directory(store).index(ORG, HIRO).users,
        lambda store: directory(store).put_user(our_user("hiro")),
    ),
    "counts": (lambda store: directory(store).counts(ORG), lambda store: directory(store).put_user(our_user("hiro"))),
    "serial": (lambda store: directory(store).serial(), lambda store: directory(store).put_user(our_user("hiro"))),
    "locks on": (
        lambda store: directory(store).locks(["hiro"]),
        lambda store: directory(store).put_lock(lock_on("hiro", ours=True)),
    ),
    "locks named": (
        lambda store: directory(store).locks([], [lock_on("hiro", ours=True).metadata.name]),
        lambda store: directory(store).put_lock(lock_on("hiro", ours=True)),
    ),
    "differences": (
        lambda store: store.agreed("local").differing(HIRO),
        lambda store: store.agreed("local").differ({user_address("hiro"): Difference(None)}),
    ),
    "past": (
        lambda store: store.agreed("local").past(["00u1"]),
        lambda store: store.agreed("local").remember(AgreedPast(lifted=(LiftedLock("00u1", "departure", AT),))),
    ),
    "runs": (
        lambda store: (store.runs.next_number(), store.runs.unfinished("p"), store.runs.finished("p")),
        lambda store: store.journal.append(RunStarted(1, AT, "me", "p", "okta", 0, {})),
    ),
    "journal": (
        lambda store: store.journal.head(),
        lambda store: store.journal.append(RunStarted(1, AT, "me", "p", "okta", 0, {})),
    ),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_a_transaction_sees_what_it_wrote_and_what_it_undid(store: Store, other: Store, look: Look) -> None:
    see, write = look
    before = see(store)
    with store.transaction():
        assert see(store) == before
        with suppress(ZeroDivisionError), store.attempt():
            assert see(store) == before
            write(store)
            assert see(store) != before
            raise ZeroDivisionError
        assert see(store) == before
        with store.attempt():
            write(store)
        after = see(store)
        assert after != before
    assert see(store) == see(other) == after


def test_a_run_that_ends_is_seen_at_once(store: Store) -> None:
    with store.transaction():
        store.journal.append(RunStarted(1, AT, "me", "p", "okta", 0, {}))
        assert (store.runs.unfinished("p") is None, store.runs.finished("p")) == (False, None)
        store.journal.append(RunFinished(1, AT, 0))
        assert (store.runs.unfinished("p"), store.runs.finished("p")) == (None, 1)
