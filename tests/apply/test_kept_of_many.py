"""What is kept back is found by person and by name, and comes to what reading all of it would."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from idsync.apply import kept_back as fact
from idsync.apply.kept_back import keep, kept_back, kept_of_person, to_keep_back
from idsync.apply.kept_entries import Kept, KeptBack
from idsync.apply.kept_marks import with_marks_kept
from idsync.model.addresses import Address, access_list_address
from idsync.model.directory import Names, Reason
from idsync.model.names import twin_key
from idsync.plan.changes import AccessListChange
from tests.core.replay import settled
from tests.core.world import okta, person, plan
from tests.targets.world import our_list

NOTHING_HELD = plan(okta(person("ann")), settled(okta(person("ann"))))
NOW = datetime(2026, 3, 1, tzinfo=UTC)
NAMES = ("ann", "Ann", "bob", "cid")
IDS = ("", "00u1", "00u2", "00u3")
LISTS = ("00g1", "00g2")


class Facts:
    """Facts of one key, in memory."""

    def __init__(self, kept: Kept) -> None:
        self._values = dict(keep(kept, "local"))

    def get(self, key: str) -> bytes | None:
        return self._values.get(key)


def entries() -> st.SearchStrategy[KeptBack]:
    """Entries of accounts, locks, members, lists and plain resources."""
    guards = st.just(("user_deletions",))
    names, ids = st.sampled_from(NAMES), st.sampled_from(IDS)
    return st.one_of(
        st.builds(KeptBack, st.just("delete"), guards, user=names, okta_id=ids),
        st.builds(KeptBack, st.just("update"), guards, access_list=st.sampled_from(LISTS), member=names, okta_id=ids),
        st.builds(KeptBack, st.just("delete"), guards, access_list=st.sampled_from(LISTS)),
        st.builds(KeptBack, st.just("delete"), guards, resource=st.just("app/a")),
    )


ADDRESSES = st.sampled_from([Address(each) for each in ("user/ann", "user/bob", "access_list/00g1", "app/a")])
KEPT = st.dictionaries(ADDRESSES, st.lists(entries(), min_size=1, max_size=4, unique=True).map(tuple))
LOOKED_AT = st.builds(
    Names,
    st.frozensets(st.sampled_from(NAMES)),
    st.frozensets(st.sampled_from(LISTS)),
    st.frozensets(st.just(Address("app/a"))),
)


def nobody(_names: Collection[str]) -> dict[str, str]:
    """A target without accounts."""
    return {}


@given(KEPT, LOOKED_AT)
def test_r43_what_was_looked_at_is_kept_no_more_and_all_else_stays(kept: Kept, looked_at: Names) -> None:
    facts: Any = Facts(kept)
    changed = to_keep_back(NOTHING_HELD, looked_at, facts, "local", nobody, NOW)
    outside = {address: tuple(one for one in each if not one.is_inside(looked_at)) for address, each in kept.items()}
    outside = {address: each for address, each in outside.items() if each}
    assert changed == ({} if outside == kept else keep(outside, "local"))


@given(KEPT, st.sampled_from(IDS[1:]), st.sets(st.sampled_from(NAMES)))
def test_what_is_kept_of_a_person_is_found_by_id_and_by_name(kept: Kept, okta_id: str, names: set[str]) -> None:
    facts: Any = Facts(kept)
    keys = {twin_key(name) for name in names}
    wanted = {
        entry
        for each in kept.values()
        for entry in each
        if entry.user and entry.okta_id and (entry.okta_id == okta_id or twin_key(entry.user) in keys)
    }
    assert set(kept_of_person(facts, "local", okta_id, names)) == wanted


def test_what_is_kept_is_decoded_once_for_all_who_look(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {Address("user/dora"): (KeptBack("delete", ("user_deletions",), user="dora", okta_id="00u-dora"),)}
    facts: Any = Facts(kept)
    decoded: list[bytes] = []
    decoder = fact._KEPT

    class Counting:
        def decode(self, data: bytes) -> Any:
            decoded.append(data)
            return decoder.decode(data)

    monkeypatch.setattr(fact, "_KEPT", Counting())
    for _ in range(3):
        assert kept_back(facts, "local") == kept
        assert [each.user for each in kept_of_person(facts, "local", "00u-dora")] == ["dora"]
        to_keep_back(NOTHING_HELD, Names(frozenset({"ann"}), frozenset()), facts, "local", nobody, NOW)
    assert len(decoded) == 1


def test_what_came_to_be_kept_since_a_plan_was_made_stays() -> None:
    one = KeptBack("delete", ("user_deletions",), user="ann", okta_id="00u1")
    other = replace(one, okta_id="00u2")
    facts: Any = Facts({Address("user/ann"): (one, other)})
    changed = to_keep_back(NOTHING_HELD, None, facts, "local", nobody, NOW, {Address("user/ann"): (one,)})
    assert changed == keep({Address("user/ann"): (other,)}, "local")


class Ids(dict[str, str]):
    """Whose the accounts are, which counts how often it is asked."""

    asked = 0

    def get(self, name: str, default: Any = None) -> Any:
        self.asked += 1
        return super().get(name, default)

    def __contains__(self, name: object) -> bool:
        self.asked += 1
        return super().__contains__(name)


@pytest.mark.parametrize("joins", [False, True])
def test_marks_on_a_large_list_cost_as_much_as_it_has_members(joins: bool) -> None:
    """And not as many times that as it has entries: a hundred thousand who leave one list would hold up every push."""
    many = [f"p{number:04}" for number in range(1_000)]
    ids = Ids({name: f"00u{name}" for name in many})
    address = access_list_address("00g1")
    item = our_list("00g1")
    change = AccessListChange(
        address,
        "update",
        Reason.MEMBERSHIP_CHANGED,
        (),
        item,
        item,
        members_added=tuple(many) if joins else (),
        members_removed=() if joins else tuple(many),
    )
    one = KeptBack("update", ("access_gains",) if joins else ("member_removals",), access_list="00g1", joins=joins)
    kept = {address: tuple(replace(one, member=name, okta_id=ids[name]) for name in many)}
    plan_of_it = replace(NOTHING_HELD, changes=(change,))
    (marked,) = with_marks_kept(plan_of_it, kept, lambda _: ids).changes
    assert marked.blocked_by == one.guards
    assert ids.asked < 10 * len(many)
