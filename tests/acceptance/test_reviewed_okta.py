"""`apply --reviewed` with an Okta on a socket: one reading answers for Okta's changes and for the edit."""

from pathlib import Path

from tests.acceptance.okta_world import served
from tests.okta_simulator import Organization

FILTER = (
    "---\napiVersion: idsync/v1\nkind: ImportFilters\nspec: {{groups: {{include: [{name}]}}, apps: {{include: []}}}}\n"
)


def test_r38_an_edit_that_takes_more_groups_is_applied_from_one_reading(tmp_path: Path) -> None:
    organization = Organization.generate(3, users=40, groups=6, apps=2, members_per_group=8, statuses={"ACTIVE": 1.0})
    first, second = sorted(
        (group for group in organization.groups.values() if not group.everyone), key=lambda group: group.name
    )[:2]
    with served(organization, tmp_path) as (simulator, place):
        place.configure(more=FILTER.format(name=f'"{first.name}"'))
        place.apply()
        place.configure(more=FILTER.format(name=f'"{second.name}"'))
        plan = place.folder / "reviewed.plan"
        assert place.run("plan", "-o", plan).code == 0
        leaver = next(user for user in organization.users.values() if user.id in second.members)
        organization.deactivate(leaver)
        simulator.requests.clear()
        ended = place.run("apply", "--reviewed", plan)
        assert ended.code == 0, ended.err
        listings = [entry for entry in simulator.requests.entries if entry.path == f"/api/v1/apps/{place.app}/users"]
        assert len(listings) == 1, "the people of the app are listed once for both"
        titles = {each["spec"]["title"] for each in place.run("get", "access_lists", "--format", "json").json}
        assert titles == {second.name}
        locks = place.run("get", "locks", "--format", "json").json
        assert [lock["spec"]["target"]["user"] for lock in locks] == [leaver.login]
        place.plans_nothing()
