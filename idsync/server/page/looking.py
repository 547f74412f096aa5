"""What the page reads: on a connection of its own, beside the thread that writes, so that looking delays no push."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import Protocol

from msgspec.structs import replace

from idsync.apply.kept_back import kept_back
from idsync.config.patterns import NameFilter, NamePattern
from idsync.config.settings import ImportFilters, Settings
from idsync.config.texts import looks_like_expression
from idsync.errors import UnknownPerson
from idsync.model.directory import Names
from idsync.model.extent import Extent
from idsync.model.journal import bodies_named
from idsync.model.names import twin_key
from idsync.plan.explain import Explanation
from idsync.reconcile.explaining import explain
from idsync.reconcile.filtering import Matches, matches
from idsync.reconcile.merged_lists import by_what_is_known
from idsync.reconcile.part import PartOfDirectory, closed, holders
from idsync.render.history import render_run
from idsync.render.journal_names import lists_named, told_names
from idsync.server.page.overview import Overview, overview
from idsync.sources.protocol import Catalogue
from idsync.stores.protocol import Store
from idsync.targets.protocol import Target

FOUND = 30
STEPS = 500
_NOBODY: frozenset[str] = frozenset()


class Place(Protocol):
    """What a configuration stands for, made concrete."""

    @property
    def settings(self) -> Settings: ...

    def now(self) -> datetime:
        """The time, in whole seconds."""

    def target(self, store: Store) -> Target:
        """The first target."""


class Looking:
    """Reads for one page, inside one open store. `in_force` says what passes go by, and whether another one waits."""

    def __init__(self, store: Store, in_force: Callable[[Store], tuple[Place, bool]]) -> None:
        self._store = store
        self._place, self._waits = in_force(store)

    def overview(self) -> Overview:
        """The first page."""
        place, store = self._place, self._store
        return overview(place.settings, store, place.target(store), place.now(), config_waits=self._waits)

    def people(self, text: str) -> list[str]:
        """The first names of the directory that hold a text, and one more where there are more."""
        return self._store.directory.users.search(text, FOUND + 1) if text else []

    def searched(self, text: str, found: Sequence[str]) -> Explanation | None:
        """The person whom a search means: called so in full, with an account or without, or else the only one found."""
        if not text:
            return None
        return self.person(text) or (self.person(found[0]) if len(found) == 1 else None)

    def person(self, name: str) -> Explanation | None:
        """Why somebody has what they have, told by what is known upstream; None where nobody is known by that name."""
        settings, store, target = self._place.settings, self._store, self._place.target(self._store)
        org_url, upstream = settings.integration.org_url, store.upstream
        with target.reading():
            key = twin_key(name)
            names = target.names_of((), {key})
            pushed = store.pushed if settings.integration.sync.scim else None
            if not upstream.is_known():
                return None
            if pushed is not None and not (names or upstream.named({key})) and (left := pushed.user_named(name)):
                name = left.username
            entries = target.index(org_url, Names(names, _NOBODY)).users.values()
            there = frozenset(entry.okta_id for entry in entries if entry.okta_id)
            part = closed(settings, upstream, target, Extent(upstream.named({key}) | there, _NOBODY))
            part = replace(part, names=part.names | {name})  # who left has no account, and a lock
            past = store.agreed(target.name).past(part.users, part.names)
            inside = PartOfDirectory(target, part, org_url)
            inside = inside.with_locks_of(holders(inside.index(org_url), part.snapshot, past))
            now = self._place.now()
            kept, both = kept_back(store.facts, target.name), by_what_is_known(settings, store)
            try:
                return explain(
                    settings, part.snapshot, inside, name, None, now, past=past, pushed=pushed, kept=kept, both=both
                )
            except UnknownPerson:
                return None

    def run(self, number: int) -> tuple[str, bool] | None:
        """One run as people read it, and whether steps of it are left out; None where there is no such run."""
        entries = list(islice(self._store.journal.entries(number), STEPS + 1))
        shown = entries[:STEPS]
        if not shown:
            return None
        bodies = self._store.bodies.find({name for each in shown for name in bodies_named(each.entry)})
        lists = self._place.target(self._store).access_lists(lists_named(shown))
        told = told_names(shown, bodies, {name: found.spec.title for name, found in lists.items()})
        return render_run(shown, told=told), len(entries) > STEPS


def tried_filters(configured: ImportFilters, groups: Iterable[str], apps: Iterable[str]) -> ImportFilters:
    """The configured filters, with these patterns in place of their includes where any are given.

    Raises PatternError.
    """
    chosen = {"groups": tuple(map(NamePattern, groups)), "apps": tuple(map(NamePattern, apps))}
    return ImportFilters(
        NameFilter(include=chosen["groups"]) if chosen["groups"] else configured.groups,
        NameFilter(include=chosen["apps"]) if chosen["apps"] else configured.apps,
    )


def half_expressions(patterns: Iterable[str]) -> list[tuple[str, str]]:
    """The patterns that are globs and look like expressions somebody half wrote, each with what makes it look so.

    Raises PatternError.
    """
    signs = ((text, looks_like_expression(text)) for text in patterns if not NamePattern(text).is_regex)
    return [(text, sign) for text, sign in signs if sign]


def taken(settings: Settings, filters: ImportFilters, catalogue: Catalogue) -> Matches:
    """What filters make of everything that the source lists."""
    return matches(filters, catalogue, settings.integration.app)
