"""Who is where as a consequence: the members of groups, and the users of apps, direct and by group."""

from collections.abc import Iterable
from typing import Any

from tests.okta_simulator.objects import App, AppUser, DirectAssignment, Group, GroupAssignment, User
from tests.okta_simulator.state import State


class Effective(State):
    """The part of an organization that answers who is where, now."""

    @property
    def everyone(self) -> Group:
        """The built-in group of all users."""
        return next(group for group in self.groups.values() if group.everyone)

    def has_member(self, group: Group, user: User) -> bool:
        if group.everyone:
            return user.status != "DEPROVISIONED" or self.switches.everyone_has_deprovisioned
        return user.id in group.members

    def member_ids(self, group: Group) -> list[str]:
        """The members' ids, ascending; deactivated users stay members."""

        def members() -> Iterable[str]:
            if not group.everyone:
                return group.members
            return [user.id for user in self.users.values() if self.has_member(group, user)]

        return self.kept(f"members {group.id}", members)

    def groups_of(self, user: User) -> list[Group]:
        """The groups of a user, by id."""
        return [self.groups[key] for key in self.group_ids if self.has_member(self.groups[key], user)]

    def apps_of_group(self, group: Group) -> list[App]:
        return [app for app in self.apps.values() if group.id in app.groups]

    def assigned_ids(self, app: App) -> list[str]:
        """The ids of the app's users, direct or by group, ascending."""

        def assigned() -> Iterable[str]:
            found = set(app.users)
            for assignment in self._group_assignments(app):
                members = self.member_ids(self.groups[assignment.group])
                found.update(key for key in members if self.users[key].status != "DEPROVISIONED")
            return found

        return self.kept(f"assigned {app.id}", assigned)

    def app_user(self, app: App, user: User) -> AppUser | None:
        """The app's row of a user, or None when the user does not have the app."""
        direct = app.users.get(user.id)
        conveying = None
        if user.status != "DEPROVISIONED":
            groups = (item for item in self._group_assignments(app) if self.has_member(self.groups[item.group], user))
            conveying = min(groups, key=lambda item: item.priority, default=None)
        if direct is None and conveying is None:
            return None
        return self._row(app, user, direct, conveying)

    def apps_of(self, user: User) -> list[App]:
        """The apps that a user has, direct or by group."""
        return [app for app in self.apps.values() if self.app_user(app, user) is not None]

    def _group_assignments(self, app: App) -> list[GroupAssignment]:
        # Deactivating an app takes away what groups brought; direct assignments stay.
        return list(app.groups.values()) if app.status == "ACTIVE" else []

    def _row(self, app: App, user: User, direct: DirectAssignment | None, conveying: GroupAssignment | None) -> AppUser:
        mapped = {ours: user.profile[theirs] for ours, theirs in app.profile_mapping.items() if theirs in user.profile}
        if conveying is not None:
            mapped |= conveying.profile
        if direct is not None:
            created, updated = direct.created, direct.last_updated
            mapped = mapped if direct.profile is None else direct.profile
        else:
            assert conveying is not None
            joined = self.groups[conveying.group].members.get(user.id, user.created)
            created = updated = max(joined, conveying.last_updated)
        shown_by_group = direct is None or (conveying is not None and self.switches.both_assignments_scope == "GROUP")
        status, sync_state, external_id = self._provisioning(app, user, created)
        return AppUser(
            user=user,
            app=app,
            scope="GROUP" if shown_by_group else "USER",
            group=conveying.group if shown_by_group and conveying is not None else None,
            user_name=(direct.user_name if direct is not None else None) or user.login,
            profile=mapped,
            created=created,
            last_updated=updated,
            status=status,
            sync_state=sync_state,
            external_id=external_id,
        )

    def _provisioning(self, app: App, user: User, since: int) -> tuple[Any, Any, str | None]:
        if "PUSH_NEW_USERS" not in app.features:
            return "ACTIVE", "DISABLED", None
        if self.clock() * 1000 < since + app.provisioning_seconds * 1000:
            return "STAGED", "SYNCING", None
        if app.provisioning_fails:
            return "STAGED", "ERROR", None
        return "PROVISIONED", "SYNCHRONIZED", f"ext-{user.id}"
