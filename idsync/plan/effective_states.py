"""What people can use before changes and once they are made: the delta and the guard on losses both ask here."""

from datetime import datetime

from idsync.model.resources import Metadata, UserSpec
from idsync.model.resources import user as user_resource
from idsync.plan.around import NO_MEMBERSHIPS, Around
from idsync.plan.effective import Lists, Routes, effective_routes
from idsync.plan.replay import PeopleAfter
from idsync.plan.role_reach import RoleReach
from idsync.plan.touched import Touched

NOBODY = user_resource(Metadata(""), UserSpec())


class EffectiveStates:
    """Effective access before and after, made ready to be asked about one person after another."""

    def __init__(self, touched: Touched, around: Around, now: datetime) -> None:
        self._around = around
        self._now = now
        self.people_after = PeopleAfter(touched, around)
        self.lists_before = Lists(around.access_lists, around.parents, RoleReach(around.plain))
        self.lists_after = self.people_after.lists

    def before(self, person: str) -> Routes:
        """What somebody of this name can use before."""
        user = self._around.users.get(person)
        if user is None and self._around.users_known:
            return {}
        memberships = self._around.memberships.get(person, NO_MEMBERSHIPS)
        return effective_routes(user or NOBODY, memberships, self.lists_before, self._now)

    def after(self, person: str) -> Routes:
        """What somebody of this name can use once the changes are made."""
        user = self.people_after.user(person)
        if user is None and self._around.users_known:
            return {}
        return effective_routes(user or NOBODY, self.people_after.memberships(person), self.lists_after, self._now)
