"""What an edit of the configuration loosens or tightens of that which keeps people safe, though it changes no object.

A plan of changes alone shows nothing of it: a guard that was raised is seen only once it lets something pass.
"""

from collections.abc import Iterator, Sequence
from typing import assert_never

import msgspec

from idsync.config.guards import LIMITS, Guard, Guards
from idsync.config.secret_references import is_same_place
from idsync.config.settings import (
    HOUR,
    Integration,
    OktaSource,
    ScimSource,
    Settings,
    SnapshotSource,
    Source,
    SuspendedPeople,
)
from idsync.diagnostics import Position
from idsync.model.directory import ConfigCause
from idsync.model.findings import CONFIG_CHANGED, GUARDS_CHANGED, Finding
from idsync.model.names import twin_key
from idsync.model.times import format_duration

_NAMES_SHOWN = 10
_FROM_NEXT = " from the next change on"
_IN_DAYS = 96 * HOUR
_SWITCHES = {
    "users": True,
    "access_lists": True,
    "app_groups": True,
    "pull": True,
    "scim": False,
    "bidirectional": False,
}
"""The switches of `sync`, and which way each is safe."""


class Edited(msgspec.Struct, frozen=True):
    """One setting that an edit changes: whether it lets more happen than before, since when, and in which words."""

    setting: str
    loosened: bool
    words: str
    since: str = ""
    place: Position | None = None
    """Where it stands; that of the setting for None."""


def guards_changed(settings: Settings, earlier: Settings | None) -> list[Finding]:
    """A finding for each setting that an edit loosens, an error, or tightens, which is good to know.

    The guards in force are those of `settings.in_force`; `earlier` are the settings applied last, where they are known
    and are others.
    """
    edited = [] if settings.in_force is None else [*_limits(settings.in_force, settings.guards)]
    if settings.in_force is not None:
        edited += _protected(settings.in_force, settings.guards)
    if earlier is not None:
        edited += _others(earlier, settings)
    return [_finding(each, settings) for each in edited]


def config_changed() -> Finding:
    """That an edit changes nothing for anybody now, and is an edit all the same."""
    return Finding(
        CONFIG_CHANGED,
        "info",
        "The configuration says something else than the one applied last, though it changes nothing for anybody now. "
        "An apply puts it in force.",
    )


def _finding(edited: Edited, settings: Settings) -> Finding:
    place = edited.place or settings.place_of(edited.setting)
    return Finding(
        GUARDS_CHANGED,
        "error" if edited.loosened else "info",
        f"{edited.setting} is {f'loosened{edited.since}' if edited.loosened else 'tightened'}: {edited.words}.",
        (ConfigCause(place.file, place.line, place.column),),
    )


def _limits(before: Guards, now: Guards) -> Iterator[Edited]:
    """Limits that are another one; one that is higher for any number of people or lists is looser."""
    for name in LIMITS:
        was, limit = getattr(before, name), getattr(now, name)
        if was.and_also(limit) != was or limit.and_also(was) != limit:
            words = f"{_bounds(was)} before, {_bounds(limit)} now"
            yield Edited(name, bool(limit.and_also(was).besides), words, _FROM_NEXT)


def _bounds(guard: Guard) -> str:
    each = [(guard.percent, guard.floor), *guard.besides]
    return " and also ".join(f"{percent.normalize():f} % or {floor:,}" for percent, floor in each)


def _protected(before: Guards, now: Guards) -> Iterator[Edited]:
    gone, new = _apart(before.protected_users, now.protected_users)
    if gone:
        yield Edited("protected_users", True, f"{_named(gone)} {_not_any_more(gone)}", _FROM_NEXT)
    if new:
        yield Edited("protected_users", False, f"{_named(new)} {'is' if len(new) == 1 else 'are'} protected")


def _not_any_more(names: Sequence[str]) -> str:
    return "is not protected any more" if len(names) == 1 else "are not protected any more"


def _apart(before: frozenset[str], now: frozenset[str]) -> tuple[list[str], list[str]]:
    """The names that go and those that come, whatever their case."""
    was, are = {twin_key(name): name for name in before}, {twin_key(name): name for name in now}
    return sorted(was[key] for key in was.keys() - are.keys()), sorted(are[key] for key in are.keys() - was.keys())


def _named(names: Sequence[str]) -> str:
    more = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {more:,} more" if more > 0 else "")


def _others(before: Settings, now: Settings) -> Iterator[Edited]:
    """Settings beside the guards. More names that may be taken over, and fewer kinds looked after, are looser."""
    yield from _looked_after(before, now)
    yield from _read_and_written(before, now)
    yield from _taken_over(before.integration, now.integration)
    yield from _owning(before, now)


def _looked_after(before: Settings, now: Settings) -> Iterator[Edited]:
    """What becomes of people who leave, and how soon it is seen."""
    was, made = before.integration, now.integration
    forever = float("inf")
    yield from _ordered("locks.ttl", was.locks.ttl or forever, made.locks.ttl or forever, more_is_safe=True)
    yield from _ordered("locks.margin", was.locks.margin, made.locks.margin, more_is_safe=True)
    yield from _ordered("interval", was.interval, made.interval, more_is_safe=False)
    if was.users.suspended is not made.users.suspended:
        loosened = made.users.suspended is not SuspendedPeople.LOCK
        yield Edited(
            "users.suspended", loosened, f"{was.users.suspended.value} before, {made.users.suspended.value} now"
        )
    if was.empty_lists is not made.empty_lists:
        words = f"{was.empty_lists.value} before, {made.empty_lists.value} now"
        yield Edited("access_lists.when_empty", made.empty_lists.value == "delete", words)
    yield from _ordered("tick", before.service.tick, now.service.tick, more_is_safe=False)
    if now.service.follow_config != before.service.follow_config:
        follows = now.service.follow_config
        yield Edited("follow_config", follows, f"{_yes(not follows)} before, {_yes(follows)} now")


def _read_and_written(before: Settings, now: Settings) -> Iterator[Edited]:
    """Where people are read, which kinds are looked after, what is sent to Okta, and where the directory is kept.

    A file says whatever was written into it, and a store that nobody applied to holds no locks. Which store was named
    before is known where a recording tells of it.
    """
    was, made = before.integration, now.integration
    if was.org_url != made.org_url:
        yield Edited("org_url", True, f"{was.org_url} before, {made.org_url} now")
    if was.source != made.source:
        words = f"{_source(was.source)} before, {_source(made.source)} now"
        yield Edited("source", not isinstance(made.source, OktaSource), words)
    if was.store and not is_same_place(was.store, made.store):
        yield Edited("store", True, "the directory of another store is kept, and the one before by nobody")
    for name, safe in _SWITCHES.items():
        if (value := getattr(made.sync, name)) != getattr(was.sync, name):
            yield Edited(f"sync.{name}", value is not safe, f"{_yes(not value)} before, {_yes(value)} now")
    if made.sync.bidirectional:
        known = {(rule.subject, rule.pattern.source) for rule in before.access_list_rules if rule.both_ways}
        for rule in now.access_list_rules:
            if rule.both_ways and (rule.subject, rule.pattern.source) not in known:
                words = (
                    f"memberships of {rule.subject.value} {rule.pattern.source} go to Okta, whatever it conveys there"
                )
                yield Edited("bidirectional", True, words, place=rule.position)


def _source(source: Source) -> str:
    match source:
        case OktaSource():
            return "Okta's API"
        case SnapshotSource():
            return f"the file {source.path}"
        case ScimSource():
            return "pushes over SCIM"
        case _:
            assert_never(source)


def _taken_over(was: Integration, made: Integration) -> Iterator[Edited]:
    """Whose objects may be taken over: of other organizations, and users that somebody else made."""
    for name, whose, had, has in (
        ("users.adopt", "the user {}", was.users.adopt, made.users.adopt),
        ("former_org_urls", "what bears {}", frozenset(was.former_org_urls), frozenset(made.former_org_urls)),
    ):
        gone, new = _apart(had, has)
        if new:
            yield Edited(name, True, f"{whose.format(_named(new))} may be taken over")
        if gone:
            yield Edited(name, False, f"{whose.format(_named(gone))} is not taken over any more")


def _owning(before: Settings, now: Settings) -> Iterator[Edited]:
    """Who owns new lists, and so decides who is in them."""
    gone, new = _apart(*(frozenset(owner.name for owner in each.default_owners) for each in (before, now)))
    if new:
        yield Edited("default_owners", True, f"{_named(new)} {_own(new)} new lists from now on")
    if gone:
        yield Edited("default_owners", False, f"{_named(gone)} {_own(gone)} no new list from now on")


def _own(names: Sequence[str]) -> str:
    return "owns" if len(names) == 1 else "own"


def _ordered(name: str, was: float, now: float, *, more_is_safe: bool) -> Iterator[Edited]:
    """A length of time, for which people stay locked or nobody looks at everybody."""
    if was != now:
        yield Edited(name, (now < was) is more_is_safe, f"{_lasting(was)} before, {_lasting(now)} now")


def _lasting(seconds: float) -> str:
    """A length of time, in hours where it is a few whole ones: that is how most write it."""
    if seconds == float("inf"):
        return "never"
    whole = int(seconds)
    if whole % 60:
        return f"{whole}s"
    return format_duration(whole) if whole % HOUR or whole > _IN_DAYS else f"{whole // HOUR}h"


def _yes(value: bool) -> str:
    return "true" if value else "false"
