"""The way from an Okta user to a role or a list, link by link: finds the first one that is missing."""

import re
from collections.abc import Iterator

import re2

from idsync.compiler.inputs import Inputs
from idsync.compiler.list_rules import ListRules
from idsync.compiler.roles import config_cause
from idsync.compiler.subjects import Subject
from idsync.config.settings import GroupRule, ListSubject, ScimSource, TraitRule
from idsync.config.templates import Template
from idsync.errors import UnknownPerson
from idsync.model.directory import UpstreamCause
from idsync.model.findings import MissingEdge
from idsync.model.identity import BUILT_IN, IdentityUser
from idsync.model.suggestions import did_you_mean, nearest, nearest_people
from idsync.model.times import is_past

_SUGGESTED = 3
_CAPTURE = re.compile(r"(\$\$|\$\d+|\$\{\d+\})")


def missing_for_person(inputs: Inputs, person: str) -> MissingEdge | None:
    """Why a person is not in the directory at all, or None when they are to be."""
    identity = find_identity(inputs, person)
    if identity is None and _is_pushed(inputs):
        return MissingEdge(f"Okta has pushed nobody called {person}.", _suggestion(inputs, person))
    if identity is None:
        app = inputs.snapshot.app_label or inputs.snapshot.app_id
        return MissingEdge(
            f"{person} is not assigned to the app {app} in Okta, directly or through a group.",
            _suggestion(inputs, person),
            (UpstreamCause("app", inputs.snapshot.app_id, app),),
        )
    cause = UpstreamCause("user", identity.id, identity.username)
    finding = next((item for item in inputs.pool.findings if item.severity != "info" and cause in item.causes), None)
    if identity.username not in inputs.pool.present:
        what = finding.message if finding else f"{person} has the Okta status {identity.status}, which gives no access."
        return MissingEdge(what, "Fix this in Okta; the next plan will pick it up.", (cause,))
    return None


def nobody_called(inputs: Inputs, person: str) -> UnknownPerson:
    """The error of somebody who asks for a person whom neither the source nor the directory knows."""
    app = inputs.snapshot.app_label or inputs.snapshot.app_id
    upstream = "Okta has pushed nobody" if _is_pushed(inputs) else f"The app {app} is assigned to nobody"
    return UnknownPerson(
        f"Nobody called {person!r} is known.",
        why=f"{upstream} of that name or Okta id, and the directory has nobody of that name.",
        fix=_suggestion(inputs, person),
    )


def _is_pushed(inputs: Inputs) -> bool:
    """Whether pushes alone tell of people, and no app that the configuration names."""
    return isinstance(inputs.settings.integration.source, ScimSource)


def find_identity(inputs: Inputs, person: str) -> IdentityUser | None:
    """The assigned user of this name, Okta id or, when only one fits, name in other letter case."""
    if person in inputs.pool.present:
        return inputs.pool.present[person]
    users = inputs.snapshot.users
    exact = [user for user in users if person in (user.username, user.id)]
    near = exact or [user for user in users if user.username.lower() == person.lower()]
    return near[0] if len(near) == 1 or exact else None


def _suggestion(inputs: Inputs, person: str) -> str:
    """What to do about a name that nobody has in Okta: who may be meant, and what to do where it is right."""
    right = "If the name is right, assign the app in Okta: the people it is assigned to are the pool."
    return f"{_meant(inputs, person)} {right}"


def _meant(inputs: Inputs, person: str) -> str:
    """Names that hold what was asked for, else those most like it."""
    asked = person.casefold()
    names = {user.username.casefold(): user.username for user in inputs.snapshot.users}
    near = sorted(name for name in names if asked and asked in name)
    if not near:
        near = nearest_people(asked, names, _SUGGESTED)
    if not near:
        return "Check the name."
    more = f" ({len(near) - _SUGGESTED} more are like it)" if len(near) > _SUGGESTED else ""
    return f"Did you mean {' or '.join(names[name] for name in near[:_SUGGESTED])}?{more}"


def missing_for_list(inputs: Inputs, identity: IdentityUser, resource: str) -> list[MissingEdge]:
    """Why a person does not get a list, named by id, group name, app label or title; empty when none is known."""
    subjects = [item for item in inputs.subjects if resource in (item.id, item.name)]
    if not subjects:
        rules = ListRules(inputs.settings)
        subjects = [item for item in inputs.subjects if rules.wording(item).title == resource]
    if subjects:
        return [edge for subject in subjects for edge in _not_a_member(inputs, identity, subject)]
    return list(_not_imported(inputs, resource))


def unknown_list(inputs: Inputs, resource: str) -> MissingEdge:
    """That no group or app of that id, name or title is known, and which may be meant."""
    rules = ListRules(inputs.settings)
    known = {name for item in inputs.subjects for name in (item.id, item.name, rules.wording(item).title)}
    return MissingEdge(
        f'No group or app in Okta is called "{resource}".{did_you_mean(nearest(resource, known))}',
        "Check the name: `idsync filters` shows the groups and apps that there are.",
    )


def missing_for_role(inputs: Inputs, identity: IdentityUser, role: str) -> list[MissingEdge]:
    """For every rule and list that gives a role, what this person lacks for it."""
    edges = [*_role_rules(inputs, identity, role), *_granting_lists(inputs, identity, role)]
    if edges:
        return edges
    meant = did_you_mean(nearest(role, _known_names(inputs)))
    return [
        MissingEdge(
            f'No default role, role mapping or access-list rule gives the role "{role}".{meant}',
            "Check the name, or add the role to a RoleMapping or AccessListRules document.",
        )
    ]


def _known_names(inputs: Inputs) -> set[str]:
    """Names of the roles that somebody may get as they are written, and titles of the lists."""
    settings = inputs.settings
    rules = ListRules(settings)
    wordings = [rules.wording(subject) for subject in inputs.subjects]
    written = (template.literal for rule in settings.role_rules for template in rule.roles)
    return {
        *(role.name for role in settings.integration.users.default_roles),
        *(name for name in written if name),
        *(role for wording in wordings for role in wording.grants.roles),
        *(wording.title for wording in wordings),
    }


def _not_a_member(inputs: Inputs, identity: IdentityUser, subject: Subject) -> Iterator[MissingEdge]:
    if identity.id in subject.member_ids():
        end = inputs.past.ends.get(subject.id, {}).get(identity.id)
        if is_past(end, inputs.now):
            yield MissingEdge(
                f"The membership of {identity.username} in {subject.name} ({subject.id}) ended at {end}.",
                "It stays ended. If it is to go on, make it by hand with another end: idsync create.",
                (subject.cause(),),
            )
        return
    how = "a member of the group" if subject.kind is ListSubject.GROUP else "directly assigned to the app"
    yield MissingEdge(
        f"{identity.username} is not {how} {subject.name} ({subject.id}) in Okta.",
        "Change that in Okta; only direct assignments of an app count."
        if subject.kind is ListSubject.APP
        else "Add them to the group in Okta.",
        (subject.cause(),),
    )


def _not_imported(inputs: Inputs, resource: str) -> Iterator[MissingEdge]:
    named = [("group", item.id, item.name, item.type) for item in inputs.snapshot.groups]
    named += [("app", item.id, item.label, item.status) for item in inputs.snapshot.apps]
    for kind, okta_id, name, state in named:
        if resource in (okta_id, name):
            why = "is not taken by the import filters"
            if state == BUILT_IN:
                why = "is built in, and becomes a list only when an import filter is exactly its name"
            elif kind == "app" and okta_id == inputs.snapshot.app_id:
                why = "is the app people sign in with, which never becomes a list"
            elif kind == "app" and state != "ACTIVE":
                why = f"is {state.lower()} in Okta"
            yield MissingEdge(
                f"The {kind} {name} ({okta_id}) {why}.",
                "See ImportFilters in the configuration.",
                (UpstreamCause(kind, okta_id, name),),
            )


def _role_rules(inputs: Inputs, identity: IdentityUser, role: str) -> Iterator[MissingEdge]:
    attributes = identity.attributes()
    for rule in inputs.settings.role_rules:
        if not any(_can_give(template, role) for template in rule.roles):
            continue
        match rule:
            case TraitRule():
                values = inputs.traits.values(attributes, rule.trait)
                has = ", ".join(values) if values else "nothing"
                what = f"The rule wants {rule.trait} to match {rule.value}; {identity.username} has {has} there."
                yield MissingEdge(what, "Change the profile in Okta, or the rule.", (config_cause(rule.position, ""),))
            case GroupRule():
                what = f"{identity.username} is in no group that matches {rule.group} and gives {role}."
                yield MissingEdge(what, "Add them to the group in Okta.", (config_cause(rule.position, ""),))


def _granting_lists(inputs: Inputs, identity: IdentityUser, role: str) -> Iterator[MissingEdge]:
    rules = ListRules(inputs.settings)
    for subject in inputs.subjects:
        if role in rules.wording(subject).grants.roles:
            yield from _not_a_member(inputs, identity, subject)


def _can_give(template: Template, role: str) -> bool:
    """Whether some captures make the template this role; RE2, since many captures in a row are many ways to fail."""
    parts = (_dollar_or_anything(part) if _CAPTURE.fullmatch(part) else re2.escape(part) for part in _split(template))
    return re2.fullmatch("(?s)" + "".join(parts), role) is not None


def _split(template: Template) -> list[str]:
    return [part for part in _CAPTURE.split(template.source) if part]


def _dollar_or_anything(part: str) -> str:
    return r"\$" if part == "$$" else ".*"
