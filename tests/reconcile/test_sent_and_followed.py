"""What ticks and passes read of lists shortly after something was sent: copies lag, and facts outlive that."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from idsync.bootstrap.workspace import Workspace
from idsync.edit.editor import Editor
from idsync.model.addresses import member_address
from idsync.model.resources import AccessListMember, MemberSpec, Metadata
from idsync.server.page.looking import Looking
from idsync.stores.sqlite.store import open_store
from tests.core.world import config
from tests.okta_simulator import Group, Organization, Switches, User
from tests.reconcile.test_ticks_beside_passes import World
from tests.sources.okta.organizations import served

LAGS = 30.0


@dataclass
class Clock:
    """This machine's clock and Okta's, which a test sets on."""

    ahead: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@dataclass
class Sent:
    """A process that follows an organization whose copies lag, with a group of ann and bob that goes both ways."""

    world: World
    clock: Clock
    group: Group
    people: dict[str, User]

    def edit(self, person: str, *, joins: bool) -> None:
        """A hand edits one membership, and a tick sends it."""
        self.hand(person, joins=joins)
        self.world.tick()
        assert (self.people[person].id in self.group.members) is joins

    def hand(self, person: str, *, joins: bool) -> None:
        """A hand edits one membership."""
        name = f"{person}@x.com"
        editor = Editor(self.world.directory(), self.world.store, actor="me", now=datetime.now(UTC))
        if joins:
            spec = MemberSpec(self.group.id, name)
            editor.create(AccessListMember("access_list_member", "v1", Metadata(name), spec))
        else:
            editor.remove(member_address(self.group.id, name))

    def here(self) -> list[str]:
        """Who is in the list."""
        return [name.partition("@")[0] for name in self.world.members()["eng"]]


@pytest.fixture
def sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sent]:
    clock = Clock(-3600.0)
    org = Organization(clock=clock, switches=Switches(members_lag=LAGS, assignments_lag=LAGS))
    people = {name: org.add_user(f"{name}@x.com") for name in ("ann", "bob", "cat", "dan")}
    sso = org.add_app("Teleport")
    for user in people.values():
        org.assign_user(sso, user)
    group = org.add_group("eng", members=[people["ann"], people["bob"]])
    clock.ahead = 0.0
    path = tmp_path / "a.db"
    with served(org) as reader, open_store(path) as store, open_store(path) as other:
        monkeypatch.setenv("TOKEN", reader.simulator.token)
        integration = (
            "apiVersion: idsync/v1\nkind: Integration\nmetadata: {name: okta}\n"
            f"spec: {{org_url: {reader.url}, app: {{id: {sso.id}}}, auth: {{api_token: {{env: TOKEN}}}}, "
            "sync: {bidirectional: true}}\n"
        )
        world = World(org, reader, store, other, Workspace(config(integration=integration), path.parent))
        world.restart()
        world.full()
        world.tick()
        yield Sent(world, clock, group, people)


def test_r48_who_was_added_stays_when_a_tick_looks_at_them_once_the_copies_are_right(sent: Sent) -> None:
    """The log tells of the request at once, and the list that is read then is as it was before."""
    sent.edit("cat", joins=True)
    sent.edit("bob", joins=False)
    sent.clock.ahead += 1
    sent.world.tick()
    assert sent.here() == ["ann", "cat"]
    sent.clock.ahead += 150
    for person in ("bob", "cat"):
        sent.world.org.update_user(sent.people[person], title="Lead")
    sent.world.tick()
    assert sent.here() == ["ann", "cat"]
    sent.world.full()
    assert sent.here() == ["ann", "cat"]


def test_r48_a_full_pass_that_reads_a_copy_leaves_facts_by_which_nothing_is_undone(sent: Sent) -> None:
    before = sent.world.reader.source().read()
    sent.edit("cat", joins=True)
    sent.edit("bob", joins=False)
    sent.clock.ahead += LAGS + 1
    sent.world.tick()
    sent.world.listed = before
    sent.world.full()
    assert sent.here() == ["ann", "cat"]
    sent.world.listed = None
    sent.clock.ahead += 150
    for person in ("bob", "cat"):
        sent.world.org.update_user(sent.people[person], title="Lead")
    sent.world.tick()
    assert sent.here() == ["ann", "cat"]


def test_r48_what_a_tick_read_after_two_minutes_counts_though_a_full_pass_began_before(sent: Sent) -> None:
    sent.edit("cat", joins=True)

    def removed() -> None:
        """What happens in Okta, and is followed, while the full pass still reads."""
        sent.clock.ahead += 150
        sent.world.org.remove_member(sent.group, sent.people["cat"])
        sent.clock.ahead += LAGS + 1
        sent.world.tick()
        assert sent.here() == ["ann", "bob"]

    sent.world.while_read.append(removed)
    sent.world.full()
    assert sent.here() == ["ann", "bob"]
    sent.world.org.update_user(sent.people["cat"], title="Lead")
    sent.world.tick()
    assert sent.here() == ["ann", "bob"]


def test_the_status_page_explains_what_a_hand_edited_as_what_goes_to_okta(sent: Sent) -> None:
    sent.hand("cat", joins=True)
    sent.hand("bob", joins=False)
    store, asked = sent.world.store, sent.world.reader.simulator.requests.total
    looking = Looking(store, lambda _: (sent.world.place, False))
    lists = {
        person: [(each.now, each.desired) for each in found.access if each.kind == "access_list"]
        for person in ("ann", "bob", "cat")
        if (found := looking.person(f"{person}@x.com"))
    }
    assert lists == {"ann": [(True, True)], "bob": [], "cat": [(True, True)]}
    assert sent.world.reader.simulator.requests.total == asked, "nothing is asked of Okta"
