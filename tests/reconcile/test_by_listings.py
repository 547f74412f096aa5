"""Okta followed without its log: what a tick sees, what a sweep sees, what it costs, and what nobody is taken for."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.okta_simulator import Change, Empty, Fail, Fault, Limits, Omit, Organization, Switches
from tests.reconcile.listings_world import Followed, following
from tests.sources.okta.organizations import Clock

NAMES = [f"p{number:02}" for number in range(30)]


def organization(switches: Switches | None = None) -> Organization:
    """Thirty people who have the app by a group that is a list; another list, an app, and somebody without the app."""
    made = Organization(clock=Clock(), switches=switches or Switches())
    people = [made.add_user(f"{name}@x.com") for name in NAMES]
    staff = made.add_group("staff", members=people)
    made.add_group("eng", members=people[:10])
    made.assign_group(made.add_app("Teleport"), staff)
    made.assign_user(made.add_app("Wiki"), people[0])
    made.add_user("zoe@x.com")
    return made


def suspend(org: Organization) -> None:
    org.suspend(org.user("p01@x.com"))


def deactivate(org: Organization) -> None:
    org.deactivate(org.user("p01@x.com"))


def delete(org: Organization) -> None:
    gone = org.user("p01@x.com")
    org.deactivate(gone)
    org.delete_user(gone)


def rename_login(org: Organization) -> None:
    org.update_user(org.user("p01@x.com"), login="anna@x.com")


def edit_profile(org: Organization) -> None:
    org.update_user(org.user("p01@x.com"), title="Boss")


def join(org: Organization) -> None:
    org.add_member(org.group("eng"), org.user("p20@x.com"))


def leave(org: Organization) -> None:
    org.remove_member(org.group("eng"), org.user("p01@x.com"))


def rename_group(org: Organization) -> None:
    org.update_group(org.group("eng"), name="engineers")


def new_group(org: Organization) -> None:
    org.add_group("new", members=[org.user("p01@x.com")])


def delete_group(org: Organization) -> None:
    org.delete_group(org.group("eng"))


def rename_app(org: Organization) -> None:
    org.update_app(org.app("Wiki"), label="Pages")


def deactivate_app(org: Organization) -> None:
    org.deactivate_app(org.app("Wiki"))


def delete_app(org: Organization) -> None:
    deactivate_app(org)
    org.delete_app(org.app("Wiki"))


def assign(org: Organization) -> None:
    org.assign_user(org.app("Teleport"), org.user("zoe@x.com"))


def joiner(org: Organization) -> None:
    org.add_member(org.group("staff"), org.add_user("new@x.com"))


def unassign(org: Organization) -> None:
    org.remove_member(org.group("staff"), org.user("p01@x.com"))


MEMBERS = set(NAMES[:10])
Event = tuple[Callable[[Organization], None], Callable[[Followed], bool]]
BY_TICK: dict[str, Event] = {
    "suspended": (suspend, lambda world: world.locked() == {"p01"}),
    "deactivated": (deactivate, lambda world: world.locked() == {"p01"} and "p01" not in world.users()),
    "login renamed": (rename_login, lambda world: "anna" in world.users() and "p01" not in world.users()),
    "profile edited": (
        edit_profile,
        lambda world: world.target().state().users["p01@x.com"].spec.traits.get("okta/title") == ("Boss",),
    ),
    "joined a group": (join, lambda world: world.lists()["eng"] == {*MEMBERS, "p20"}),
    "left a group": (leave, lambda world: world.lists()["eng"] == MEMBERS - {"p01"}),
    "group renamed": (rename_group, lambda world: world.lists().get("engineers") == MEMBERS),
    "group made": (new_group, lambda world: world.lists().get("new") == {"p01"}),
    "group deleted": (delete_group, lambda world: "eng" not in world.lists()),
    "app renamed": (rename_app, lambda world: world.lists().get("Pages") == {"p00"}),
    "app deactivated": (deactivate_app, lambda world: "Wiki" not in world.lists()),
    "app deleted": (delete_app, lambda world: "Wiki" not in world.lists()),
    "joiner, assigned at once": (joiner, lambda world: "new" in world.users()),
}
BY_SWEEP: dict[str, Event] = {
    "assigned": (assign, lambda world: "zoe" in world.users()),
    "unassigned": (unassign, lambda world: world.locked() == {"p01"} and "p01" not in world.users()),
    "deleted": (delete, lambda world: world.locked() == {"p01"} and "p01" not in world.users()),
}


@pytest.mark.parametrize("event", BY_TICK.values(), ids=BY_TICK.keys())
def test_r45_without_the_log_a_tick_sees_what_has_a_time(tmp_path: Path, event: Event) -> None:
    happens, is_so = event
    org = organization()
    with following(tmp_path / "a.db", org) as world:
        assert not world.tick()
        assert not is_so(world)
        happens(org)
        assert not world.tick()
        assert is_so(world)


@pytest.mark.parametrize("event", BY_SWEEP.values(), ids=BY_SWEEP.keys())
def test_r45_without_the_log_a_sweep_sees_what_has_no_time(tmp_path: Path, event: Event) -> None:
    happens, is_so = event
    org = organization()
    with following(tmp_path / "a.db", org) as world:
        happens(org)
        assert not world.sweep()
        assert is_so(world)


@pytest.mark.parametrize("event", BY_TICK.values(), ids=BY_TICK.keys())
def test_a_sweep_sees_people_whose_change_left_no_time(tmp_path: Path, event: Event) -> None:
    happens, is_so = event
    org = organization()
    with following(tmp_path / "a.db", org) as world:
        world.reader.simulator.faults.add(Fault("/api/v1/users", Empty(), times=None))
        happens(org)
        assert not world.sweep()
        assert is_so(world)


def test_r45_an_idle_tick_without_the_log_has_no_term_in_people_or_memberships(tmp_path: Path) -> None:
    costs = []
    for name, groups, people in (("a", 250, 30), ("b", 250, 300), ("c", 450, 30)):
        org = organization()
        extra = [org.add_user(f"q{number:03}@x.com") for number in range(people)]
        for each in extra:
            org.add_member(org.group("staff"), each)
        for number in range(groups):
            org.add_group(f"g{number:03}", members=extra if number < 20 else [])
        with following(tmp_path / f"{name}.db", org) as world:
            world.tick()
            before = world.requests()
            for _ in range(5):
                assert not world.tick()
            costs.append((world.requests() - before) / 5)
            assert all(extent.users == extent.lists == frozenset() for extent in world.extents[1:])
            listed = -(-(groups + 3) // 200) + 1
            assert costs[-1] <= listed + 2
    assert costs[0] == costs[1] == costs[2] - 1


def test_r45_a_sweep_is_a_request_for_each_500_people_and_comes_each_five_minutes(tmp_path: Path) -> None:
    org = organization()
    with following(tmp_path / "a.db", org) as world:
        for _ in range(91):  # a quarter of an hour
            assert not world.tick()
        routes = world.reader.simulator.requests.by_route
        assert routes["GET /api/v1/apps/{app}/users"] - 2 == 3, "one reading of two apps, and three sweeps of one page"


def test_listings_stay_under_a_quarter_of_what_may_be_asked(tmp_path: Path) -> None:
    org = organization()
    for number in range(1000):
        org.add_group(f"g{number:04}")
    limits = Limits(org.clock, org.switches, overrides={"groups": 400})
    with following(tmp_path / "a.db", org, limits=limits) as world:
        world.clock.now += 600
        before = world.reader.simulator.requests.by_route["GET /api/v1/groups"]
        begun = world.clock.now
        for _ in range(60):
            assert not world.tick()
        listed = world.reader.simulator.requests.by_route["GET /api/v1/groups"] - before
        minutes = (world.clock.now - begun) / 60
        allowed = 400 * 0.5 * 0.5
        assert 0.5 * allowed / 4 <= listed / minutes <= allowed / 4 + 1
        assert 429 not in world.reader.simulator.requests.by_status


def test_r44_a_sweep_that_lacks_many_is_not_believed(tmp_path: Path) -> None:
    org = organization()
    with following(tmp_path / "a.db", org) as world:
        world.reader.simulator.faults.add(Fault("/api/v1/apps/*/users", Empty(), times=None))
        assert world.sweep()
        assert (world.users(), world.locked()) == (set(NAMES), set())


def test_r44_a_sweep_that_lacks_few_asks_about_each_of_them(tmp_path: Path) -> None:
    org = organization()
    with following(tmp_path / "a.db", org) as world:
        app = org.app("Teleport")

        def hide(organization: Organization) -> None:
            organization.unassign_group(app, organization.group("staff"))
            for name in NAMES[:-3]:
                organization.assign_user(app, organization.user(f"{name}@x.com"))

        def show(organization: Organization) -> None:
            organization.assign_group(app, organization.group("staff"))

        faults = world.reader.simulator.faults
        faults.add(Fault("/api/v1/apps/*/users", Change(hide)), Fault("/api/v1/apps/*/users/*", Change(show)))
        assert not world.sweep()
        assert (world.users(), world.locked()) == (set(NAMES), set())
        assert set(NAMES[-3:]) <= {
            org.users[each].login.partition("@")[0] for extent in world.extents for each in extent.users or ()
        }


@pytest.mark.parametrize("path", ["/api/v1/groups", "/api/v1/apps"])
def test_r44_groups_and_apps_that_a_listing_lacks_are_asked_about(tmp_path: Path, path: str) -> None:
    org = organization()
    with following(tmp_path / "a.db", org) as world:
        before = world.lists()
        world.reader.simulator.faults.add(Fault(path, Empty(), times=None))
        assert not world.tick()
        assert not world.tick()
        assert world.lists() == before


def test_r44_a_listing_of_groups_that_lacks_many_asks_for_a_full_pass_once(tmp_path: Path) -> None:
    org = organization()
    for number in range(20):
        org.add_group(f"g{number:02}", members=[org.user("p00@x.com")])
    with following(tmp_path / "a.db", org) as world:
        before = world.lists()
        world.reader.simulator.faults.add(Fault("/api/v1/groups", Empty(), times=None))
        assert [world.tick() for _ in range(5)] == [True, False, False, False, False]
        assert world.lists() == before


@pytest.mark.parametrize(
    "fault",
    [
        Fault("/api/v1/groups", Omit(("profile.name",)), times=None),
        Fault("/api/v1/groups", Omit(("id",)), times=None),
        Fault("/api/v1/apps/*/users", Omit(("id",)), times=None),
        Fault("/api/v1/apps/*/users", Omit(("_embedded.user.profile", "credentials")), times=None),
        Fault("/api/v1/users", Omit(("lastUpdated",)), times=None),
    ],
    ids=["group's name", "group's id", "person's id", "person's name", "time"],
)
def test_r13_an_odd_row_of_a_listing_is_nobody_s_end(tmp_path: Path, fault: Fault) -> None:
    org = organization()
    with following(tmp_path / "a.db", org) as world:
        before = world.users(), world.lists()
        world.reader.simulator.faults.add(fault)
        assert not world.sweep()
        assert (world.users(), world.lists(), world.locked()) == (*before, set())


def test_a_look_that_fails_forgets_nothing(tmp_path: Path) -> None:
    org = organization()
    with following(tmp_path / "a.db", org) as world:
        suspend(org)
        leave(org)
        looked = world.by.look(world.source(), world.place.settings, world.target())
        assert looked.extent.users == frozenset({org.user("p01@x.com").id})
        # Nothing was read of it, since the process or Okta failed.
        assert not world.tick()
        assert world.locked() == {"p01"}
        assert world.lists()["eng"] == MEMBERS - {"p01"}


def test_a_restart_goes_on_from_the_time_that_was_reached(tmp_path: Path) -> None:
    org = organization()
    with following(tmp_path / "a.db", org) as world:
        world.tick()
        world.__post_init__()
        suspend(org)
        assert not world.tick()
        assert world.locked() == {"p01"}


def test_a_listing_that_fails_in_the_middle_begins_again(tmp_path: Path) -> None:
    org = organization()
    for number in range(450):
        org.add_group(f"g{number:03}")
    with following(tmp_path / "a.db", org) as world:
        leave(org)
        world.reader.simulator.faults.add(Fault("/api/v1/groups", Fail(403), first=2, times=1))
        with pytest.raises(Exception, match="does not allow"):
            world.tick()
        assert not world.tick()
        assert world.lists()["eng"] == MEMBERS - {"p01"}


def test_a_change_is_looked_at_once_and_strangers_are_few(tmp_path: Path) -> None:
    org = organization()
    strangers = [org.add_user(f"s{number:02}@x.com") for number in range(40)]
    with following(tmp_path / "a.db", org) as world:
        world.tick()
        for each in strangers:
            org.update_user(each, title="Guest")
        edit_profile(org)
        world.tick()
        found = world.extents[-1].users
        assert found is not None
        assert org.user("p01@x.com").id in found
        assert len(found) == 11
        world.tick()
        assert world.extents[-1].users == frozenset()


def test_many_changes_at_once_ask_for_a_full_pass(tmp_path: Path) -> None:
    org = organization()
    more = [org.add_user(f"q{number:03}@x.com") for number in range(320)]
    for each in more:
        org.add_member(org.group("staff"), each)
    with following(tmp_path / "a.db", org) as world:
        world.tick()
        for each in more:
            org.update_user(each, title="Guest")
        assert world.tick()
        assert not world.tick(), "it is asked for once"
