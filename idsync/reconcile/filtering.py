"""What filters match now: every group and app of a source, whether it is taken, and by or against which filter."""

from collections.abc import Iterable, Sequence
from typing import assert_never

import msgspec
from msgspec.structs import replace

from idsync.compiler.import_rules import ImportRuleLabels
from idsync.compiler.subjects import ACTIVE, Subject
from idsync.config.patterns import NameFilter
from idsync.config.settings import AppById, AppByLabel, AppReference, ImportFilters, ImportRule, ListSubject
from idsync.model.identity import BUILT_IN, raw_json
from idsync.sources.protocol import Catalogue, ListedApp, ListedGroup


class Match(msgspec.Struct, frozen=True):
    """A group or app; `why_not` is empty when it is taken, and `by` names the filter that decided, if one did.

    `labels` are those that import rules give it as a resource.
    """

    id: str
    name: str
    taken: bool
    by: str = ""
    why_not: str = ""
    labels: dict[str, str] | msgspec.UnsetType = msgspec.UNSET


class Matches(msgspec.Struct, frozen=True):
    """All groups and all apps, by name."""

    groups: tuple[Match, ...]
    apps: tuple[Match, ...]


def matches(
    filters: ImportFilters, catalogue: Catalogue, sso_app: AppReference, rules: Sequence[ImportRule] = ()
) -> Matches:
    """What `filters` make of everything in `catalogue`, and `rules` of what is taken."""
    groups = [
        _match(filters.groups, group.id, group.name, _why_never_group(group, filters.groups))
        for group in catalogue.groups
    ]
    apps = [_match(filters.apps, app.id, app.label, _why_never_app(app, sso_app)) for app in catalogue.apps]
    labels = ImportRuleLabels(rules)
    return Matches(_labelled(groups, ListSubject.GROUP, labels), _labelled(apps, ListSubject.APP, labels))


def _labelled(found: Iterable[Match], kind: ListSubject, rules: ImportRuleLabels) -> tuple[Match, ...]:
    """By name, each that is taken with the labels that rules give it."""
    labelled = []
    for each in found:
        labels = rules.of(Subject(kind, each.id, each.name, "", raw_json([]), list))[0] if each.taken else {}
        labelled.append(replace(each, labels=labels) if labels else each)
    return _by_name(labelled)


def _why_never_group(group: ListedGroup, chosen: NameFilter) -> str:
    if group.type == BUILT_IN and not chosen.names_literally(group.name):
        return "built in; only a filter that is exactly its name takes it"
    return ""


def _why_never_app(app: ListedApp, sso_app: AppReference) -> str:
    match sso_app:
        case AppById(id=identifier):
            decides = app.id == identifier
        case AppByLabel(label=label):
            decides = app.label == label
        case _:
            assert_never(sso_app)
    if decides:
        return "the app that decides who has access"
    return "" if app.status == ACTIVE else "inactive"


def _by_name(found: Iterable[Match]) -> tuple[Match, ...]:
    return tuple(sorted(found, key=lambda match: (match.name, match.id)))


def _match(chosen: NameFilter, identifier: str, name: str, never: str) -> Match:
    if never:
        return Match(identifier, name, taken=False, why_not=never)
    excluding = next((pattern for pattern in chosen.exclude if pattern.match(name) is not None), None)
    if excluding is not None:
        return Match(identifier, name, taken=False, by=excluding.source, why_not="excluded")
    if chosen.include is None:
        return Match(identifier, name, taken=True)
    including = next((pattern for pattern in chosen.include if pattern.match(name) is not None), None)
    if including is not None:
        return Match(identifier, name, taken=True, by=including.source)
    near = chosen.near_misses(name)
    why_not = f"only upper and lower case differ from {near[0].source}" if near else "no filter matches"
    return Match(identifier, name, taken=False, why_not=why_not)
