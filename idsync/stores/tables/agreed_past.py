"""What is agreed on about people beyond what a target holds, in tables by Okta id and by name."""

from collections.abc import Collection, Iterable

from idsync.model.agreed_past import NOTHING_PAST, AgreedPast, EndedMembership, FormerName, LiftedLock
from idsync.stores.tables.connection import Connection, Question
from idsync.stores.tables.names import asked
from idsync.stores.tables.remembered import Remembered
from idsync.stores.tables.statements import Statements

_SQL = Statements("agreed_past.sql")


class PastTable:
    """The past of one target; each write is kept at once, or with the transaction that is open."""

    def __init__(self, connection: Connection, target: str) -> None:
        self._connection = connection
        self._target = target
        self._any: Remembered[str, bool] = Remembered(connection)

    def find(self, people: Collection[str] | None, names: Collection[str]) -> AgreedPast:
        """All of it, or what is about these people or names."""
        with self._connection.reading():
            if not self._any.get("", self._has_any):
                return NOTHING_PAST
            if people is None:
                former = self._connection.rows(_SQL["former_names"], (self._target,))
                lifted = self._connection.rows(_SQL["lifted_locks"], (self._target,))
                ended = self._connection.rows(_SQL["ended_memberships"], (self._target,))
            else:
                ids = asked(people)
                former = self._connection.rows(_SQL["former_names_of"], (self._target, ids, asked(names)))
                lifted = self._connection.rows(_SQL["lifted_locks_of"], (self._target, ids))
                ended = self._connection.rows(_SQL["ended_memberships_of"], (self._target, ids))
        return AgreedPast(
            tuple(FormerName(name, okta_id, until, bool(by_hand)) for name, okta_id, until, by_hand in former),
            tuple(LiftedLock(*row) for row in lifted),
            tuple(EndedMembership(*row) for row in ended),
        )

    def _has_any(self) -> bool:
        ((found,),) = self._connection.rows(*self.question())
        return bool(found)

    def question(self) -> Question:
        """What is asked before anything else: whether there is any."""
        return Question(_SQL["any_past"], (self._target,))

    def put(self, past: AgreedPast) -> None:
        """Keep these, in place of what was known under the same keys."""
        self._any.forget()
        target = self._target
        former = [(target, each.name, each.okta_id, each.until, int(each.by_hand)) for each in past.former]
        with self._connection.writing():
            self._connection.run_many(_SQL["put_former_name"], former)
            self._connection.run_many(
                _SQL["put_lifted_lock"], [(target, each.okta_id, each.event, each.at) for each in past.lifted]
            )
            self._connection.run_many(
                _SQL["put_ended_membership"],
                [(target, each.access_list, each.okta_id, each.expires) for each in past.ended],
            )

    def delete(self, past: AgreedPast, access_lists: Iterable[str]) -> None:
        """Forget these, and every membership that ended in these lists; what is not there is not an error."""
        target = self._target
        with self._connection.writing():
            self._connection.run_many(
                _SQL["delete_former_name"], [(target, each.name, each.okta_id) for each in past.former]
            )
            self._connection.run_many(_SQL["delete_lifted_lock"], [(target, each.okta_id) for each in past.lifted])
            self._connection.run_many(
                _SQL["delete_ended_membership"], [(target, each.access_list, each.okta_id) for each in past.ended]
            )
            self._connection.run_many(_SQL["delete_ended_memberships"], [(target, name) for name in access_lists])
