"""How many users, memberships, lists, and apps with groups are ours: kept by org as they come and go."""

from idsync.stores.tables.connection import Connection, Row, Value
from idsync.stores.tables.remembered import Remembered
from idsync.stores.tables.statements import Statements

_SQL = Statements("directory.sql")
Counts = tuple[int, int, int, int]


class OwnedCounts:
    """Counts by org. Differences wait in memory until something is read, or the transaction ends."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._people: dict[str, int] = {}
        self._memberships: dict[str, int] = {}
        self._lists: dict[str, int] = {}
        self._app_groups: dict[str, int] = {}
        self._known: Remembered[str, dict[str, Counts]] = Remembered(connection)
        self._known.asked_first("", _SQL["counts"], _counts_in)
        connection.after_rollback.append(self._forget)

    def of(self, org: str) -> Counts:
        """How many users, memberships, lists, and apps with groups are ours by `org`."""
        return self._all().get(org, (0, 0, 0, 0))

    def orgs(self) -> list[str]:
        """Every org by which some user, list, app or group is ours."""
        counts = self._all().items()
        return [org for org, (people, _, lists, app_groups) in counts if people > 0 or lists > 0 or app_groups > 0]

    def memberships(self) -> int:
        """How many memberships are ours, by whatever org."""
        return sum(counts[1] for counts in self._all().values())

    def _all(self) -> dict[str, Counts]:
        self.flush()
        return self._known.get("", lambda: _counts_in(self._connection.rows(_SQL["counts"])))

    def add_people(self, org: str, number: int) -> None:
        """So many more users, or fewer; those of no org are not counted."""
        _add(self._people, org, number)

    def add_list(self, org: str, lists: int, memberships: int) -> None:
        """So many more lists and memberships in lists, or fewer."""
        _add(self._lists, org, lists)
        _add(self._memberships, org, memberships)

    def add_app_groups(self, org: str, number: int) -> None:
        """So many more apps and groups, or fewer."""
        _add(self._app_groups, org, number)

    def flush(self) -> None:
        """Write the differences that wait."""
        kinds = (self._people, self._memberships, self._lists, self._app_groups)
        if not any(kinds):
            return
        orgs = sorted({org for counts in kinds for org in counts})
        rows: list[list[Value]] = [[org, *(counts.get(org, 0) for counts in kinds)] for org in orgs]
        self._forget()
        self._known.forget()
        self._connection.run_many(_SQL["add_counts"], rows)

    def _forget(self) -> None:
        self._people.clear()
        self._memberships.clear()
        self._lists.clear()
        self._app_groups.clear()


def _counts_in(rows: list[Row]) -> dict[str, Counts]:
    return {org: (people, memberships, lists, groups) for org, people, memberships, lists, groups in rows}


def _add(counts: dict[str, int], org: str, number: int) -> None:
    if org and number:
        counts[org] = counts.get(org, 0) + number
