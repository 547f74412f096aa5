"""What people gain, lose and keep by another way, as things of the view: why each is so, and what a list brings."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from idsync.model.directory import Cause, Reason, UpstreamCause
from idsync.model.plain_resources import title_of as plain_title_of
from idsync.plan.changes import Access as AccessOfPlan
from idsync.plan.changes import AppChange, Change, PersonDelta
from idsync.render.view.cells import Access, AppName, ListName, Role, Trait, cause_cell
from idsync.render.view.outcomes import Touched, title_of
from idsync.render.view.view import Symbol, Thing

OWN_ROUTE = "user"


class Things:
    """Makes things, and one object of each: people who have the same have the same objects."""

    def __init__(self, touched: Touched, deltas: Iterable[PersonDelta], changes: Iterable[Change]) -> None:
        """People whom nobody describes gain apps that `changes` make, which no delta names."""
        self._lists = touched.lists
        self._titles = {**_titles_of_apps(changes), **_titles(deltas)}
        self._by_id: dict[tuple[Symbol, int], Thing] = {}
        self._by_value: dict[tuple[Symbol, AccessOfPlan], Thing] = {}
        self._named: dict[str, ListName] = {}
        self._made: dict[Thing, Thing] = {}
        self._folded: dict[tuple[int, ...], tuple[Thing, ...]] = {}
        self._bare: dict[tuple[int, ...], tuple[Thing, ...]] = {}

    def of(self, symbol: Symbol, access: AccessOfPlan) -> Thing:
        """One thing, by which lists, groups and rules it comes or came."""
        known = self._by_id.get((symbol, id(access)))  # the plan keeps it alive
        if known is None:
            known = self._by_value.get((symbol, access))
            if known is None:
                made = self._make(symbol, access)
                known = self._by_value[symbol, access] = self._made.setdefault(made, made)
            self._by_id[symbol, id(access)] = known
        return known

    def folded(self, things: Sequence[Thing]) -> tuple[Thing, ...]:
        """The same with what comes by one list alone said of that list, where the list stands among them too."""
        key = tuple(map(id, things))
        known = self._folded.get(key)
        if known is None:
            known = self._folded[key] = _folded(things)
        return known

    def bare(self, things: Sequence[Thing]) -> tuple[Thing, ...]:
        """The same without why: of somebody who leaves, it no longer matters."""
        key = tuple(map(id, things))
        known = self._bare.get(key)
        if known is None:
            bare = (Thing(thing.symbol, thing.what) for thing in things)
            made = tuple(self._made.setdefault(thing, thing) for thing in bare)
            known = self._bare[key] = self._bare.setdefault(tuple(map(id, made)), made)
        return known

    def cell(self, kind: str, name: str) -> Access:
        """A role, trait or list by name."""
        match kind:
            case "role":
                return Role(name)
            case "trait":
                return Trait(name)
            case "app":
                return AppName(name, self._titles.get(name, ""))
            case _:
                return self._list(name)

    def _make(self, symbol: Symbol, access: AccessOfPlan) -> Thing:
        """Why a list gives something stands in the list's own change."""
        lists = [name for name in access.via if name != OWN_ROUTE]
        named = [access.name, *lists] if access.kind == "access_list" else lists
        causes = [cause for name in named if name in self._lists for cause in self._lists[name].causes]
        by_hand = symbol == "-" and any(
            self._lists[name].reason is Reason.DRIFT for name in named if name in self._lists
        )
        if by_hand:  # a hand gave it, and no rule did
            causes = [cause for cause in causes if isinstance(cause, UpstreamCause)]
        return Thing(
            symbol,
            self.cell(access.kind, access.name),
            tuple(self._list(name) for name in lists),
            tuple(
                cause_cell(cause)
                for cause in dict.fromkeys((*access.causes, *causes))
                if not _is_said(cause, frozenset(named))
            ),
            access.origin == "direct",
            by_hand,
        )

    def _list(self, name: str) -> ListName:
        known = self._named.get(name)
        if known is None:
            known = self._named[name] = self._named_by_change(name)
        return known

    def _named_by_change(self, name: str) -> ListName:
        change = self._lists.get(name)
        title = title_of(self._lists, name) or self._titles.get(name, "")
        sources = () if change is None else change.causes
        source = next((each for each in sources if isinstance(each, UpstreamCause) and each.id == name), None)
        return ListName(name, title) if source is None else ListName(name, title, source.object, source.name)


def _titles_of_apps(changes: Iterable[Change]) -> dict[str, str]:
    found = ((change.after or change.before) for change in changes if isinstance(change, AppChange))
    return {item.metadata.name: plain_title_of(item) for item in found if item is not None}


def _titles(deltas: Iterable[PersonDelta]) -> dict[str, str]:
    """The titles of lists and apps that people gain, lose or keep: not all of them change."""
    titles: dict[str, str] = {}
    for delta in deltas:
        for some in (delta.gains, delta.loses, delta.route_only):
            for access in some:
                if access.kind in ("access_list", "app"):
                    titles[access.name] = access.title
    return titles


def _is_said(cause: Cause, lists: frozenset[str]) -> bool:
    """The group of a list that is named already, or the person, whom the entry is about."""
    return isinstance(cause, UpstreamCause) and (cause.object == "user" or cause.id in lists)


def _folded(things: Sequence[Thing]) -> tuple[Thing, ...]:
    lists = {(thing.symbol, thing.what.name): thing for thing in things if isinstance(thing.what, ListName)}
    brought: dict[int, list[Thing]] = {}
    left = []
    for thing in things:
        only = thing.by[0].name if len(thing.by) == 1 and not isinstance(thing.what, ListName) else None
        holder = None if only is None else lists.get((thing.symbol, only))
        if holder is None or holder.edit != thing.edit or holder.hand != thing.hand:
            left.append(thing)
        else:
            brought.setdefault(id(holder), []).append(thing)
    return tuple(_bringing(thing, brought[id(thing)]) if id(thing) in brought else thing for thing in left)


def _bringing(holder: Thing, brought: Sequence[Thing]) -> Thing:
    causes = dict.fromkeys((*holder.causes, *(cause for thing in brought for cause in thing.causes)))
    return replace(holder, causes=tuple(causes), brings=tuple(thing.what for thing in brought))
