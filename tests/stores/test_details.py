"""The details of memberships, on every store: each is kept while somebody has it, and no number ever means two."""

import random
from collections.abc import Mapping
from contextlib import suppress

import pytest

from idsync.errors import StoreDamaged
from idsync.model.addresses import access_list_address, member_address
from idsync.model.directory import Names
from idsync.model.resources import Membership
from idsync.stores.postgres.store import PostgresStore
from idsync.stores.protocol import Store
from idsync.stores.sqlite.store import SqliteStore
from idsync.stores.tables.contents import TABLES
from idsync.targets.local import LocalTarget
from tests.effort import examples
from tests.targets.world import ORG, our_list

FEW = 8
"""So many new ones are left before unused ones are looked for, in a small directory."""
DETAILS = next(table for table in TABLES if table.name == "membership_details")
ELSEWHERE = "elsewhere"


def founded(store: Store, *names: str) -> None:
    target = LocalTarget(store.directory, ORG)
    with store.transaction():
        for name in names or ("all",):
            target.put_access_list(our_list(name))


def joins(store: Store, name: str, at: int, access_list: str = "all") -> None:
    """Somebody joins a list, at a time at which nobody else does."""
    LocalTarget(store.directory, ORG).add_members(access_list, {name: joined(at)})


def leaves(store: Store, name: str, access_list: str = "all") -> None:
    LocalTarget(store.directory, ORG).remove_members(access_list, [name])


def many_join_in_vain(store: Store, name: str, at: int, access_list: str = "all") -> None:
    """A part of a transaction in which so much happens that unused details are cleared, and which fails."""
    with suppress(ZeroDivisionError), store.attempt():
        for time in range(at, at + 20):
            joins(store, name, time, access_list)
        raise ZeroDivisionError


def joined(at: int) -> Membership:
    return Membership(reason=f"at {at}")


def members(store: Store, access_list: str = "all") -> Mapping[str, Membership]:
    return LocalTarget(store.directory, ORG).state().members[access_list]


def kept(store: Store) -> dict[int, bytes]:
    """The details that are kept, by number."""
    assert isinstance(store, SqliteStore | PostgresStore)
    return dict(store.whole().contents.read(DETAILS))


def test_what_nobody_has_any_more_is_cleared(store: Store) -> None:
    founded(store)
    for time in range(100):
        joins(store, "hiro", time)
        leaves(store, "hiro")
    joins(store, "ann", 100)
    assert len(kept(store)) <= FEW + 1
    assert members(store) == {"ann": joined(100)}


def test_what_somebody_has_is_kept_however_many_come_after(store: Store, other: Store) -> None:
    founded(store, "all", "other")
    joins(store, "ann", 1000)
    joins(store, "bob", 1001, "other")
    store.agreed(ELSEWHERE).keep(
        {access_list_address("all"): our_list("all"), member_address("all", "eve"): joined(2000)}
    )
    for time in range(50):
        joins(store, "hiro", time)
    assert members(other) == {"ann": joined(1000), "hiro": joined(49)}
    assert members(other, "other") == {"bob": joined(1001)}
    assert LocalTarget(other.directory, ORG).memberships(["bob"]) == {"other": {"bob": joined(1001)}}
    agreed = other.agreed(ELSEWHERE).base(Names(frozenset(), frozenset({"all"})))
    assert agreed.members["all"] == {"eve": joined(2000)}


def test_a_number_never_means_other_details_than_it_did(store: Store) -> None:
    founded(store)
    meant: dict[int, bytes] = {}
    for time in range(0, 60, 10):
        with store.transaction():
            for each in range(time, time + 10):
                joins(store, "hiro", each)
                for number, body in kept(store).items():
                    assert meant.setdefault(number, body) == body
            leaves(store, "hiro")
        assert len(kept(store)) == 1  # the last one stays, though nobody has it
    assert len(meant) == 60


def test_who_knows_a_number_that_another_process_cleared_gives_a_new_one(store: Store, other: Store) -> None:
    founded(store)
    joins(store, "hiro", 0)
    leaves(store, "hiro")  # this process knows the number of these details, which nobody has
    for time in range(1, 30):
        joins(other, "ann", time)
    joins(store, "hiro", 0)
    assert members(other) == members(store) == {"hiro": joined(0), "ann": joined(29)}


def test_a_clearing_that_is_undone_was_none(store: Store, other: Store) -> None:
    founded(store)
    joins(store, "ann", 1000)
    with store.transaction():
        leaves(store, "ann")
        many_join_in_vain(store, "hiro", 0)
        many_join_in_vain(store, "hiro", 15)
        joins(store, "ann", 1000)
        joins(store, "bob", 20)
    assert members(other) == members(store) == {"ann": joined(1000), "bob": joined(20)}


def test_a_large_directory_is_looked_through_more_rarely(store: Store) -> None:
    founded(store)
    LocalTarget(store.directory, ORG).add_alike("all", joined(0), [f"p{number}" for number in range(20_000)])
    for time in range(1, 19):
        joins(store, "hiro", time)
    assert len(kept(store)) == 19
    for time in range(19, 22):
        joins(store, "hiro", time)
    assert len(kept(store)) < 5
    assert members(store)["p7"] == joined(0)


def test_names_and_details_that_are_not_known_any_more_are_looked_up_again(
    store: Store, other: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So many are known at one time only, however many a service sees."""
    monkeypatch.setattr("idsync.stores.tables.names._MOST_KNOWN", 3)
    monkeypatch.setattr("idsync.stores.tables.details._MOST_KNOWN", 3)
    founded(store)
    for time in range(40):
        joins((store, other)[time % 2], f"p{time % 10}", time)
    wanted = {f"p{time % 10}": joined(time) for time in range(30, 40)}
    assert members(store) == members(other) == wanted


def test_details_that_are_missing_are_damage(store: Store, other: Store) -> None:
    founded(store)
    joins(store, "hiro", 0)
    schema = "" if isinstance(store, SqliteStore) else "idsync."
    assert isinstance(store, SqliteStore | PostgresStore)
    with store.transaction():
        store._connection.run(f"DELETE FROM {schema}membership_details")
    with pytest.raises(StoreDamaged) as raised:
        members(other)
    assert raised.value.why == "Those of number 1 are missing."


@pytest.mark.parametrize("seed", range(examples(100)))
def test_two_processes_always_read_what_either_wrote(store: Store, other: Store, seed: int) -> None:
    """Against a dictionary: joins and departures of both, at few times so that details come back, some undone."""
    chance = random.Random(seed)
    founded(store, "all", "other")
    wanted: dict[str, dict[str, Membership]] = {"all": {}, "other": {}}
    agreed: dict[str, Membership] = {}
    store.agreed(ELSEWHERE).keep({access_list_address("all"): our_list("all")})
    for _ in range(80):
        who, name = chance.choice((store, other)), f"p{chance.randrange(6)}"
        access_list, time = chance.choice(("all", "other")), chance.randrange(40)
        match chance.randrange(6):
            case 0 | 1 | 2:
                joins(who, name, time, access_list)
                wanted[access_list][name] = joined(time)
            case 3:
                leaves(who, name, access_list)
                wanted[access_list].pop(name, None)
            case 4:
                details = joined(time) if chance.random() < 0.6 else None
                who.agreed(ELSEWHERE).keep({member_address("all", name): details})
                agreed = {**agreed, name: details} if details else {k: v for k, v in agreed.items() if k != name}
            case _:
                with who.transaction():
                    many_join_in_vain(who, name, time, access_list)
                    joins(who, name, time, access_list)
                wanted[access_list][name] = joined(time)
        reader = chance.choice((store, other))
        assert {each: dict(members(reader, each)) for each in wanted} == wanted
        base = reader.agreed(ELSEWHERE).base(Names(frozenset(), frozenset({"all"})))
        assert base.members["all"] == agreed
    assert len(kept(store)) <= len({*wanted["all"].values(), *wanted["other"].values(), *agreed.values()}) + FEW + 20
