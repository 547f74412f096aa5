"""`idsync get KIND [NAME]`: print resources of the directory, in Teleport's shapes."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import click
from msgspec.structs import replace

from idsync.apply.last_apply import last_apply
from idsync.cli.exit_codes import ExitCode
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.cli.names import refuse_unknown, resolved
from idsync.cli.options import format_option
from idsync.cli.sanitizing import check_key_file, pseudonym_key, sanitize_options
from idsync.cli.workspaces import workspace
from idsync.config.settings import Settings
from idsync.errors import StoreError, UsageError
from idsync.history.past_states import PastState, state_as_of
from idsync.model.addresses import PLAIN_KINDS, Kind, plain_address, split_address
from idsync.model.agreed_past import NOTHING_PAST
from idsync.model.directory import DirectoryState, Names
from idsync.model.exported_state import ExportedState, StateSpec, exported_state
from idsync.model.resources import member
from idsync.model.revisions import AnyResource, with_revision
from idsync.model.suggestions import did_you_mean, nearest
from idsync.reconcile.applied_configuration import applied_configuration
from idsync.render.resources import render_json, render_text, render_yaml
from idsync.render.style import COLOUR, PLAIN
from idsync.stores.protocol import Access, Facts
from idsync.targets.protocol import DirectoryReader

KINDS: tuple[Kind, ...] = ("user", "lock", "access_list", "access_list_member", *PLAIN_KINDS)
_BY_WORD: dict[str, tuple[Kind, ...]] = {
    "all": KINDS,
    **{kind: (kind,) for kind in KINDS},
    **{f"{kind}s": (kind,) for kind in KINDS},
}
_NOBODY: frozenset[str] = frozenset()


@click.command("get")
@click.argument("kind", metavar="users|locks|access_lists|access_list_members|roles|apps|user_groups|all|KIND/NAME")
@click.argument("name", required=False)
@click.option("--as-of", "moment", metavar="RUN", help="As it was after a run (its number), or at a time (RFC 3339).")
@sanitize_options
@format_option("yaml", "json", "text")
@common_options()
@pass_invocation
def command(
    invocation: Invocation,
    kind: str,
    name: str | None,
    moment: str | None,
    sanitized: bool,
    key_file: Path | None,
    form: str,
) -> ExitCode:
    """Print resources of the directory: all of a kind, or one by its name; a list by its title, too.

    The members of one access list are `access_list_members LIST`, one of them `access_list_member/LIST/NAME`.
    """
    kinds, name = _asked(kind, name)
    check_key_file(key_file, sanitized=sanitized)
    if sanitized and kinds != KINDS:
        raise UsageError("--sanitize is for `get all`.", why="What it prints is to be planned with, as a whole.")
    place = workspace(invocation)
    with place.store(Access.READ) as store:
        target = place.target(store)
        with target.reading():
            if moment is not None:
                then = state_as_of(target, store, moment)
                _warn_of_gaps(invocation, then, kinds, name)
            if name is not None and moment is None:
                name = resolved(target, kinds[0], name)
            state = _read(target, kinds, name) if moment is None else then.state
            edited = store.agreed(target.name).differing() if kinds == KINDS else ()
            past = store.agreed(target.name).past() if kinds == KINDS else NOTHING_PAST
            files = {} if sanitized or kinds != KINDS else _applied_files(store.facts, target)
            known = StateSpec(target.serial(), last_apply(store.facts, target), tuple(sorted(edited)), past, files)
    if sanitized:
        state, known = _sanitized(place.settings, state, known, pseudonym_key(invocation, place, key_file))
    found = [with_revision(resource) for each in kinds for resource in _of_kind(state, each, name)]
    last: list[ExportedState] = [exported_state(known)] if kinds == KINDS and known.serial and moment is None else []
    if name is not None and not found and not _is_empty_list(state, kinds, name):
        with place.store(Access.READ) as store:
            raise refuse_unknown(place.target(store), kinds[0], name)
    match form:
        case "json":
            text = render_json([*found, *last])
        case "text":
            text = render_text(found, COLOUR if invocation.console.colour else PLAIN)
        case _:
            text = render_yaml([*found, *last])
    invocation.console.result(text)
    return ExitCode.DONE


def _applied_files(facts: Facts, target: DirectoryReader) -> dict[str, str]:
    """The files of the configuration applied last, by path; they may name people, and hold no secret."""
    applied = None
    with suppress(StoreError):
        applied = applied_configuration(facts, target)
    return {} if applied is None else {file.name: file.text for file in applied.files}


def _sanitized(
    settings: Settings, state: DirectoryState, known: StateSpec, key: bytes
) -> tuple[DirectoryState, StateSpec]:
    """A directory, and what is known of it, with people under pseudonyms."""
    from idsync.targets.sanitize import SanitizedDirectory

    directory = SanitizedDirectory(settings, key)
    edited = sorted(directory.address(address, state.locks) for address in known.edited)
    return directory.state(state), replace(known, edited=tuple(edited), past=directory.past(known.past))


def _asked(word: str, name: str | None) -> tuple[tuple[Kind, ...], str | None]:
    kind, slash, rest = word.partition("/")
    if slash and name is not None:
        raise UsageError(f"{word!r} names a resource already.", fix="Write KIND/NAME, or KIND NAME.")
    if kind not in _BY_WORD:
        raise UsageError(
            f"{kind!r} is not a kind of resource.{did_you_mean(nearest(kind, _BY_WORD))}",
            fix="Ask for users, locks, access_lists, access_list_members, roles, apps, user_groups or all.",
        )
    if kind == "all" and (slash or name is not None):
        raise UsageError("all takes no name.", fix="Name the kind as well: user/NAME.")
    return _BY_WORD[kind], rest if slash else name


def _read(target: DirectoryReader, kinds: tuple[Kind, ...], name: str | None) -> DirectoryState:
    """What one kind or name needs, or everything."""
    match kinds, name:
        case ("user",), str():
            return target.state(Names(frozenset({name}), _NOBODY))
        case ("lock",), str():
            return DirectoryState(locks=target.locks(_NOBODY, (name,)))
        case ("lock",), None:
            return DirectoryState(locks=target.locks())
        case ("access_list" | "access_list_member",), str():
            return target.state(Names(_NOBODY, frozenset({name, name.partition("/")[0]})))
        case ("role" | "app" | "user_group" as kind,), str():
            return DirectoryState(plain=target.plain((plain_address(kind, name),)))
        case ("role" | "app" | "user_group",), None:
            return DirectoryState(plain=target.plain())
        case _:
            return target.state()


def _warn_of_gaps(invocation: Invocation, past: PastState, kinds: tuple[Kind, ...], name: str | None) -> None:
    """Say which lists had members that nobody wrote down, where members are asked for."""
    if "access_list_member" in kinds:
        for gap in sorted(past.lists_without_members):
            if name is None or name.partition("/")[0] == gap:
                invocation.console.warning(
                    f"Which members access list {gap} had is not known: an earlier version removed it by hand."
                )


def _of_kind(state: DirectoryState, kind: Kind, name: str | None) -> Iterator[AnyResource]:
    match kind:
        case "user":
            yield from (user for key, user in sorted(state.users.items()) if name in (None, key))
        case "lock":
            yield from (lock for key, lock in sorted(state.locks.items()) if name in (None, key))
        case "access_list":
            yield from (item for key, item in sorted(state.access_lists.items()) if name in (None, key))
        case "role" | "app" | "user_group":
            for address, resource in sorted(state.plain.items()):
                if resource.kind == kind and name in (None, split_address(address)[1]):
                    yield resource
        case _:
            for key, members in sorted(state.members.items()):
                for person, membership in sorted(members.items()):
                    if name in (None, key, f"{key}/{person}"):
                        yield member(key, person, membership)


def _is_empty_list(state: DirectoryState, kinds: tuple[Kind, ...], name: str) -> bool:
    return kinds == ("access_list_member",) and name in state.access_lists
