"""People as upstream facts have them: those with the app, and the Okta status of those without it."""

from collections.abc import Collection, Iterable, Mapping

from idsync.model.names import twin_key
from idsync.stores.tables.connection import Connection, Listed, Question, Row
from idsync.stores.tables.names import about, asked, rows_about
from idsync.stores.tables.remembered import Remembered
from idsync.stores.tables.statements import Statements

_SQL = Statements("upstream.sql")

Known = tuple[bytes | None, str | None]
"""The body of somebody with the app, and the status of somebody without it; neither of whom nothing is known."""


class UpstreamNumbers:
    """Numbers of Okta ids: every id has one for good."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, ids: Iterable[str]) -> Listed:
        """Give a number to each Okta id that has none; needs a transaction. The ids, each once."""
        listed = asked(sorted(set(ids)))
        if listed:
            self._connection.run(_SQL["add_upstream_ids"], (listed,))
        return listed

    def of(self, ids: Iterable[str]) -> dict[str, int]:
        """The number of each Okta id, new ones being given; needs a transaction."""
        listed = self.add(ids)
        return dict(self._connection.rows(_SQL["upstream_numbers"], (listed,))) if listed else {}


class UpstreamPeople:
    """Rows of people by Okta id; writes need a transaction."""

    def __init__(self, connection: Connection, numbers: UpstreamNumbers) -> None:
        self._connection = connection
        self._numbers = numbers
        self._known: Remembered[str, Known] = Remembered(connection)
        self._usernames: Remembered[str, str | None] = Remembered(connection)

    def all(self) -> tuple[dict[str, bytes], dict[str, str]]:
        """The bodies of everybody with the app, and the status of everybody without it, by Okta id."""
        return dict(self._connection.rows(_SQL["upstream_users"])), dict(self._connection.rows(_SQL["upstream_away"]))

    def of(self, users: Collection[str]) -> tuple[dict[str, bytes], dict[str, str]]:
        """The same of these people."""
        found = self._known.get_all(users, self._read)
        bodies = {user: body for user, (body, _) in found.items() if body is not None}
        return bodies, {user: status for user, (_, status) in found.items() if status is not None}

    def questions(self, users: Collection[str]) -> list[Question]:
        """What is asked for these people."""
        return [about(_SQL["upstream_people_of"], users)]

    def usernames(self, users: Collection[str]) -> frozenset[str]:
        """The user names of these people, as far as they have the app."""
        found = self._usernames.get_all(users, self._read_usernames)
        return frozenset(name for name in found.values() if name is not None)

    def _read_usernames(self, users: list[str]) -> dict[str, str | None]:
        rows = rows_about(self._connection, _SQL["upstream_usernames_of"], users)
        return {**dict.fromkeys(users), **dict(rows)}

    def put(self, users: Collection[tuple[str, str, str, bytes]], gone: Collection[str]) -> None:
        """Write people with the app (Okta id, user name, status, body), and remove who has it no more."""
        self._numbers.add(okta_id for okta_id, *_ in users)
        for okta_id, body in [*((okta_id, body) for okta_id, *_, body in users), *dict.fromkeys(gone).items()]:
            self._known.change(okta_id, lambda known, body=body: (body, known[1]))  # type: ignore[misc]
        self._usernames.note({**dict.fromkeys(gone), **{okta_id: name for okta_id, name, *_ in users}})
        rows = [(name, twin_key(name), status, body, okta_id) for okta_id, name, status, body in users]
        self._connection.run_many(_SQL["put_upstream_user"], rows)
        self._connection.run_many(_SQL["delete_upstream_user"], [(okta_id,) for okta_id in gone])

    def put_away(self, away: Mapping[str, str], gone: Collection[str]) -> None:
        """Write the status of people without the app, and remove who has none any more."""
        self._numbers.add(away)
        for okta_id, status in [*away.items(), *dict.fromkeys(gone).items()]:
            self._known.change(okta_id, lambda known, status=status: (known[0], status))  # type: ignore[misc]
        rows = [(status, okta_id) for okta_id, status in away.items()]
        self._connection.run_many(_SQL["put_upstream_away"], rows)
        self._connection.run_many(_SQL["delete_upstream_away"], [(okta_id,) for okta_id in gone])

    def _read(self, users: list[str]) -> dict[str, Known]:
        rows: list[Row] = rows_about(self._connection, _SQL["upstream_people_of"], users)
        found: dict[str, Known] = dict.fromkeys(users, (None, None))
        found.update((user, (body, status)) for user, body, status in rows)
        return found
