"""`idsync scim token create|rotate|list|revoke`: who may push."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar

import click

from idsync.bootstrap.workspace import Workspace
from idsync.cli.console import json_text
from idsync.cli.exit_codes import ExitCode
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.cli.options import format_option
from idsync.cli.workspaces import store_to_write, workspace
from idsync.errors import UsageError
from idsync.model.pushed import ScimToken
from idsync.model.suggestions import did_you_mean, nearest
from idsync.model.times import parse_duration, parse_time
from idsync.render.escape_text import shown
from idsync.stores.protocol import Access, Store

F = TypeVar("F", bound=Callable[..., Any])


@click.group("scim", no_args_is_help=False)
@common_options()
def command() -> None:
    """Tokens with which Okta pushes to `idsync serve` over SCIM."""


@command.group("token", no_args_is_help=False)
@common_options()
def token() -> None:
    """Make, replace, list and revoke tokens. A token is told once, and kept only as a digest."""


def _expires_option(default: str) -> Callable[[F], F]:
    text = f"How long it is good for: 365d, 12h, or never for no end.  [default: {default}]"
    return click.option("--expires", metavar="DURATION", help=text)


@token.command("create", short_help="Make a token, and print it this once.")
@click.option("--name", metavar="NAME", default="okta", show_default=True, help="What the history calls its pushes.")
@_expires_option("never")
@format_option("text", "json")
@common_options()
@pass_invocation
def create(invocation: Invocation, name: str, expires: str | None, form: str) -> ExitCode:
    """Make a token, and print it this once, with what Okta's form asks for."""
    with _opened(invocation) as (place, store):
        if any(each.name == name for each in _live(store, place.now())):
            raise UsageError(
                f"There is a token {name!r} already.",
                why="The history could not tell their pushes apart.",
                fix=f"Give another --name, or replace it: `idsync scim token rotate {name}`",
            )
        made = _made(place, store, name, None if expires is None else _seconds(expires))
        takes_pushes = place.takes_pushes(store)
    _told(invocation, place, name, made, form)  # once it is committed: nobody copies a token that was not kept
    _tell_switched_off(invocation, takes_pushes)
    return ExitCode.DONE


@token.command("rotate", short_help="Make another token of the same name.")
@click.argument("name", default="okta")
@_expires_option("as long as the one before")
@format_option("text", "json")
@common_options()
@pass_invocation
def rotate(invocation: Invocation, name: str, expires: str | None, form: str) -> ExitCode:
    """Make another token of the same name; both are good until the old one is revoked, by its id, or ends.

    It is good for as long as the newest one of that name was made for, unless --expires says otherwise.
    """
    with _opened(invocation) as (place, store):
        olds = [each for each in _live(store, place.now()) if each.name == name]
        if not olds:
            raise _unknown(name, (each.name for each in _live(store, place.now())))
        newest = max(olds, key=lambda each: each.created)
        made = _made(place, store, name, _lifetime(newest) if expires is None else _seconds(expires))
        takes_pushes = place.takes_pushes(store)
    _told(invocation, place, name, made, form)
    _tell_switched_off(invocation, takes_pushes)
    commands = ", ".join(f"`idsync scim token revoke {old.id}`" for old in olds)
    invocation.console.note(f"Give Okta the new token, and then revoke the old one: {commands}")
    return ExitCode.DONE


@token.command("list", short_help="List every token, and when it was last used.")
@format_option("text", "json")
@common_options()
@pass_invocation
def list_tokens(invocation: Invocation, form: str) -> ExitCode:
    """List every token: whose it is, whether it is good, when it was last used and from where."""
    place = workspace(invocation)
    with place.store(Access.READ) as store:
        rows = [_row(each, place.now()) for each in store.tokens.all()]
    if form == "json":
        invocation.console.result(json_text(rows))
        return ExitCode.DONE
    lines = [_line(row) for row in rows]
    none = invocation.console.as_typed("No token was made yet. Make one with `idsync scim token create`.")
    invocation.console.result("\n".join(lines) or none)
    return ExitCode.DONE


@token.command("revoke", short_help="Refuse a token from now on.")
@click.argument("token", metavar="ID|NAME")
@common_options()
@pass_invocation
def revoke(invocation: Invocation, token: str) -> ExitCode:
    """Revoke a token by its id, or the only one of a name: what it pushes is refused from now on."""
    from idsync.server.tokens import revoked

    with _opened(invocation) as (place, store):
        live = _live(store, place.now())
        found = [each for each in live if token in (each.id, each.name)]
        if not found:
            raise _unknown(token, (part for each in live for part in (each.id, each.name)))
        if len(found) > 1:
            raise UsageError(
                f"{len(found)} tokens are called {token!r}.",
                why=f"They are {', '.join(each.id for each in found)}.",
                fix="Name one of them by its id.",
            )
        store.tokens.put(revoked(found[0], place.now()))
    invocation.console.line(f"Revoked {found[0].id} ({found[0].name}).")
    return ExitCode.DONE


@contextmanager
def _opened(invocation: Invocation) -> Iterator[tuple[Workspace, Store]]:
    place = workspace(invocation)
    with store_to_write(invocation, place) as store, store.transaction():
        yield place, store


def _made(place: Workspace, store: Store, name: str, seconds: int | None) -> str:
    from idsync.server.tokens import make_token

    now = place.now()
    holder = place.holder("")
    _, text = make_token(
        store.tokens,
        name=_checked(name),
        integration=place.settings.integration.name,
        by=f"{holder.user}@{holder.host}",
        now=now,
        ends=None if seconds is None else now + timedelta(seconds=seconds),
    )
    return text


def _told(invocation: Invocation, place: Workspace, name: str, text: str, form: str) -> None:
    service = place.settings.service
    reached = service.public_url or f"http://{service.host}:{service.port}"
    base = f"{reached}/scim/v2/{place.settings.integration.name}"
    told = {"base_url": base, "identifier_field": "userName", "token": text, "name": name}
    if form == "json":
        invocation.console.result(json_text(told))
        return
    lines = (f"Base URL: {base}", "Identifier field: userName", f"Token: {text}")
    invocation.console.result("\n".join(lines))
    invocation.console.note("The token is not shown again.")


def _tell_switched_off(invocation: Invocation, takes_pushes: bool) -> None:
    if not takes_pushes:
        invocation.console.warning(
            "The configuration in force has SCIM switched off (sync.scim): what is pushed is refused (403).",
            fix="Write `sync: {scim: true}` into the Integration document, and apply it.",
        )


def _live(store: Store, now: datetime) -> list[ScimToken]:
    from idsync.server.tokens import is_live

    return [each for each in store.tokens.all() if is_live(each, now)]


def _row(each: ScimToken, now: datetime) -> dict[str, str | None]:
    from idsync.server.tokens import is_live

    state = "good" if is_live(each, now) else "revoked" if each.revoked else "over"
    return {
        "id": each.id,
        "name": each.name,
        "state": state,
        "created": each.created,
        "created_by": each.created_by,
        "ends": each.ends,
        "revoked": each.revoked,
        "last_used": each.last_used,
        "last_from": each.last_from,
    }


def _line(row: Mapping[str, str | None]) -> str:
    made = f"made {row['created']} by {shown(row['created_by'] or '')}"
    used = f"last used {row['last_used']} from {shown(row['last_from'] or '')}" if row["last_used"] else "never used"
    return f"{row['id']}  {shown(row['name'] or '')}  {row['state']}; {made}; {used}"


def _unknown(name: str, known: Iterator[str]) -> UsageError:
    return UsageError(
        f"No token that is good is called {name!r}.{did_you_mean(nearest(name, known))}",
        fix="`idsync scim token list` shows those there are.",
    )


def _checked(name: str) -> str:
    if not name.strip() or not name.isprintable() or len(name) > 64:
        raise UsageError(
            "The name of a token is a text of up to 64 characters, without control characters.",
            fix="Name it after what pushes with it: okta.",
        )
    return name.strip()


def _lifetime(token: ScimToken) -> int | None:
    """For how many seconds a token was made; None where it has no end."""
    if token.ends is None:
        return None
    return int((parse_time(token.ends) - parse_time(token.created)).total_seconds())


def _seconds(text: str) -> int | None:
    """A duration in seconds; None for no end."""
    if text == "never":
        return None
    try:
        return parse_duration(text)
    except ValueError:
        raise UsageError(f"--expires {text!r} is not a duration.", fix="Write it like 365d or 12h, or never.") from None
