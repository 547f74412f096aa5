"""`idsync keys create|rotate|list`: the private keys with which the API Services app signs in."""

from pathlib import Path

import click

from idsync.bootstrap.workspace import Workspace
from idsync.cli.console import json_text
from idsync.cli.exit_codes import ExitCode
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.cli.options import format_option
from idsync.cli.workspaces import workspace
from idsync.errors import UsageError

JWKS_PATH = "/.well-known/jwks.json"


@click.group("keys", no_args_is_help=False)
@common_options()
def command() -> None:
    """Private keys for signing in to Okta, in the folder that auth.oauth.private_key.folder names.

    `idsync serve` shows their public halves, from which Okta learns them by itself.
    """


@command.command("create")
@format_option("text", "json")
@common_options()
@pass_invocation
def create(invocation: Invocation, form: str) -> ExitCode:
    """Make the first key, and print its public half for Okta."""
    from idsync.okta.key_folder import keys_in, make_key

    place, folder = _opened(invocation)
    if keys_in(folder):
        raise UsageError(
            "There is a key already.",
            why="Another one would sign from now on, before Okta knows it.",
            fix="`idsync keys rotate` replaces it, and keeps the old one good for a while.",
        )
    made = make_key(folder, place.now())
    return _told(invocation, place, form, f"Made the key {made}.")


@command.command("rotate", short_help="Make another key, which signs from now on.")
@format_option("text", "json")
@common_options()
@pass_invocation
def rotate(invocation: Invocation, form: str) -> ExitCode:
    """Make another key, which signs from now on; the one before stays known until the next rotation."""
    from idsync.okta.key_folder import keys_in, rotate_keys

    place, folder = _opened(invocation)
    if not keys_in(folder):
        raise UsageError("The folder holds no key to replace.", fix="Make the first one: `idsync keys create`.")
    made, removed = rotate_keys(folder, place.now())
    gone = f" Removed {', '.join(removed)}." if removed else ""
    return _told(invocation, place, form, f"Made the key {made}.{gone}")


@command.command("list", short_help="Show every key by its id, the newest first.")
@format_option("text", "json")
@common_options()
@pass_invocation
def list_(invocation: Invocation, form: str) -> ExitCode:
    """Show every key by its id, the newest first; JSON has their public halves (JWKS)."""
    place, _ = _opened(invocation)
    keys = place.public_keys()
    if form == "json":
        invocation.console.result(json_text({"keys": keys}))
        return ExitCode.DONE
    lines = [f"{key['kid']}  {key['alg']}  {'signs' if number == 0 else 'known'}" for number, key in enumerate(keys)]
    none = invocation.console.as_typed("The folder holds no key. `idsync keys create` makes one.")
    invocation.console.result("\n".join(lines) or none)
    return ExitCode.DONE


def _opened(invocation: Invocation) -> tuple[Workspace, Path]:
    place = workspace(invocation)
    folder = place.keys_folder()
    if folder is None:
        raise UsageError(
            "The configuration names no folder of keys.",
            why="auth.oauth.private_key says where the key is, and that is not a folder.",
            fix="Write private_key: {folder: keys}, and keep that folder out of the repository.",
        )
    return place, folder


def _told(invocation: Invocation, place: Workspace, form: str, what: str) -> ExitCode:
    if form == "json":
        invocation.console.result(json_text({"keys": place.public_keys()}))
        return ExitCode.DONE
    invocation.console.result(what)
    url = place.settings.service.public_url
    where = f"{url}{JWKS_PATH}" if url else f"the service's public address, at {JWKS_PATH}"
    invocation.console.note(
        f"Let the app in Okta use a URL to fetch keys: {where}. Or give it the keys that "
        "`idsync keys list --format json` prints."
    )
    return ExitCode.DONE
