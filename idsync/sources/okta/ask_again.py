"""Asks once more, each by itself, about groups and apps that had a crowd and are empty or gone in a reading.

Nobody is believed to have lost everybody at the first word: a bad read looks the same as a group that was emptied. A
request is spent only on what emptied.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial

import msgspec

from idsync.errors import SourceError
from idsync.model.identity import LeftAsIs
from idsync.model.measures import CROWD, ListMeasure, Measures
from idsync.model.numbers import counted
from idsync.model.rows import Row
from idsync.okta.client import OktaClient
from idsync.okta.endpoints import Endpoints, askable
from idsync.okta.odd_rows import UnreadableObject
from idsync.okta.refusals import NotThere
from idsync.okta.wire import App, Assignment, Group, Member, is_direct
from idsync.sources.okta.evidence import Evidence
from idsync.sources.okta.workers import Workers

MOST_ASKED_AGAIN = 200
"""The most groups and apps that are asked about once more. More at once are for the judgement of health to doubt."""


class Read(msgspec.Struct, frozen=True):
    """What a reading found of groups and apps: how many are in each, and when the members of a group last changed.

    `settled` are those that exist and are not asked for, and those that are left as they are already.
    """

    counts: Mapping[str, int]
    stamps: Mapping[str, str]
    settled: frozenset[str]


class AskAgain:
    """The questions of one reading, and their answers: what is `confirmed`, and what is to be left as it is."""

    def __init__(
        self,
        client: OktaClient,
        endpoints: Endpoints,
        workers: Workers,
        evidence: Evidence,
        leave: Callable[[LeftAsIs], None],
    ) -> None:
        self._client = client
        self._endpoints = endpoints
        self._workers = workers
        self._evidence = evidence
        self._leave = leave
        self.confirmed: set[str] = set()
        self.inactive: set[str] = set()
        """Apps that exist and are not active."""

    def begin(self, before: Measures, read: Read) -> None:
        """Set off a question about each group and app that had a crowd and has nobody now."""
        crowds = {name: item for name, item in before.lists.items() if item.people >= CROWD}
        emptied = [name for name in crowds if name not in read.settled and not read.counts.get(name)]
        for name in askable(emptied)[:MOST_ASKED_AGAIN]:
            item = crowds[name]
            if item.kind == "app":
                again = self._emptied_app if name in read.counts else self._gone_app
                self._workers.submit("apps", partial(again, name, item))
            elif name not in read.counts:
                self._workers.submit("groups", partial(self._gone_group, name, item))
            elif before.stamp_of(name) and before.stamp_of(name) == read.stamps.get(name):
                # It cannot have lost people who are still in the organization: that would have moved the stamp.
                self._pass_over(name, item, "was read empty, though Okta says that its members did not change")
            else:
                moved = bool(before.stamp_of(name) and read.stamps.get(name))
                self._workers.submit("groups", partial(self._emptied_group, name, item, moved))

    def doubt_absence(self, absent: Iterable[str], before: Measures) -> None:
        """Leave as it is what Okta calls gone of a part, where its log knows of no deletion: a role may hide it."""
        for name in sorted(absent):
            if self._evidence.of_deletion(name) is False:
                item = before.lists.get(name, ListMeasure("group", "", "", 0))
                self._pass_over(name, item, "is not shown by its id, and Okta's log knows of no deletion")

    def _emptied_group(self, name: str, item: ListMeasure, moved: bool) -> None:
        members = 0
        try:
            for page in self._client.rows(self._endpoints.members(name), Member, _count_all):
                members += len(page)
        except NotThere:
            self._gone_group(name, item)
            return
        if members:
            self._pass_over(name, item, f"was read empty, and has {_people(members)} when asked once more")
        elif moved or self._evidence.of_removals("group", name):
            self.confirmed.add(name)

    def _gone_group(self, name: str, item: ListMeasure) -> None:
        try:
            self._client.object(self._endpoints.group(name), Group)
        except NotThere:
            self._believe_deletion(name)
        except UnreadableObject as error:
            self._leave(error.left_as_is("group", name))
        else:
            self._pass_over(name, item, "was not listed, and exists when asked by its id")

    def _emptied_app(self, name: str, item: ListMeasure) -> None:
        users = 0
        try:
            for page in self._client.rows(self._endpoints.app_users(name), Assignment, _count_all):
                users += sum(map(_may_be_direct, page))
        except NotThere:
            self._gone_app(name, item)
            return
        if users:
            self._pass_over(
                name,
                item,
                f"was read without anybody, and has {_people(users)} when asked once more",
            )
        elif self._evidence.of_removals("app", name) is not False:
            self.confirmed.add(name)

    def _gone_app(self, name: str, item: ListMeasure) -> None:
        try:
            app = self._client.object(self._endpoints.app(name), App)
        except NotThere:
            self._believe_deletion(name)
        except UnreadableObject as error:
            self._leave(error.left_as_is("app", name))
        else:
            if app.status == "ACTIVE":
                self._pass_over(name, item, "was not listed, and exists when asked by its id")
            else:
                self.inactive.add(name)

    def _believe_deletion(self, name: str) -> None:
        """Okta's own word that something does not exist is believed, unless its log can be read and knows nothing."""
        if self._evidence.of_deletion(name) is not False:
            self.confirmed.add(name)

    def _pass_over(self, name: str, item: ListMeasure, why: str) -> None:
        self._leave(LeftAsIs(item.kind or "group", name, why, "passed_over", item.name))


def _may_be_direct(row: Assignment) -> bool:
    try:
        return is_direct(row)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return True


def _count_all(row: Row, error: Exception) -> None:
    raise SourceError(
        "A row of a list that was read empty cannot be read.",
        why=f"It {row.left_as_is('group', error).why}.",
        fix="Read Okta again; if it happens again, correct the row in Okta.",
    )


def _people(number: int) -> str:
    return counted(number, "person", "people")
