"""What moved, where the log of a source cannot be followed: told by times of change and by listings without members.

A tick asks who changed since the last one, and reads on in listings of groups, of apps and, each five minutes, of
everybody who has the app. What differs from what is known is read again by itself. Whom a listing lacks is only asked
about; where too many are lacking, everything has to be read and judged.
"""

from collections.abc import Callable, Collection, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

import msgspec

from idsync.config.settings import Settings
from idsync.errors import SnapshotError
from idsync.model.canonical import canonical_bytes
from idsync.model.extent import Extent
from idsync.model.identity import IdentityApp, IdentityGroup, IdentityUser, is_everyone, raw_json
from idsync.model.times import format_time, parse_time
from idsync.reconcile.continuous.watching import MOST_ASKED
from idsync.reconcile.only_pushed import only_pushed
from idsync.sources.protocol import ChangedPage, ListedPage, ListingKind
from idsync.stores.protocol import Facts, Pushed, Upstream
from idsync.targets.protocol import DirectoryReader

SWEEP_EACH = 300.0
"""Seconds from one listing of everybody to the next, at least."""
OVERLAP = timedelta(minutes=2)
"""Okta's copies lag: so long before the newest change that was seen, changes are asked for once more."""
LATEST = timedelta(minutes=10)
"""After so long, every change is in every copy."""
MOST_STRANGERS = 10
"""Changed people who are not known to have the app, and are asked about by one tick. A sweep finds the others."""
PAGES_AT_ONCE: Mapping[ListingKind, int] = {"groups": 50, "apps": 10, "people": 10}
"""Pages that one tick reads of a listing; the next goes on."""
_SINCE = "changed_since/{}"
_NOBODY: frozenset[str] = frozenset()
Listed = IdentityUser | IdentityGroup | IdentityApp
replace = msgspec.structs.replace


@runtime_checkable
class ListingSource(Protocol):
    """A source that can be listed without members. Each method raises what a reading raises."""

    def listings(self) -> tuple[ListingKind, ...]:
        """The listings that say something about what is wanted."""

    def pages(self, kind: ListingKind, app: str) -> Iterator[ListedPage]:
        """The pages of a listing, one request each; `app` is the id of the SSO app."""

    def changed(self, since: str) -> Iterator[ChangedPage]:
        """The users whose profile or status changed since a time of the source's, page by page."""

    def allowed(self, kind: ListingKind) -> int | None:
        """How many requests a minute a listing may take of its bucket; None where nobody limits them."""


class Found(msgspec.Struct, frozen=True):
    """What to read again. With `in_doubt`, a listing lacks so many that everything has to be looked at."""

    extent: Extent
    in_doubt: bool = False


class _Since(msgspec.Struct, frozen=True):
    """From when on changes are asked for, and those that were seen already, by user."""

    time: str
    seen: dict[str, str] = {}


_SINCE_DECODER = msgspec.json.Decoder(_Since)


@dataclass
class _Round:
    """One listing: when the next page may be asked for, and what was seen since it began."""

    kind: ListingKind
    due: float
    began: float = 0.0
    pages: Iterator[ListedPage] | None = None
    there: set[str] = field(default_factory=set)
    nameless: bool = False

    def end(self) -> None:
        """Read no further."""
        pages, self.pages = self.pages, None
        if isinstance(pages, Generator):
            pages.close()


class Known(Protocol):
    """What of a store this needs."""

    @property
    def upstream(self) -> Upstream: ...

    @property
    def facts(self) -> Facts: ...

    @property
    def pushed(self) -> Pushed: ...


class ByListings:
    """Follows one integration. Nothing of what a look found is forgotten before `settle` says that it was looked at."""

    def __init__(self, store: Known, integration: str, clock: Callable[[], float]) -> None:
        """`clock` gives seconds and never goes back."""
        self._store = store
        self._key = _SINCE.format(integration)
        self._clock = clock
        self._rounds: dict[ListingKind, _Round] = {}
        self._looked: dict[str, bytes] = {}
        """What listings showed of those who were named last, so that nobody is named for it twice."""
        self._users: set[str] = set()
        self._lists: set[str] = set()
        self._since: _Since | None = None
        self._doubted: dict[ListingKind, float] = {}
        self._configuration = ""

    def look(self, source: ListingSource, settings: Settings, target: DirectoryReader) -> Found:
        """What moved since the last look, as far as this one reads."""
        if settings.digest != self._configuration:
            self._end_listings()
            self._configuration = settings.digest
        self._look_at_changes(source)
        doubts = [self._go_on(self._round(kind), source, settings, target) for kind in source.listings()]
        return Found(Extent(frozenset(self._users), frozenset(self._lists)), any(doubts))

    def settle(self) -> None:
        """What was found has been read, or everything is going to be."""
        if self._since is not None and not _is_nearly(self._since, self._known_since()):
            self._store.facts.put({self._key: canonical_bytes(self._since)})
        self._since = None
        self._users.clear()
        self._lists.clear()

    def look_again(self) -> None:
        """What was found may not be kept that was settled: the next listings name it once more."""
        self._looked.clear()

    def stop(self) -> None:
        """Listings are followed no more: those that are under way end, and it is forgotten from when on to ask."""
        self._end_listings()
        self._since = None
        self._store.facts.delete(self._key)

    def _end_listings(self) -> None:
        for each in self._rounds.values():
            each.end()
        self._rounds.clear()

    # -- who changed, by time

    def _look_at_changes(self, source: ListingSource) -> None:
        since = self._known_since() or _Since(self._taken_at())
        newest, seen, strangers, at = parse_time(since.time), dict(since.seen), 0, ""
        for page in source.changed(format_time(newest - OVERLAP)):
            at = at or page.at
            fresh = {user: time for user, time in page.users.items() if since.seen.get(user) != time}
            having = {user.id for user in self._store.upstream.part(fresh, ()).users} if fresh else _NOBODY
            unknown = [user for user in fresh if user not in having]
            few = unknown[: max(0, MOST_STRANGERS - strangers)]
            strangers += len(few)
            self._users.update(having, few)
            seen.update(fresh)
            newest = max([newest, *filter(None, map(_moment, fresh.values()))])
            if len(self._users) > MOST_ASKED:
                break  # everything is going to be read
        self._since = _next_since(newest, seen, at)

    def _known_since(self) -> _Since | None:
        known = self._store.facts.get(self._key)
        return None if known is None else _SINCE_DECODER.decode(known)

    def _taken_at(self) -> str:
        """When the facts were read, by the source's clock."""
        return self._store.upstream.part((), ()).taken_at

    # -- listings

    def _round(self, kind: ListingKind) -> _Round:
        if kind not in self._rounds:
            self._rounds[kind] = _Round(kind, self._clock() + (SWEEP_EACH if kind == "people" else 0.0))
        return self._rounds[kind]

    def _go_on(self, each: _Round, source: ListingSource, settings: Settings, target: DirectoryReader) -> bool:
        """Read on in a listing, when it is time; whether it ended and lacks too many."""
        if self._clock() < each.due:
            return False
        if each.pages is None:
            each.pages = source.pages(each.kind, self._store.upstream.part((), ()).app_id)
            each.began, each.there, each.nameless = self._clock(), set(), False
        try:
            read, ended = self._read(each, each.pages)
        except BaseException:
            each.end()
            raise
        each.due = self._clock() + pause_after(read, source.allowed(each.kind))
        if not ended:
            return False
        each.end()
        if each.kind == "people":
            each.due = max(each.due, each.began + SWEEP_EACH)
        return self._judge(each, settings, target)

    def _read(self, each: _Round, pages: Iterator[ListedPage]) -> tuple[int, bool]:
        """Read as many pages as one tick does, and compare their rows; how many, and whether that was the end."""
        for number in range(PAGES_AT_ONCE[each.kind]):
            page = next(pages, None)
            if page is None:
                return number, True
            each.there.update(page.odd)
            each.nameless |= page.nameless
            self._compare(each, page)
        return PAGES_AT_ONCE[each.kind], False

    def _compare(self, each: _Round, page: ListedPage) -> None:
        ids = [row.id for row in page.rows]
        each.there.update(ids)
        users = each.kind == "people"
        facts = self._store.upstream.part(ids if users else (), () if users else ids)
        known: dict[str, Listed] = {row.id: row for row in facts.users}
        known.update((group.id, group) for group in facts.groups)
        known.update((app.id, app) for app in facts.apps)
        for row in page.rows:
            if is_the_same(known.get(row.id), row):
                self._looked.pop(row.id, None)
            else:
                self._name(users, row.id, _shown(row))

    def _judge(self, each: _Round, settings: Settings, target: DirectoryReader) -> bool:
        """At the end of a listing: ask about those whom it lacks, unless that are too many to be believed."""
        lacking, known = self._lacking(each)
        if each.nameless or not lacking:
            return False
        if each.kind == "people":
            known = max(known, target.counts(settings.integration.org_url).people)
        if len(lacking) <= settings.limits.source_shrink.limit(known):
            for name in lacking:
                self._name(each.kind == "people", name, b"")
            return False
        doubted = self._doubted.get(each.kind)
        if doubted is not None and self._clock() - doubted < SWEEP_EACH:
            return False
        self._doubted[each.kind] = self._clock()
        return True

    def _lacking(self, each: _Round) -> tuple[Collection[str], int]:
        """Who or what is known and not listed, and how many are known at all."""
        upstream = self._store.upstream
        if each.kind == "people":
            known: Collection[str] = upstream.people()
        else:
            everyone = {group.id for group in upstream.part((), ()).groups if is_everyone(group.type, group.name)}
            own = only_pushed(self._store.pushed).lists or _NOBODY
            kind = "group" if each.kind == "groups" else "app"
            known = [name for name, its in upstream.lists().items() if its == kind and name not in everyone | own]
        return [name for name in known if name not in each.there], len(known)

    def _name(self, is_user: bool, okta_id: str, shown: bytes) -> None:
        if self._looked.get(okta_id) == shown:
            return
        self._looked[okta_id] = shown
        (self._users if is_user else self._lists).add(okta_id)


def is_the_same(known: object, row: Listed) -> bool:
    """Whether what is known of somebody, or of a group or app without its members, is what a listing shows."""
    match row, known:
        case IdentityUser(), IdentityUser():
            try:
                return replace(row, profile=raw_json(row.attributes())) == known
            except SnapshotError:
                return False
        case IdentityGroup(), IdentityGroup() if is_everyone(row.type, row.name):
            return True
        case IdentityGroup(), IdentityGroup():
            same = replace(known, members=row.members)
            stamp = row.last_membership_updated
            return row == (replace(same, last_membership_updated=stamp) if stamp is msgspec.UNSET else same)
        case IdentityApp(), IdentityApp():
            return row == replace(known, users=row.users, groups=row.groups)
        case _:
            return False


def _shown(row: Listed) -> bytes:
    return msgspec.json.encode(row)


def pause_after(read: int, allowed: int | None) -> float:
    """Seconds after so many requests that keep a listing under a quarter of what may be asked in a minute."""
    return 0.0 if allowed is None else read * 60.0 / max(allowed / 4, 1.0)


def _next_since(newest: datetime, seen: Mapping[str, str], at: str) -> _Since:
    """From when on to ask next time: the newest change that was seen, or ten minutes before the source was asked."""
    time = max(newest, parse_time(at) - LATEST) if at else newest
    recent = {user: told for user, told in seen.items() if (_moment(told) or time) >= time - OVERLAP}
    return _Since(format_time(time), recent)


def _is_nearly(since: _Since, kept: _Since | None) -> bool:
    """Whether it is not worth writing down: the same people, and less than a minute later."""
    if kept is None or since.seen != kept.seen:
        return False
    return parse_time(since.time) - parse_time(kept.time) < timedelta(minutes=1)


def _moment(time: str) -> datetime | None:
    try:
        return parse_time(time)
    except ValueError:
        return None
