"""One week in an organization, pulled by one service and pushed to another: the same people, access and locks."""

import tempfile
from pathlib import Path
from typing import Any

import pytest

from idsync.model.directory import DirectoryState
from idsync.stores.sqlite.store import open_store_to_read
from idsync.targets.local import LocalTarget
from tests.acceptance.okta_world import Place, served
from tests.acceptance.serving import Serving, serving
from tests.acceptance.test_serve import everybody, profile, pushing
from tests.okta_scim_client import Dialect
from tests.sources.okta.organizations import small
from tests.targets.world import ORG

pytestmark = pytest.mark.long


TRAITS = ("okta/email", "okta/firstName", "okta/lastName", "okta/department", "okta/login")
NO_APPS = "---\napiVersion: idsync/v1\nkind: ImportFilters\nspec: {apps: {exclude: ['*']}}\n"


def state(place: Place) -> DirectoryState:
    """What a directory holds."""
    with open_store_to_read(place.folder / "idsync.db") as store:
        return LocalTarget(store.directory, ORG).state()


def told(place: Place) -> dict[str, Any]:
    """A directory without what tells how it came to be: who is who, what they have, who is locked and why."""
    found = state(place)
    traits = {name: {key: user.spec.traits.get(key) for key in TRAITS} for name, user in found.users.items()}
    return {
        "roles": {name: user.spec.roles for name, user in found.users.items()},
        "traits": traits,
        "lists": {found.access_lists[name].spec.title: sorted(members) for name, members in found.members.items()},
        "grants": {each.spec.title: each.spec.grants for each in found.access_lists.values()},
        "locked": sorted(lock.spec.target.user or "" for lock in found.locks.values()),
    }


def the_same(running: Serving, pulled: Place, pushed: Place, what: str) -> None:
    """Wait until both directories tell the same."""
    try:
        running.until(lambda: told(pulled) == told(pushed), seconds=20, what=what)
    except AssertionError:
        assert told(pulled) == told(pushed), what
        raise


@pytest.mark.parametrize("dialect", Dialect)
def test_r41_a_week_that_is_pulled_and_one_that_is_pushed_end_alike(tmp_path: Path, dialect: Dialect) -> None:
    org = small()
    with served(org, tmp_path) as (_, pulled):
        everybody(pulled)
        pushed = Place(Path(tempfile.mkdtemp(dir=tmp_path)), pulled.url, pulled.app, pulled.more)
        everybody(pushed, "{scim: true, pull: false}")
        for place in (pulled, pushed):
            file = place.folder / "idsync.yaml"
            file.write_text(file.read_text() + NO_APPS)
        with serving(pulled), serving(pushed) as running, pushing(running, dialect) as okta:
            users = {name: org.user(f"{name}@enzos-pizza.com") for name in ("ada", "boris", "chloe", "dmitri", "elif")}
            people = {name: okta.person(user.id, user.login, **profile(user)) for name, user in users.items()}
            for person in people.values():
                okta.assign(person)
            okta.push_group("staff", list(people.values()))
            eng = okta.push_group("eng", [people["ada"], people["boris"]])
            the_same(running, pulled, pushed, "the first day")

            org.add_member(org.group("eng"), users["chloe"])
            okta.change_members(eng, joined=(people["chloe"],))
            org.update_user(users["ada"], department="Engineering")
            okta.change_profile(people["ada"], department="Engineering")
            the_same(running, pulled, pushed, "a mover")

            org.deactivate(users["boris"])
            okta.deactivate(people["boris"])
            the_same(running, pulled, pushed, "a leaver")
            assert told(pushed)["locked"] == ["boris@enzos-pizza.com"]

            org.update_group(org.group("eng"), name="engineers")
            okta.rename_group(eng, "engineers")
            the_same(running, pulled, pushed, "a renamed group")
            assert okta.tasks == []
