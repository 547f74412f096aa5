"""What people call a resource: its name, or the title of a list; and what they may have meant where nothing has it."""

from collections.abc import Collection, Iterable

from idsync.errors import ResourceError
from idsync.model.addresses import PLAIN_KINDS, Address
from idsync.model.directory import Names
from idsync.model.plain_resources import title_of
from idsync.model.suggestions import did_you_mean, nearest, nearest_people
from idsync.targets.protocol import DirectoryReader

LIST_KINDS = frozenset({"access_list", "access_list_member"})
_OF_PEOPLE = frozenset({"user", "lock"})
"""Kinds that people look for by the name of a person."""
_NOBODY: frozenset[str] = frozenset()


def resolved(directory: DirectoryReader, kind: str, name: str) -> str:
    """The name of what is called `name`, which may be a list's title; of a membership only the list is looked up.

    Raises ResourceError where nothing of the kind is called so, or several lists are.
    """
    if kind in PLAIN_KINDS:
        return _resolved_plain(directory, kind, name)
    if kind not in LIST_KINDS:
        return name
    if directory.access_lists((name, name.partition("/")[0])):
        return name
    lists = directory.access_lists()
    titled = sorted(key for key, item in lists.items() if _is_called(name, item.spec.title, kind))
    if len(titled) == 1:
        title = lists[titled[0]].spec.title
        return titled[0] + name[len(title) :]
    if titled:
        raise ResourceError(
            f"{len(titled)} lists have the title {name!r}.",
            why=f"They are {', '.join(titled[:5])}.",
            fix="Name one of them by its id.",
        )
    raise nothing_called(kind, name, (*lists, *(item.spec.title for item in lists.values())))


def _resolved_plain(directory: DirectoryReader, kind: str, name: str) -> str:
    """The name of a role, an app or a group that has this name, or is called so in Okta."""
    if directory.plain((Address(f"{kind}/{name}"),)):
        return name
    of_kind = [item for item in directory.plain().values() if item.kind == kind]
    called = sorted(item.metadata.name for item in of_kind if title_of(item) == name)
    if len(called) > 1:
        raise ResourceError(
            f"{len(called)} resources of the kind {kind} are called {name!r}.",
            why=f"They are {', '.join(called[:5])}.",
            fix="Name one of them by its id.",
        )
    return called[0] if called else name


def refuse_unknown(directory: DirectoryReader, kind: str, name: str) -> ResourceError:
    """That nothing of a kind has a name, with the nearest that something has."""
    match kind:
        case "user":
            known: Collection[str] = directory.state().users
        case "lock":
            locked = (lock.spec.target.user for lock in directory.locks().values())
            known = [user for user in locked if user is not None]
        case "access_list_member":
            members = directory.state(Names(_NOBODY, frozenset({name.partition("/")[0]}))).members
            known = [f"{key}/{person}" for key, people in members.items() for person in people]
        case "access_list":
            known = directory.access_lists()
        case _:
            of_kind = [item for item in directory.plain().values() if item.kind == kind]
            known = [called for item in of_kind for called in (item.metadata.name, title_of(item)) if called]
    return nothing_called(kind, name, known)


def nothing_called(kind: str, name: str, known: Iterable[str]) -> ResourceError:
    """That nothing of a kind is called so."""
    meant = nearest_people(name, known) if kind in _OF_PEOPLE else nearest(name, known)
    return ResourceError(
        f"No {kind} is called {name!r}.{did_you_mean(meant)}",
        fix=f"`idsync get {kind}s --format text` lists those there are.",
    )


def _is_called(name: str, title: str, kind: str) -> bool:
    """Whether a name is a list's title or, for a membership, begins with it."""
    return name == title or (kind == "access_list_member" and name.startswith(f"{title}/"))
