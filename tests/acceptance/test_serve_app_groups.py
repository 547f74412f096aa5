"""Apps and groups through `idsync serve`: followed by ticks, pushed beside, read whole, and remembered."""

import json
import time
from pathlib import Path
from typing import Any

from idsync.stores.sqlite.store import open_store_to_read
from idsync.targets.local import LocalTarget
from tests.acceptance.okta_world import Place, served
from tests.acceptance.serving import Serving, serving
from tests.acceptance.test_serve import everybody, pushing
from tests.sources.okta.organizations import small
from tests.targets.world import ORG

SWITCHES = "{app_groups: true, scim: true}"
RULES = """---
apiVersion: idsync/v1
kind: ImportRules
spec: {rules: [{apps: [aws-*], labels: {env: prod}}]}
"""


def plain(place: Place) -> dict[str, Any]:
    """Apps, groups and roles of the directory, by address."""
    with open_store_to_read(place.folder / "idsync.db") as store:
        return {str(address): item for address, item in LocalTarget(store.directory, ORG).plain().items()}


def apps_of(place: Place, group: str) -> tuple[str, ...]:
    """The apps that a group conveys."""
    item = plain(place).get(f"user_group/{group}")
    return () if item is None else tuple(item.spec.applications)


def label(place: Place, address: str, name: str) -> str:
    item = plain(place).get(address)
    return "" if item is None else str(item.metadata.labels.get(name, ""))


def test_ticks_pushes_and_full_passes_agree_on_apps_and_groups(tmp_path: Path) -> None:
    organization = small()
    with served(organization, tmp_path) as (_, place):
        everybody(place, SWITCHES)
        file = place.folder / "idsync.yaml"
        file.write_text(file.read_text() + RULES)
        eng, sales = organization.group("eng"), organization.app("Salesforce")
        with serving(place) as running:
            running.until(lambda: f"app/{sales.id}" in plain(place), what="the first full pass")
            followed(running, place, organization, eng, sales)
            pushed(running, place, organization)
            assert running.log.count("A full pass ended") == 1, "ticks and pushes did all of it"
            assert running.end() == 0
        time.sleep(1.1)  # Okta tells the time in whole seconds: a reading of the second of a push is not newer than it
        place.apply()  # what was pushed of profiles is less than Okta has
        place.plans_nothing()
        remembered(place, eng.id, sales.id)


def followed(running: Serving, place: Place, organization: Any, eng: Any, sales: Any) -> None:
    """What changes in Okta is there within a tick: links on both sides, names, labels, roles of lists."""
    organization.assign_group(sales, eng)
    running.until(lambda: apps_of(place, eng.id) == (sales.id,), what="the link of a group")
    assert eng.id in plain(place)[f"app/{sales.id}"].spec.user_groups
    aws = organization.add_app("aws-4711")
    organization.assign_user(aws, organization.user("ada@enzos-pizza.com"))
    running.until(lambda: label(place, f"app/{aws.id}", "env") == "prod", what="the label of a new app")
    running.until(lambda: f"role/okta-member-{aws.id}" in plain(place), what="the role of its list")
    organization.update_group(eng, name="engineers")
    name = "teleport.internal/okta-group-name"
    running.until(lambda: label(place, f"user_group/{eng.id}", name) == "engineers", what="another name of a group")
    organization.unassign_group(sales, eng)
    running.until(lambda: apps_of(place, eng.id) == (), what="the end of the link")
    organization.deactivate_app(aws)
    running.until(lambda: f"app/{aws.id}" not in plain(place), what="the end of the app")
    running.until(lambda: f"role/okta-member-{aws.id}" not in plain(place), what="the end of its role")


def pushed(running: Serving, place: Place, organization: Any) -> None:
    """A group that Okta pushes, too, is the one that is read: its list keeps its roles, and who joins has them."""
    eng = organization.group("engineers")
    before = plain(place)
    with pushing(running) as engine:
        people = [
            engine.person(user.id, user.login, email=user.login)
            for user in map(
                organization.user, ("ada@enzos-pizza.com", "boris@enzos-pizza.com", "dmitri@enzos-pizza.com")
            )
        ]
        for person in people:
            engine.assign(person)
        organization.add_member(eng, organization.user("dmitri@enzos-pizza.com"))
        engine.push_group("engineers", people)
    explained = place.run("explain", "dmitri@enzos-pizza.com", f"role/okta-member-{eng.id}")
    assert explained.code == 0, explained.out + explained.err
    assert plain(place) == before, "no second group, and no second role"


def remembered(place: Place, eng: str, sales: str) -> None:
    """The past, the formats, drift, and an edit of the rules that a plan tells."""
    kinds = ("apps", "user_groups", "roles")
    for kind in kinds:
        for form in ("json", "yaml", "text"):
            assert place.run("get", kind, "--format", form).code == 0
    first = {each["metadata"]["name"] for each in place.run("get", "apps", "--as-of", "1", "--format", "json").json}
    now = {each["metadata"]["name"] for each in place.run("get", "apps", "--format", "json").json}
    assert first == now == {sales}
    old = place.run("get", f"user_group/{eng}", "--as-of", "1", "--format", "json").json
    assert old[0]["metadata"]["labels"]["teleport.internal/okta-group-name"] == "eng"
    verified = place.run("history", "--verify")
    assert verified.code == 0, verified.out + verified.err
    assert place.run("drift").code == 0
    role = {
        "kind": "role",
        "version": "v7",
        "metadata": {"name": "by-hand"},
        "spec": {"allow": {"app_labels": {"env": "prod"}}},
    }
    user = {"kind": "user", "version": "v2", "metadata": {"name": "visitor"}, "spec": {"roles": ["by-hand"]}}
    (place.folder / "theirs.json").write_text(json.dumps([role, user]))
    assert place.run("create", place.folder / "theirs.json").code == 0
    file = place.folder / "idsync.yaml"
    file.write_text(file.read_text().replace("apps: [aws-*]", "apps: [Sales*]"))
    for form in ("text", "markdown", "html", "json"):
        told = place.run("plan", "--format", form)
        assert told.code == 0, told.err
        assert "visitor" in told.out
        assert "Salesforce" in told.out
    assert "visitor" in place.run("plan").out.split("Gain access")[1]
    filters = place.run("filters").out
    assert "env=prod" in filters
    place.apply()
    place.plans_nothing()
