"""`idsync doctor`: try each part of the set-up, and say how to repair what does not work."""

from collections import Counter
from collections.abc import Iterator
from itertools import chain

import click
from msgspec.structs import replace

from idsync.bootstrap.workspace import Workspace
from idsync.cli.console import json_text
from idsync.cli.exit_codes import ExitCode, first_of
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.cli.options import format_option
from idsync.cli.progress import ProgressDisplay
from idsync.cli.workspaces import workspace
from idsync.config.settings import OktaSource, SnapshotSource
from idsync.doctor.check import Check, Verdict, refused, well
from idsync.doctor.connector import connector_checks
from idsync.doctor.okta_access import okta_checks
from idsync.doctor.own_parts import reached, store_checks
from idsync.enroll.connector import connectors_in
from idsync.errors import AuthenticationError, IdsyncError, SecretError
from idsync.render.escape_text import visible
from idsync.render.style import COLOUR, PLAIN, Style, Tone
from idsync.render.wrap import wrapped

_ORDER = (Verdict.ERROR, Verdict.WARNING, Verdict.OK)
_TONES: dict[Verdict, Tone] = {Verdict.ERROR: "error", Verdict.WARNING: "warning", Verdict.OK: "added"}


@click.command("doctor")
@format_option("text", "json")
@common_options()
@pass_invocation
def command(invocation: Invocation, form: str) -> ExitCode:
    """Try each part of the set-up by its cheapest call, and say how to repair what does not work.

    Nothing is changed, in Okta or here. Exits 4 where Okta does not allow what is needed, 7 where something else does
    not work.
    """
    place = workspace(invocation)
    found: list[Check] = []
    with ProgressDisplay(invocation.console) as progress:
        for check in chain(_source(place), _store(place), _service(place)):
            found.append(check)
            progress("checks", len(found), 0)
    if form == "json":
        told = [{"check": each.check, "verdict": each.verdict, "message": each.message} for each in found]
        invocation.console.result(json_text(told))
    else:
        style = COLOUR if invocation.console.colour else PLAIN
        told_lines = _told([_as_typed(each, invocation) for each in found], style, invocation.console.columns)
        invocation.console.result("\n".join(told_lines))
    errors = [each for each in found if each.verdict is Verdict.ERROR]
    return first_of({ExitCode.NOT_ALLOWED if each.of_access else ExitCode.SOURCE_UNUSABLE for each in errors})


def _as_typed(found: Check, invocation: Invocation) -> Check:
    return found if found.verdict is Verdict.OK else replace(found, message=invocation.console.as_typed(found.message))


def _told(found: list[Check], style: Style, columns: int | None) -> Iterator[str]:
    """A headline, then one part a line, those first that do not work."""
    counts = Counter(each.verdict for each in found)
    amiss = [
        *([f"{number} {'does' if number == 1 else 'do'} not work"] if (number := counts[Verdict.ERROR]) else []),
        *([f"{number} to look at"] if (number := counts[Verdict.WARNING]) else []),
    ]
    yield f"{len(found)} parts tried: {', '.join(amiss) or 'all work'}."
    width = max((len(each.check) for each in found), default=0)
    for each in sorted(found, key=lambda each: _ORDER.index(each.verdict)):
        mark = f"{each.verdict.upper() if each.verdict is Verdict.ERROR else each.verdict:<7}"
        pieces = [(f"  {mark}", _TONES[each.verdict]), (f"  {each.check:<{width}}  {visible(each.message)}", None)]
        yield from wrapped(pieces, columns, width + 13, style)


def _source(place: Workspace) -> Iterator[Check]:
    """Where identities come from."""
    integration = place.settings.integration
    match integration.source:
        case OktaSource():
            yield from _okta(place)
        case SnapshotSource(path=path):
            try:
                taken = place.source(lambda *_: None).read().snapshot.taken_at
            except IdsyncError as error:
                yield refused("snapshot", error)
            else:
                yield well("snapshot", f"{path} can be read; it was taken at {taken}.")
        case _:
            return


def _okta(place: Workspace) -> Iterator[Check]:
    settings = place.settings
    sync = settings.integration.sync
    try:
        probe = place.okta.probe()
    except SecretError as error:
        yield refused("credential", AuthenticationError(error.summary, why=error.why, fix=error.fix))
        return
    except IdsyncError as error:
        yield refused("connection", error)
        return
    app_works = False
    with probe:
        for check in okta_checks(
            probe,
            needs=place.okta.scopes_to_read(),
            pulls_log=settings.integration.pulls,
            writes=sync.bidirectional,
            pushes=sync.scim,
        ):
            app_works |= check.check == "app" and check.verdict is Verdict.OK
            yield check
    connectors = tuple(connectors_in(place.directory))
    if app_works and connectors:
        with place.okta.sso_apps() as apps:
            yield from connector_checks(connectors, apps, settings, place.now())


def _store(place: Workspace) -> Iterator[Check]:
    integration = place.settings.integration
    try:
        if not place.has_store():
            yield well("store", "It is not there yet; the first apply makes it.")
            return
    except IdsyncError as error:
        yield refused("store", error)
        return
    yield from store_checks(
        place.store,
        place.targets,
        integration.org_url,
        integration.former_addresses,
        pushes=integration.sync.scim,
        takes_pushes=place.takes_pushes,
        now=place.now(),
    )


def _service(place: Workspace) -> Iterator[Check]:
    service = place.settings.service
    integration = place.settings.integration
    missing = [refused("service secret", error) for error in place.secrets.missing(service.secrets)]
    if service.secrets and not missing:
        yield well("service secret", "What the Service document names can be read.")
    yield from missing
    if service.public_url and integration.sync.scim:
        from idsync.server.reaching import reach_scim

        address = service.public_url
        yield reached(address, lambda: reach_scim(address, integration.name))
