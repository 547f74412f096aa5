"""An inferred configuration as YAML: minimal, sorted, commented, and read back by the loader as it was meant."""

from collections.abc import Iterable
from decimal import Decimal
from typing import assert_never

import msgspec

from idsync.config.guards import LIMITS, Guard, Guards
from idsync.config.secret_references import EnvironmentSecret, FileSecret, FolderSecret, SecretReference
from idsync.config.settings import (
    ApiToken,
    AppById,
    AppByLabel,
    AppReference,
    Authentication,
    EmptyLists,
    ListSubject,
    OAuth,
    SuspendedPeople,
)
from idsync.config.yaml_writer import scalar
from idsync.infer.access_lists import ListRule, literal_filter, literal_template
from idsync.infer.configuration import Inferred
from idsync.infer.roles import RoleRule
from idsync.model.numbers import counted

DEFAULTS = Guards()


class Connection(msgspec.Struct, frozen=True):
    """What cannot be inferred, since neither snapshot nor directory says it: how the organization is reached."""

    name: str
    org_url: str
    app: AppReference
    store: str | SecretReference
    authentication: Authentication | None = None
    snapshot_path: str | None = None
    """Read identities from this file, not from Okta."""
    prefix: str = "okta/"


def config_text(connection: Connection, inferred: Inferred, guards: Guards = DEFAULTS) -> str:
    """The documents of a configuration, in one file. `guards` are those in force: no directory shows them."""
    documents = [_integration(connection, inferred)]
    if inferred.owners:
        documents.append(_owners(inferred.owners))
    if inferred.groups or inferred.apps:
        documents.append(_filters(inferred))
    if inferred.roles.rules:
        documents.append(_role_mapping(inferred.roles.rules))
    if inferred.list_rules:
        documents.append(_list_rules(inferred.list_rules))
    if kept := _guards(guards):
        documents.append(kept)
    return "---\n".join("\n".join(lines) + "\n" for lines in documents)


def _limit(guards: Guards, name: str) -> tuple[Decimal, int]:
    limit: Guard = getattr(guards, name)
    return limit.percent, limit.floor


def _guards(guards: Guards) -> list[str]:
    """The limits that are not the default ones, and the people who are protected; empty where there are none."""
    limits = {name: _limit(guards, name) for name in LIMITS}
    lines = [
        f"  {name}: {{percent: {percent:f}, floor: {floor}}}"
        for name, (percent, floor) in limits.items()
        if (percent, floor) != _limit(DEFAULTS, name)
    ]
    if guards.protected_users:
        lines.append(f"  protected_users: {_flow(sorted(guards.protected_users))}")
    return [*_head("Guards", "As they were in force."), "spec:", *lines] if lines else []


def _flow(texts: Iterable[str]) -> str:
    return "[" + ", ".join(map(scalar, texts)) + "]"


def _head(kind: str, comment: str) -> list[str]:
    return [*(f"# {line}" for line in comment.splitlines()), "apiVersion: idsync/v1", f"kind: {kind}"]


def _integration(connection: Connection, inferred: Inferred) -> list[str]:
    comment = "Inferred from what the directory holds. Whatever is not here is as by default."
    lines = [*_head("Integration", comment), f"metadata: {{name: {scalar(connection.name)}}}", "spec:"]
    lines.append(f"  org_url: {scalar(connection.org_url)}")
    match connection.app:
        case AppById(id=app_id):
            lines.append(f"  app: {{id: {scalar(app_id)}}}")
        case AppByLabel(label=label):
            lines.append(f"  app: {{label: {scalar(label)}}}")
        case _:
            assert_never(connection.app)
    lines += _source(connection)
    store = connection.store
    lines.append(f"  store: {scalar(store) if isinstance(store, str) else _secret(store)}")
    if not inferred.owners:
        lines.append("  sync: {access_lists: false}  # there are no lists of ours, and nobody to own new ones")
    lines += ["  users:", f"    default_roles: {_flow(inferred.roles.default)}"]
    if inferred.suspended is not SuspendedPeople.LOCK:
        lines.append(f"    suspended: {inferred.suspended.value}")
    traits = [] if connection.prefix == "okta/" else [f"prefix: {scalar(connection.prefix)}"]
    if inferred.hidden_attributes:
        traits.append(f"exclude: {_flow(map(literal_filter, inferred.hidden_attributes))}")
    if traits:
        lines.append(f"    traits: {{{', '.join(traits)}}}")
    if inferred.locks_for_ever:
        lines.append("  locks: {ttl: never}")
    if inferred.empty_lists is EmptyLists.KEEP:
        lines.append("  access_lists: {when_empty: keep}")
    return lines


def _source(connection: Connection) -> list[str]:
    lines = []
    if connection.snapshot_path is not None:
        lines.append(f"  source: {{snapshot: {{path: {scalar(connection.snapshot_path)}}}}}")
    match connection.authentication:
        case ApiToken(token=token):
            lines += ["  auth:", f"    api_token: {_secret(token)}"]
        case OAuth():
            oauth = connection.authentication
            key_id = "" if oauth.key_id is None else f", key_id: {scalar(oauth.key_id)}"
            key = f"private_key: {_secret(oauth.private_key)}{key_id}"
            lines += ["  auth:", f"    oauth: {{client_id: {scalar(oauth.client_id)}, {key}}}"]
        case None:
            pass
        case _:
            assert_never(connection.authentication)
    return lines


def _secret(reference: SecretReference) -> str:
    match reference:
        case EnvironmentSecret(name=name):
            return f"{{env: {scalar(name)}}}"
        case FileSecret(path=path):
            return f"{{file: {scalar(path)}}}"
        case FolderSecret(path=path):
            return f"{{folder: {scalar(path)}}}"
        case _:
            assert_never(reference)


def _owners(owners: tuple[str, ...]) -> list[str]:
    comment = "Owners of lists to come; lists that exist keep theirs."
    return [*_head("DefaultOwners", comment), f"spec: {{owners: {_flow(owners)}}}"]


def _filters(inferred: Inferred) -> list[str]:
    comment = "The groups and apps that are access lists now. A glob such as team-* would let new ones in."
    lines = [*_head("ImportFilters", comment), "spec:"]
    for kind, names in (("groups", inferred.groups), ("apps", inferred.apps)):
        if names:
            lines += [f"  {kind}:", "    include:", *(f"      - {scalar(literal_filter(name))}" for name in names)]
        else:
            lines.append(f'  {kind}: {{exclude: ["*"]}}')
    return lines


def _role_mapping(rules: tuple[RoleRule, ...]) -> list[str]:
    comment = "Roles beyond the default ones. The order counts: it is the order of roles on users."
    lines = [*_head("RoleMapping", comment), "spec:", "  rules:"]
    for rule in rules:
        who = f"group: {scalar(literal_filter(rule.mark.value))}"
        if rule.mark.trait:
            who = f"trait: {scalar(rule.mark.trait)}, value: {scalar(literal_filter(rule.mark.value))}"
        people = counted(rule.people, "person", "people")
        lines.append(f"    - {{{who}, roles: {_flow(map(literal_template, rule.roles))}}}  # {people}")
    return lines


def _list_rules(rules: tuple[ListRule, ...]) -> list[str]:
    comment = "What lists say and grant that Okta does not."
    lines = [*_head("AccessListRules", comment), "spec:", "  rules:"]
    for rule in rules:
        subject = "group" if rule.subject is ListSubject.GROUP else "app"
        many = f"  # {rule.lists} lists" if rule.lists > 1 else ""
        lines.append(f"    - {subject}: {scalar(rule.pattern)}{many}")
        if rule.title is not None:
            lines.append(f"      title: {scalar(rule.title)}")
        if rule.description is not None:
            lines.append(f"      description: {scalar(rule.description)}")
        lines += _grants(rule)
    return lines


def _grants(rule: ListRule) -> list[str]:
    roles, traits = rule.grants.roles, rule.grants.traits
    lines = [f"        roles: {_flow(roles)}"] if roles else []
    if traits:
        lines.append("        traits:")
        lines += [f"          {scalar(name)}: {_flow(values)}" for name, values in sorted(traits.items())]
    return ["      grants:", *lines] if lines else []
