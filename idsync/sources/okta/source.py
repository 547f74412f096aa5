"""The Okta source: reads an organization into a snapshot with the fewest requests that its API allows."""

import math
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

import httpx

from idsync.config.settings import AppReference
from idsync.model.extent import EVERYTHING, Extent, Reading, cut
from idsync.model.identity import FORMAT_VERSION, Snapshot
from idsync.model.measures import Measures
from idsync.model.moves import Moves
from idsync.model.okta_access import Allowance
from idsync.model.pushed import PushMappings
from idsync.model.times import format_time
from idsync.okta.auth import Credential
from idsync.okta.authorizing import authorizer_for
from idsync.okta.client import OktaClient
from idsync.okta.endpoints import Endpoints
from idsync.okta.refusals import OAuthScope
from idsync.okta.remembered import Remembered
from idsync.okta.request import Requester, Timing
from idsync.okta.wire import App, Group
from idsync.sources.okta.ask_again import AskAgain
from idsync.sources.okta.evidence import Evidence
from idsync.sources.okta.listings import BUCKETS, Listings, kinds_of
from idsync.sources.okta.push_mappings import read_push_mappings
from idsync.sources.okta.reader import WORKERS, OrganizationReader
from idsync.sources.okta.selection import Selection
from idsync.sources.okta.sso_app import pass_over
from idsync.sources.okta.system_log import read_moves
from idsync.sources.okta.workers import Workers
from idsync.sources.protocol import (
    NOTHING_MEASURED,
    Catalogue,
    ChangedPage,
    ListedApp,
    ListedGroup,
    ListedPage,
    ListingKind,
    Progress,
    Wait,
    silent,
)
from idsync.sources.soundness import sound

_DATE_CUT = 1.0
"""Seconds by which Okta's clock may seem behind that is not: a Date is cut to whole ones."""


class OktaSource:
    """An Okta organization as a source."""

    def __init__(
        self,
        *,
        org_url: str,
        app: AppReference,
        credential: Credential,
        selection: Selection | None = None,
        rate_limit_share: int = 50,
        progress: Progress = silent,
        remembered: Remembered | None = None,
        transport: httpx.BaseTransport | None = None,
        timing: Timing | None = None,
    ) -> None:
        """`selection` is what of groups and apps is wanted (everything by default).

        `remembered` is what the process knows of the organization from readings before, and keeps for those to come.
        `progress` is called from the thread that endpoints `fetch`. `transport` and `timing` are for tests.
        """
        self._org_url = org_url.rstrip("/")
        self._app = app
        self._credential = credential
        self._selection = Selection() if selection is None else selection
        self._share = rate_limit_share
        self._progress = progress
        self._remembered = remembered
        self._transport = transport
        self._timing = Timing() if timing is None else timing

    def read(
        self, extent: Extent = EVERYTHING, known: Collection[str] = (), before: Measures = NOTHING_MEASURED
    ) -> Reading:
        """Read everything that is wanted of an extent; what became of `known` users without the app is in `unassigned`.

        Groups and apps that had a crowd in the reading `before`, and are empty or gone, are asked about once more.
        Of a part, those people, groups and apps of which Okta fails to tell are left out of the reading's extent.
        Raises AuthenticationError, AuthorizationError or SourceError; any other part that could not be read is an
        error, and so is a reading of which nothing is left.
        """
        requester = self._requester(in_bulk=not extent.users)
        try:
            with Workers(WORKERS, requester.give_up) as workers:
                client = OktaClient(requester, authorizer_for(self._credential, self._scopes(), requester))
                endpoints = Endpoints(self._org_url)
                reader = OrganizationReader(client, endpoints, self._app, self._selection, workers, before)
                tick = partial(self._show, reader, requester)
                evidence = Evidence(
                    partial(self._log_client, requester), endpoints, before.taken_at, requester.okta_time
                )
                again = AskAgain(client, endpoints, workers, evidence, reader.leave)
                if extent.users is None or extent.lists is None:
                    _read_all(reader, known, workers, tick)
                    again.begin(before, reader.found())
                    workers.drain(tick)
                else:
                    _read_part(reader, extent.users, extent.lists, workers, tick)
                    extent = _without_unread(reader, extent.users, extent.lists)
                    again.doubt_absence(reader.absent, before)
                tick()
        finally:
            requester.close()
        snapshot = sound(self._snapshot(reader, self._began(requester)), f"what {self._org_url} holds")
        return Reading(
            snapshot if extent.is_whole else cut(snapshot, extent),
            extent,
            reader.others | dict.fromkeys(again.inactive, "app"),
            frozenset(again.confirmed),
            # A Date is cut to whole seconds: on average it is half a second behind.
            ahead=None if requester.heard_at is None else round(requester.ahead + 0.5),
            unread=next(iter(reader.unread.values()), None),
        )

    def moves(self, cursor: str | None, begun: datetime, seen: Collection[str] = ()) -> Moves:
        """What moved in the organization since `cursor`, or since `begun` where there is none yet: one request mostly.

        `begun` is a time of this machine; where that turns out to be ahead, Okta is asked again from the same moment by
        Okta's clock. Events that an earlier look has `seen` name nobody.

        Raises AuthorizationError where the credential may not read the System Log, and SourceError.
        """
        requester = self._requester()
        try:
            scopes: tuple[OAuthScope, ...] = ("okta.logs.read",)
            client = OktaClient(requester, authorizer_for(self._credential, scopes, requester))
            moves = read_moves(client, Endpoints(self._org_url), cursor, begun, seen)
            if cursor is None and requester.ahead < -_DATE_CUT:
                there = begun + timedelta(seconds=math.floor(requester.ahead))
                return read_moves(client, Endpoints(self._org_url), None, there, seen)
            return moves
        finally:
            requester.close()

    def listings(self) -> tuple[ListingKind, ...]:
        """The listings that say something about what is wanted."""
        return kinds_of(self._selection)

    def pages(self, kind: ListingKind, app: str) -> Iterator[ListedPage]:
        """A listing without members, page by page: one request for each, when it is asked for.

        `app` is the id of the SSO app. Raises what a reading raises; what is not read to its end is to be closed.
        """
        with self._listings(app) as listings:
            yield from listings.pages(kind)

    def changed(self, since: str) -> Iterator[ChangedPage]:
        """The users whose profile or status changed since a time of Okta's, page by page."""
        with self._listings("") as listings:
            for users in listings.changed(since):
                yield ChangedPage(users, listings.began())

    def allowed(self, kind: ListingKind) -> int | None:
        """How many requests a minute may be made of the bucket of a listing; None where nobody limits them."""
        allowance = self.budget().get(BUCKETS[kind])
        return None if allowance is None else allowance.allowed

    def budget(self) -> dict[str, Allowance]:
        """What may be asked of each of Okta's buckets that this process has drawn on, by idsync's name for it."""
        return {} if self._remembered is None else self._remembered.allowances(self._org_url, self._share)

    @contextmanager
    def _listings(self, app: str) -> Iterator[Listings]:
        requester = self._requester()
        try:
            client = OktaClient(requester, authorizer_for(self._credential, self._scopes(), requester))
            yield Listings(client, Endpoints(self._org_url), self._selection, app, partial(self._began, requester))
        finally:
            requester.close()

    def push_mappings(self, app: str) -> PushMappings:
        """Which groups Okta pushes to an app, and as which.

        Nothing is known where Okta has no such listing or the credential may not see it. Raises SourceError.
        """
        requester = self._requester()
        try:
            client = OktaClient(requester, authorizer_for(self._credential, self._scopes(), requester))
            return read_push_mappings(client, Endpoints(self._org_url), app)
        finally:
            requester.close()

    def catalogue(self) -> Catalogue:
        """List groups and apps by name, without members and assignments."""
        requester = self._requester()
        groups: list[ListedGroup] = []
        apps: list[ListedApp] = []

        def list_groups() -> None:
            for page in client.rows(endpoints.groups(), Group, pass_over):
                groups.extend(ListedGroup(row.id, row.profile.name, row.type) for row in page)

        def list_apps() -> None:
            for page in client.rows(endpoints.apps(), App, pass_over):
                apps.extend(ListedApp(row.id, row.label, row.status) for row in page)

        def tell() -> None:
            self._progress("groups", len(groups), 0)
            self._progress("apps", len(apps), 0)
            self._tell_waits(requester)

        try:
            with Workers({"groups": 1, "apps": 1}, requester.give_up) as workers:
                scopes: tuple[OAuthScope, ...] = ("okta.groups.read", "okta.apps.read")
                client = OktaClient(requester, authorizer_for(self._credential, scopes, requester))
                endpoints = Endpoints(self._org_url)
                workers.submit("groups", list_groups)
                workers.submit("apps", list_apps)
                workers.drain(tell)
        finally:
            requester.close()
        return Catalogue(tuple(sorted(groups)), tuple(sorted(apps)))

    def _show(self, reader: OrganizationReader, requester: Requester) -> None:
        reader.show(self._progress)
        self._tell_waits(requester)

    def _tell_waits(self, requester: Requester) -> None:
        for bucket, seconds in requester.waits().items():
            self._progress(Wait(bucket), seconds, 0)

    def _log_client(self, requester: Requester) -> OktaClient:
        """A client that may read the System Log, if the credential may; other requests do not depend on that scope."""
        return OktaClient(requester, authorizer_for(self._credential, ("okta.logs.read",), requester))

    def _requester(self, *, in_bulk: bool = False) -> Requester:
        """Requests in bulk, as those are that ask for nobody by id, leave room for others of this process, where there
        may be any.
        """
        in_bulk = in_bulk and self._remembered is not None
        return Requester(self._org_url, self._share, self._transport, self._timing, self._remembered, in_bulk=in_bulk)

    def _scopes(self) -> tuple[OAuthScope, ...]:
        scopes: tuple[OAuthScope, ...] = ("okta.users.read", "okta.apps.read")
        return (*scopes, "okta.groups.read") if self._selection.needs_groups else scopes

    def _began(self, requester: Requester) -> str:
        """When a reading began; by the local clock, where a server sends no Date. Okta always does."""
        moment = self._timing.wall() if requester.heard_at is None else requester.heard_at
        return format_time(datetime.fromtimestamp(moment, UTC))

    def _snapshot(self, reader: OrganizationReader, began: str) -> Snapshot:
        assert reader.app is not None  # noqa: S101 - the reading ends with it or raises
        return Snapshot(
            format_version=FORMAT_VERSION,
            org_url=self._org_url,
            app_id=reader.app.id,
            app_label=reader.app.label,
            taken_at=began,
            complete=True,
            users=[user for _, user in sorted(reader.users.items())],
            groups=[group for _, group in sorted(reader.groups.items())],
            apps=[app for _, app in sorted(reader.apps.items())],
            unassigned=reader.unassigned(),
            left_as_is=[row for _, row in sorted(reader.left_as_is.items())],
        )


def _read_all(reader: OrganizationReader, known: Collection[str], workers: Workers, tick: Callable[[], None]) -> None:
    reader.begin()
    workers.drain(tick)
    reader.look_up(known)
    workers.drain(tick)
    reader.confirm(known)
    workers.drain(tick)


def _read_part(
    reader: OrganizationReader,
    users: Collection[str],
    lists: Collection[str],
    workers: Workers,
    tick: Callable[[], None],
) -> None:
    """A few people and lists, with as many requests as there are of them."""
    reader.begin_part(users, lists)
    workers.drain(tick)
    reader.look_up(users)
    reader.read_apps_asked()
    workers.drain(tick)


def _without_unread(reader: OrganizationReader, users: frozenset[str], lists: frozenset[str]) -> Extent:
    """What was read of these people and lists. Raises why nothing was."""
    unread = reader.unread
    read = Extent(users - unread.keys(), lists - unread.keys())
    if unread and not read.users and not read.lists:
        raise next(iter(unread.values()))
    return read
