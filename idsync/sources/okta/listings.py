"""Okta's listings page by page and without members: what is followed where its log cannot be.

Each is as many requests as it has pages. Nobody is gone because a listing lacks them; that is asked about by id.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from idsync.model.identity import IdentityApp, IdentityGroup, IdentityUser
from idsync.model.odd_rows import name_fault
from idsync.model.rows import Row
from idsync.okta.client import OktaClient
from idsync.okta.endpoints import Endpoints
from idsync.okta.request import Bucket
from idsync.okta.wire import App, AppUser, ChangedUser, Group
from idsync.sources.okta.decode import OddPerson, identity_app, identity_group, identity_user
from idsync.sources.okta.selection import Selection
from idsync.sources.protocol import ListedPage, ListingKind

BUCKETS: Mapping[ListingKind, Bucket] = {"people": "apps", "groups": "groups", "apps": "apps"}
"""What each listing is charged to."""
Found = IdentityUser | IdentityGroup | IdentityApp


class Listings:
    """The listings of one organization. Each method raises what a reading raises."""

    def __init__(
        self, client: OktaClient, endpoints: Endpoints, selection: Selection, app: str, began: Callable[[], str]
    ) -> None:
        """`app` is the id of the SSO app; `began` tells when the first page was answered, by Okta's clock."""
        self.began = began
        self._client = client
        self._endpoints = endpoints
        self._selection = selection
        self._app = app
        self._odd: set[str] = set()
        self._nameless = False

    def pages(self, kind: ListingKind) -> Iterator[ListedPage]:
        """The pages of a listing."""
        of_kind: dict[ListingKind, Callable[[], Iterator[Iterable[Found]]]] = {
            "people": self._people,
            "groups": self._groups,
            "apps": self._apps,
        }
        for rows in of_kind[kind]():
            yield self._page(rows)
        if self._odd or self._nameless:  # the last page's odd rows are told once it is read
            yield self._page(())

    def changed(self, since: str) -> Iterator[dict[str, str]]:
        """When each user was changed who was since a time, by id; of one that cannot be read, nothing."""
        odd = list[str]()
        request = self._endpoints.users_changed(since)
        for page in self._client.rows(request, ChangedUser, lambda row, _: odd.append(row.id)):
            yield {row.id: row.changed for row in page}
        yield dict.fromkeys(filter(None, odd), "")

    def _people(self) -> Iterator[Iterable[Found]]:
        for page in self._client.rows(self._endpoints.pool(self._app), AppUser, self._is_odd):
            yield [found for row in page if (found := self._person(row)) is not None]

    def _person(self, row: AppUser) -> IdentityUser | None:
        try:
            found = None if row.user is None else identity_user(row, row.user)
        except OddPerson:
            found = None
        if found is None:
            self._odd.add(row.id)
        return found

    def _groups(self) -> Iterator[Iterable[Found]]:
        for page in self._client.rows(self._endpoints.groups(), Group, self._is_odd):
            self._odd.update(group.id for group in page if name_fault(group.profile.name))
            wanted = self._selection.groups([group for group in page if not name_fault(group.profile.name)])
            yield [identity_group(group, ()) for group in wanted]

    def _apps(self) -> Iterator[Iterable[Found]]:
        for page in self._client.rows(self._endpoints.apps(), App, self._is_odd):
            self._odd.update(app.id for app in page if name_fault(app.label))
            wanted = self._selection.apps([app for app in page if not name_fault(app.label)], self._app)
            yield [identity_app(app, (), ()) for app in wanted]

    def _is_odd(self, row: Row, error: Exception) -> None:
        del error
        if row.id:
            self._odd.add(row.id)
        else:
            self._nameless = True

    def _page(self, rows: Iterable[Found]) -> ListedPage:
        odd, nameless = frozenset(self._odd), self._nameless
        self._odd.clear()
        self._nameless = False
        return ListedPage(tuple(rows), odd, nameless)


def kinds_of(selection: Selection) -> tuple[ListingKind, ...]:
    """The listings that say something about what is wanted."""
    groups: tuple[ListingKind, ...] = ("groups",) if selection.needs_groups else ()
    apps: tuple[ListingKind, ...] = ("apps",) if selection.lists else ()
    return (*groups, *apps, "people")
