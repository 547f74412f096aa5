"""The configuration that goes with a made-up organization: filters, role rules, and rules for access lists."""

from pathlib import Path

from benchmarks.organizations import ORG_URL

_INTEGRATION = f"""\
apiVersion: idsync/v1
kind: Integration
metadata: {{name: okta}}
spec:
  org_url: {ORG_URL}
  app: {{label: Teleport}}
  source: {{snapshot: {{path: ../same.json}}}}
  store: sqlite:///idsync.db
  users:
    default_roles: [okta-requester]
    suspended: lock
    traits: {{exclude: [costCenter]}}
---
apiVersion: idsync/v1
kind: DefaultOwners
spec: {{owners: [alice.bianchi@big-pizza.com, marco.rossi@big-pizza.com]}}
"""

_ROLES = """\
apiVersion: idsync/v1
kind: RoleMapping
spec:
  rules:
    - {trait: okta/department, value: Engineering, roles: [dev]}
    - {trait: okta/department, value: Security, roles: [dev, auditor]}
    - {trait: okta/department, value: "^(Data|Finance)$", roles: ["reader-$1"]}
    - {trait: okta/title, value: "* lead", roles: ["lead-$1"]}
    - {trait: okta/title, value: "Senior *", roles: [senior]}
    - {trait: okta/userType, value: Contractor, roles: [contractor]}
    - {group: "aws-*-admin-*", roles: ["aws-$1-admin"]}
    - {group: "^prod-([a-z]+)-deploy-[0-9]+$", roles: ["deploy-$1"]}
"""

_LISTS = """\
apiVersion: idsync/v1
kind: ImportFilters
spec:
  groups:
    include: ["team-*", "project-*", "aws-*", "office-*", "^prod-[a-z]+-(admin|deploy|oncall|readonly|web)-[0-9]+$"]
    exclude: ["tmp-*", "*-mobile-00*"]
  apps: {exclude: ["Billing *"]}
---
apiVersion: idsync/v1
kind: AccessListRules
spec:
  rules:
    - {group: "^team-(.*)-oncall-[0-9]+$", title: "On call: $1", grants: {roles: ["oncall-$1"]}}
    - {group: "team-*-*-*", title: "Team $1 $2 $3", grants: {roles: ["team-$1"]}}
    - group: "^aws-([a-z]+)-(admin|readonly)-[0-9]+$"
      grants: {roles: ["aws-$1-$2"], traits: {aws_role: ["$2"]}}
    - {group: "prod-*", description: Production, owners: [hiro.tanaka@big-pizza.com], grants: {roles: [production]}}
    - {app: "*", grants: {roles: [app-user]}}
"""


STORE = "sqlite:///idsync.db"

_PUSHED = f"""\
apiVersion: idsync/v1
kind: Integration
metadata: {{name: okta}}
spec:
  org_url: {ORG_URL}
  source: {{scim: {{}}}}
  store: sqlite:///idsync.db
---
apiVersion: idsync/v1
kind: DefaultOwners
spec: {{owners: [alice.bianchi@big-pizza.com]}}
---
apiVersion: idsync/v1
kind: Service
spec: {{limits: {{requests_a_minute: 1000000}}}}
"""

_UNGUARDED = """\
apiVersion: idsync/v1
kind: Guards
spec:
  member_removals: {percent: 100, floor: 1000000}
  access_losses: {percent: 100, floor: 1000000}
  access_gains: {percent: 100, floor: 1000000}
"""


def write_pushed_configuration(directory: Path, store: str = STORE) -> None:
    """Write a configuration whose only source is what is pushed, and which no client is too fast for."""
    (directory / "idsync.yaml").write_text(_PUSHED.replace(STORE, store), "utf-8")
    (directory / "roles.yaml").write_text(_ROLES, "utf-8")


def write_wide_guards(directory: Path) -> None:
    """Write guards that let a benchmark move people as often as it likes."""
    (directory / "guards.yaml").write_text(_UNGUARDED, "utf-8")


def write_configuration(directory: Path, store: str = STORE) -> None:
    """Write the configuration's files; the snapshot that they name stands beside the directory."""
    for name, text in (("idsync.yaml", _INTEGRATION), ("roles.yaml", _ROLES), ("access-lists.yaml", _LISTS)):
        (directory / name).write_text(text.replace(STORE, store), "utf-8")
