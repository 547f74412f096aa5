"""Groups as resources where nothing but pushes says who is in them: made, renamed, changed and gone with the pushes."""

from pathlib import Path
from typing import Any

from tests.acceptance.okta_world import Place
from tests.acceptance.serving import serving
from tests.acceptance.test_serve import pushing
from tests.acceptance.test_serve_app_groups import plain
from tests.targets.world import ORG

CONFIG = f"""apiVersion: idsync/v1
kind: Integration
metadata: {{name: okta}}
spec:
  org_url: {ORG}
  source: {{scim: {{}}}}
  sync: {{app_groups: true}}
---
apiVersion: idsync/v1
kind: DefaultOwners
spec: {{owners: [owner@enzos-pizza.com]}}
---
apiVersion: idsync/v1
kind: ImportRules
spec: {{rules: [{{groups: ["eng*"], labels: {{team: eng}}}}]}}
---
apiVersion: idsync/v1
kind: Guards
spec: {{access_list_deletes: {{percent: 100, floor: 10}}, app_group_deletes: {{percent: 100, floor: 10}}}}
"""
NAME = "teleport.internal/okta-group-name"


def groups(place: Place) -> dict[str, Any]:
    """The groups of the directory, by what Okta calls them."""
    found = (item for address, item in plain(place).items() if address.startswith("user_group/"))
    return {item.metadata.labels[NAME]: item for item in found}


def test_a_pushed_group_is_a_resource_with_roles_and_labels(tmp_path: Path) -> None:
    place = Place(tmp_path, ORG, "")
    (tmp_path / "idsync.yaml").write_text(CONFIG)
    with serving(place) as running, pushing(running) as okta:
        ann, bob = (okta.person(f"00u{name}", f"{name}@enzos-pizza.com") for name in ("ann", "bob"))
        for person in (ann, bob):
            okta.assign(person)
        group = okta.push_group("eng", [ann])
        assert okta.tasks == []
        (item,) = groups(place).values()
        name = item.metadata.name
        assert item.metadata.labels["team"] == "eng"
        assert {f"role/okta-member-{name}", f"role/okta-owner-{name}"} <= set(plain(place))
        okta.change_members(group, joined=(bob,))
        explained = place.run("explain", "bob@enzos-pizza.com", f"role/okta-member-{name}")
        assert explained.code == 0, explained.out + explained.err
        okta.rename_group(group, "engineers")
        assert set(groups(place)) == {"engineers"}
        okta.rename_group(group, "ops")
        assert "team" not in groups(place)["ops"].metadata.labels
        okta.unlink(group, delete=True)
        assert okta.tasks == []
        assert groups(place) == {}
        assert not [address for address in plain(place) if address.startswith("role/")]
        assert running.end() == 0
    ended = place.run("plan", "--detailed-exitcode")
    assert ended.code == 0, ended.out + ended.err
    assert place.run("history", "--verify").code == 0
