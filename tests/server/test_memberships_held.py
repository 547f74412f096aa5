"""Memberships whose end a guard holds: kept for their person, whatever name they have, and for nobody else."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from idsync.apply.kept_back import kept_back
from idsync.bootstrap.workspace import Workspace
from idsync.edit.editor import Editor
from idsync.model.addresses import member_address
from idsync.model.resources import AccessListMember
from idsync.stores.sqlite.store import open_store
from tests.okta_scim_client import Dialect, Engine
from tests.okta_scim_client.people import Assigned
from tests.server.conftest import Served, served
from tests.server.test_bursts import FREE, HOUR, guarded, locked, whole_pass

OTHERS = dict.fromkeys(("user_deletes", "user_locks", "access_list_deletes", "access_gains", "lock_burst"), FREE)
SETTINGS = guarded(member_removals="{percent: 0, floor: 0}", access_losses=FREE, **OTHERS)


class Held:
    """A list of three, of which Okta has taken the first, who is kept in it."""

    def __init__(self, service: Served, dialect: Dialect) -> None:
        self.service = service
        self.okta: Engine = service.engine(dialect)
        self.ann = self._assigned("00uAnn", "ann@x.com")
        self.bob = self._assigned("00uBob", "bob@x.com")
        self.cid = self._assigned("00uCid", "cid@x.com")
        self.group = self.okta.push_group("eng", [self.ann, self.bob, self.cid])
        self.okta.change_members(self.group, left=(self.ann,))

    def _assigned(self, okta_id: str, name: str) -> Assigned:
        person = self.okta.person(okta_id, name)
        self.okta.assign(person)
        return person

    def members(self) -> list[str]:
        """Who is in the list."""
        (members,) = self.service.directory().members.values()
        return sorted(member.partition("@")[0] for member in members)

    def kept(self) -> list[tuple[str, str]]:
        """Whose memberships are kept, with the names that they had then."""
        with open_store(self.service.path) as store:
            entries = [each for found in kept_back(store.facts, "local").values() for each in found]
        return sorted((each.okta_id, each.member) for each in entries if each.member)

    def later(self, **released: str) -> None:
        """An hour later, a pass over everything."""
        self.service.clock[0] += HOUR
        whole_pass(self.service, SETTINGS, **released)


@pytest.fixture(params=Dialect)
def held(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Held]:
    with served(tmp_path / "a.db", SETTINGS) as service:
        yield Held(service, request.param)


def test_r43_a_membership_is_kept_for_its_person_until_it_is_released(held: Held) -> None:
    assert held.members() == ["ann", "bob", "cid"]
    assert held.kept() == [("00uAnn", "ann@x.com")]
    held.later()
    assert held.members() == ["ann", "bob", "cid"]
    held.later(member_removals="they did leave the team")
    assert held.members() == ["bob", "cid"]
    held.later()
    assert held.kept() == []


def test_r43_who_is_back_in_the_group_is_kept_no_more(held: Held) -> None:
    held.okta.change_members(held.group, joined=(held.ann,))
    assert held.members() == ["ann", "bob", "cid"]
    assert held.kept() == []
    held.okta.change_profile(held.ann, username="anna@x.com")
    assert held.members() == ["anna", "bob", "cid"]


def test_r43_a_renaming_releases_nothing(held: Held) -> None:
    held.okta.change_profile(held.ann, username="anna@x.com")
    assert held.members() == ["ann", "bob", "cid"], "the renaming waits with what it would end"
    assert locked(held.service) == []
    held.later()
    assert held.members() == ["ann", "bob", "cid"]
    assert held.kept() == [("00uAnn", "ann@x.com")]
    held.later(member_removals="she did leave the team")
    assert held.members() == ["bob", "cid"]
    assert sorted(held.service.directory().users) == ["anna@x.com", "bob@x.com", "cid@x.com"]


def test_r43_a_renaming_goes_on_once_its_person_is_back_in_the_group(held: Held) -> None:
    held.okta.change_profile(held.ann, username="anna@x.com")
    held.okta.change_members(held.group, joined=(held.ann,))
    held.later()
    assert held.members() == ["anna", "bob", "cid"]
    assert held.kept() == []


def test_r11_who_gets_the_name_gets_a_membership_of_their_own(held: Held) -> None:
    with open_store(held.service.path) as store:
        place = Workspace(SETTINGS, held.service.path.parent)
        hand = Editor(place.target(store), store, actor="me", now=held.service.clock[0])
        (name,) = held.service.directory().access_lists
        membership = hand.find(member_address(name, "ann@x.com"))
        assert isinstance(membership, AccessListMember)
        hand.replace(replace(membership, spec=replace(membership.spec, expires="2027-03-01T00:00:00Z")))
    heir = held.okta.person("00uHeir", "ann@x.com")
    held.okta.deactivate(held.ann)
    held.okta.assign(heir)
    held.okta.change_members(held.group, joined=(heir,))
    (members,) = held.service.directory().members.values()
    assert sorted(members) == ["ann@x.com", "bob@x.com", "cid@x.com"]
    assert members["ann@x.com"].expires is None, "what the first one had is not theirs"
    assert held.kept() == []
    held.okta.change_members(held.group, left=(heir,))
    assert held.members() == ["ann", "bob", "cid"], "their own removal is counted, and held, by itself"
    assert held.kept() == [("00uHeir", "ann@x.com")]


def test_r11_who_gets_the_name_and_is_not_in_the_group_is_not_kept_in_it(held: Held) -> None:
    heir = held.okta.person("00uHeir", "ann@x.com")
    held.okta.deactivate(held.ann)
    held.okta.assign(heir)
    held.later()
    assert held.members() == ["bob", "cid"]
    assert held.kept() == []


def test_r43_two_who_swap_names_stay_as_they_are_and_nothing_is_released(held: Held) -> None:
    for person, name in ((held.ann, "tmp@x.com"), (held.bob, "ann@x.com"), (held.ann, "bob@x.com")):
        held.okta.change_profile(person, username=name)
    for _ in range(3):
        held.later()
    found = held.service.directory()
    owners = {name: user.metadata.labels["okta/user-id"] for name, user in found.users.items()}
    assert owners == {"ann@x.com": "00uAnn", "bob@x.com": "00uBob", "cid@x.com": "00uCid"}
    assert held.members() == ["ann", "bob", "cid"]
    held.okta.change_profile(held.ann, username="ann2@x.com")
    held.later()
    assert "ann" in held.members(), "once they have names of their own, what was held is held still"
    held.later(member_removals="she did leave the team")
    for _ in range(3):
        held.later()
    owners = {name: user.metadata.labels["okta/user-id"] for name, user in held.service.directory().users.items()}
    assert owners == {"ann2@x.com": "00uAnn", "ann@x.com": "00uBob", "cid@x.com": "00uCid"}
    assert held.members() == ["ann", "cid"], "Bob, under his new name, and Cid"
