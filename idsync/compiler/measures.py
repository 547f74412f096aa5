"""Measures a reading: what the configuration asks of it, counted. The verdict is `plan/health.py`'s."""

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from idsync.compiler.subjects import Subject, is_imported
from idsync.config.patterns import PatternSet
from idsync.config.settings import GroupRule, Settings
from idsync.model.directory import DirectoryState
from idsync.model.directory_index import DirectoryIndex
from idsync.model.identity import BUILT_IN, IdentityGroup, ProfileValue, Snapshot, is_everyone
from idsync.model.measures import ListKind, ListMeasure, Measures, Seen, Unasked

Shape = tuple[str, ...]
"""The names of the profile attributes that one person has a value of, in the profile's order."""

_APP_ID = "0oa"
_NEVER_EMPTY = frozenset({str, int, float, bool})


def shape_of(attributes: Mapping[str, ProfileValue]) -> Shape:
    """Which attributes have a value; nearly everybody has one of each that is listed."""
    values = attributes.values()
    if "" not in values and _NEVER_EMPTY.issuperset(map(type, values)):
        return tuple(attributes)
    return tuple(name for name, value in attributes.items() if value not in (None, "", [], {}))


def count_attributes(shapes: Iterable[Shape]) -> dict[str, int]:
    """How many people have each attribute, by name."""
    counts: Counter[str] = Counter()
    for shape, people in Counter(shapes).items():
        for attribute in shape:
            counts[attribute] += people
    return dict(sorted(counts.items()))


def seen_in(
    snapshot: Snapshot,
    people: int,
    imported: Iterable[Subject],
    watched: frozenset[str],
    attributes: Mapping[str, int],
) -> Seen:
    """What a whole reading shows, of `imported` lists and of the groups that role rules have `watched`."""
    asked = {subject.id for subject in imported} | watched
    lists = {
        group.id: ListMeasure(
            "group",
            group.name,
            group.type,
            len(snapshot.users) if is_everyone(group.type, group.name) else _count(group.members),
        )
        for group in snapshot.groups
        if group.id in asked
    }
    lists.update(
        (app.id, ListMeasure("app", app.label, app.status, _count(app.users)))
        for app in snapshot.apps
        if app.id in asked
    )
    others = {group.id: _kind_of(group) for group in snapshot.groups if group.id not in asked}
    others.update((app.id, "" if app.id == snapshot.app_id else "app") for app in snapshot.apps if app.id not in asked)
    return Seen(
        Measures(snapshot.org_url, snapshot.app_id, snapshot.taken_at, people, lists, dict(attributes)),
        complete=snapshot.complete,
        others=others,
    )


def _kind_of(group: IdentityGroup) -> ListKind:
    return "" if group.type == BUILT_IN else "group"


def _count(ids: msgspec.Raw) -> int:
    """How many ids a raw list holds. Ids are quoted and hold no quotes, so that the list need not be read."""
    return bytes(ids).count(b'"') // 2


def lists_of_directory(index: DirectoryIndex) -> Measures:
    """What the directory's own lists say of groups and apps, where no measures of a reading are kept."""
    return Measures(
        lists={
            name: ListMeasure("app" if name.startswith(_APP_ID) else "group", "", "", entry.member_count)
            for name, entry in index.access_lists.items()
            if entry.ours
        }
    )


def measures_of_directory(settings: Settings, index: DirectoryIndex, current: DirectoryState) -> Measures:
    """What the directory itself says of the last reading, where no measures of it are kept.

    Of a list it knows the Okta id, whose beginning tells apps from groups, and not the name.
    """
    ours = lists_of_directory(index).lists
    people = sum(entry.okta_id is not None for entry in index.users.values())
    if not settings.integration.sync.users:
        people = len({member for name in ours for member in current.members.get(name, ())})
    prefix = settings.integration.users.traits.prefix
    users = (user for name, user in current.users.items() if index.users[name].okta_id is not None)
    traits = Counter(trait.removeprefix(prefix) for user in users for trait in user.spec.traits)
    return Measures(
        org_url=settings.integration.org_url,
        people=people,
        lists=ours,
        attributes=dict(traits),
    )


def asked_of_both(settings: Settings, before: Measures) -> Measures:
    """The part of earlier measures that this configuration asks for, too: only that can be compared.

    Of what the last reading was not asked for, it is what the one before that knew; `unasked` has the pool alone.
    """
    sync = settings.integration.sync
    rules = [rule.group for rule in settings.role_rules if isinstance(rule, GroupRule)]
    by_rule = PatternSet(rules if sync.users else [])

    def asked(item: ListMeasure) -> bool:
        if item.kind == "app":
            return sync.access_lists and (not item.name or settings.filters.apps.selects(item.name))
        if not item.name:
            return sync.access_lists
        # Filters remember what they decided, and are asked about the same names again.
        imported = sync.access_lists and is_imported(settings.filters, item.name, item.type)
        return imported or by_rule.any(item.name)

    earlier = before.not_asked
    lists = {name: item for name, item in before.known_lists.items() if asked(item)}
    times = [before.taken_at, *([earlier.since] if earlier.since and not lists.keys() <= before.lists.keys() else [])]
    stamps = {name: stamp for name in lists if (stamp := before.stamp_of(name))}
    pool = Unasked(app_id=earlier.app_id, people=earlier.people, attributes=earlier.attributes if sync.users else {})
    return replace(
        before,
        taken_at=min(times),
        lists=lists,
        attributes=before.attributes if sync.users else {},
        stamps=stamps or UNSET,
        unasked=pool if pool.people else UNSET,
    )


def not_asked(settings: Settings, known: Measures, compared: Measures, seen: Seen) -> Unasked | UnsetType:
    """What is `known` of earlier readings and was not asked of the one that is `seen`, which was `compared` with.

    A group that exists under a name that nothing asks for, and an app that is switched off, were not asked for.
    """
    earlier = known.not_asked
    lists = {
        name: item
        for name, item in known.known_lists.items()
        if name not in seen.measures.lists and (name not in compared.lists or name in seen.others)
    }
    times = [earlier.since] if not lists.keys() <= known.lists.keys() else []
    times += [known.taken_at] if not lists.keys().isdisjoint(known.lists) else []
    pool = _pool_not_asked(settings, known, seen.measures.app_id)
    if not lists and not pool.people:
        return UNSET
    stamps = {name: stamp for name in sorted(lists) if (stamp := known.stamp_of(name))}
    return replace(pool, since=min(times, default=""), lists=dict(sorted(lists.items())), stamps=stamps)


def _pool_not_asked(settings: Settings, known: Measures, app_id: str) -> Unasked:
    """The people and profiles of another app than that of this reading, or of when people were managed last."""
    earlier = Unasked(
        app_id=known.not_asked.app_id, people=known.not_asked.people, attributes=known.not_asked.attributes
    )
    last = Unasked(app_id=known.app_id, people=known.people, attributes=known.attributes)
    if known.app_id and known.app_id != app_id:
        return earlier if earlier.app_id == known.app_id and not known.attributes else last
    if not settings.integration.sync.users:
        return last if known.attributes else earlier
    return earlier if earlier.app_id not in ("", app_id) else Unasked()
