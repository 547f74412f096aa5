"""What every table of a store holds, whatever the database, so that a store can be copied from one to another."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from idsync.stores.tables.connection import Row, Value


class Table(NamedTuple):
    """A table by its name, with its columns."""

    name: str
    columns: tuple[str, ...]


TABLES = (
    Table("names", ("id", "name")),
    Table("users", ("id", "name", "org", "okta_id", "twin_key", "fingerprint")),
    Table("locks", ("name", "user", "ends", "fingerprint")),
    Table("access_lists", ("id", "name", "org", "fingerprint", "member_count", "members_sum")),
    Table("plain_resources", ("address", "org", "fingerprint")),
    Table("list_owners", ("list_id", "name_id")),
    Table("membership_details", ("id", "body")),
    Table("members", ("list_id", "name_id", "details_id")),
    Table("directory", ("id", "serial", "pushes", "details_cleared")),
    Table("owned_counts", ("org", "people", "memberships", "access_lists", "app_groups")),
    Table("differences", ("address", "agreed", "entry")),
    Table("agreed_objects", ("target", "address", "fingerprint")),
    Table("agreed_members", ("target", "list_id", "name_id", "details_id")),
    Table("former_names", ("target", "name", "okta_id", "until", "by_hand")),
    Table("lifted_locks", ("target", "okta_id", "event", "at")),
    Table("ended_memberships", ("target", "access_list", "okta_id", "expires")),
    Table("bodies", ("fingerprint", "body")),
    Table("journal", ("sequence", "entry_count", "run", "event", "entries", "chain")),
    Table("journal_end", ("id", "sequence", "chain")),
    Table("runs", ("number", "plan", "started_at", "first_sequence", "finished")),
    Table("leases", ("name", "token", "holder", "ends")),
    Table("facts", ("key", "value")),
    Table("cache", ("key", "value")),
    Table("upstream", ("id", "head")),
    Table("upstream_ids", ("number", "okta_id")),
    Table("upstream_users", ("number", "username", "twin_key", "status", "body")),
    Table("upstream_away", ("number", "status")),
    Table("upstream_lists", ("number", "kind", "name", "body")),
    Table("upstream_members", ("list", "member")),
    Table("upstream_links", ("app", "conveyed_by")),
    Table(
        "pushed_users",
        (
            "number",
            "id",
            "username",
            "twin_key",
            "okta_id",
            "external_id",
            "active",
            "body",
            "version",
            "created",
            "modified",
            "push",
        ),
    ),
    Table(
        "pushed_groups",
        (
            "number",
            "id",
            "title",
            "twin_key",
            "list_id",
            "external_id",
            "body",
            "version",
            "created",
            "modified",
            "push",
        ),
    ),
    Table("pushed_members", ("group_number", "user_number", "details")),
    Table("scim_tokens", ("id", "digest", "body")),
)
"""Every table, each after those that it refers to. A test holds them equal to the tables of each database."""
SINGLE = frozenset({"directory", "journal_end"})
"""Those that have their one row from the beginning."""


class Contents(Protocol):
    """Whole tables of a database."""

    def read(self, table: Table) -> Iterator[Row]:
        """Every row, with the columns in their order."""

    def count(self, table: Table) -> int:
        """How many rows there are."""

    def fill(self, table: Table, rows: Iterable[Sequence[Value]]) -> None:
        """Put rows into a table, which has none but its first; needs a transaction."""


def listed(table: Table) -> str:
    """The columns of a table in their order, as a statement names them."""
    return ", ".join(f'"{column}"' for column in table.columns)
