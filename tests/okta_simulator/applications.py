"""Apps: creation, life cycle, and who has them, directly and by group."""

from typing import Any, Literal

from tests.okta_simulator.errors import APP, OktaError, invalid, not_found, wrong_status
from tests.okta_simulator.groupings import Groupings, group_target
from tests.okta_simulator.objects import (
    App,
    DirectAssignment,
    Group,
    GroupAssignment,
    Profile,
    PushMapping,
    Target,
    User,
)
from tests.okta_simulator.people import user_target
from tests.okta_simulator.state import exclusively

DEFAULT_MAPPING = {"email": "email", "firstName": "firstName", "lastName": "lastName"}


def app_target(app: App) -> Target:
    return Target(app.id, "AppInstance", app.label, app.label)


class Applications(Groupings):
    """The part of an organization that changes apps and their assignments."""

    def app(self, identifier: str) -> App:
        """The app of that id or label; KeyError when there is none."""
        if identifier in self.apps:
            return self.apps[identifier]
        found = next((app for app in self.apps.values() if app.label == identifier), None)
        if found is None:
            raise KeyError(identifier)
        return found

    @exclusively
    def add_app(
        self,
        label: str,
        *,
        name: str | None = None,
        sign_on_mode: str = "SAML_2_0",
        features: tuple[str, ...] = (),
        settings: dict[str, Any] | None = None,
        profile_mapping: dict[str, str] | None = None,
        provisioning_seconds: float = 0.0,
        active: bool = True,
        id: str | None = None,
    ) -> App:
        """Create an app; a custom one gets a generated name. A label in use is an OktaError."""
        self.check_label(label)
        moment = self.now()
        app = App(
            id or self.new_id("0oa"),
            name or self._generated_name(label),
            label,
            sign_on_mode,
            "ACTIVE" if active else "INACTIVE",
            moment,
            moment,
            features,
            settings or {},
            DEFAULT_MAPPING if profile_mapping is None else profile_mapping,
            provisioning_seconds=provisioning_seconds,
        )
        self.apps[app.id] = app
        self.restructure()
        self.log("application.lifecycle.create", "Create application", app_target(app))
        return app

    def check_label(self, label: str, owner: App | None = None) -> None:
        """Refuse a label that is empty, too long, or that another app than its owner has."""
        if not label or len(label) > 100:
            raise invalid("label", "The field must have 1 to 100 characters")
        if any(app.label == label and app is not owner for app in self.apps.values()):
            raise OktaError(400, "E0000040", f"Application label must not be the same as another existing one: {label}")

    def _generated_name(self, label: str) -> str:
        """The name of a custom app: organization, label and a number, which counts names of the same beginning."""
        plain = "".join(letter for letter in label.lower() if letter.isalnum())
        beginning = f"{self.subdomain.replace('-', '')}_{plain}_"
        self.names[beginning] += 1
        return f"{beginning}{self.names[beginning]}"

    @exclusively
    def update_app(self, app: App, *, label: str, settings: dict[str, Any] | None = None) -> None:
        """Give the app another label, which may be another's too, and other settings if there are some."""
        app.label = label
        app.settings = app.settings if settings is None else settings
        app.last_updated = self.now()
        self.restructure()
        self.log("application.lifecycle.update", "Update application", app_target(app))

    @exclusively
    def renew_key(self, app: App) -> None:
        """Sign what people sign in with by another key from now on, as an administrator does with a new certificate."""
        app.keys += 1
        app.last_updated = self.now()
        self.log("application.lifecycle.update", "Update application", app_target(app))

    @exclusively
    def activate_app(self, app: App) -> None:
        self._switch(app, active=True)

    @exclusively
    def deactivate_app(self, app: App) -> None:
        """INACTIVE: assignments by group go, direct ones stay."""
        self._switch(app, active=False)

    @exclusively
    def delete_app(self, app: App) -> None:
        """Remove an INACTIVE app."""
        if app.status == "ACTIVE":
            raise OktaError(self.switches.active_app_deletion_status, "E0000056", "Delete application forbidden.")
        del self.apps[app.id]
        self.restructure()
        self.log("application.lifecycle.delete", "Delete application", app_target(app))

    def _switch(self, app: App, *, active: bool) -> None:
        app.status = "ACTIVE" if active else "INACTIVE"
        app.last_updated = self.now()
        self.restructure()
        verb = "activate" if active else "deactivate"
        self.log(f"application.lifecycle.{verb}", f"{verb.capitalize()} application", app_target(app))

    @exclusively
    def assign_user(
        self, app: App, user: User, *, user_name: str | None = None, profile: Profile | None = None
    ) -> DirectAssignment:
        """Give a user the app directly; a second time updates user name and profile."""
        if user.status == "DEPROVISIONED":
            raise wrong_status("a deactivated user cannot be assigned")
        moment = self.now()
        assignment = app.users.get(user.id)
        had = self.app_user(app, user) is not None
        self.replaces("users", app.id, user.id, assignment)
        if assignment is None:
            assignment = DirectAssignment(user.id, moment, moment)
            app.users[user.id] = assignment
        assignment.last_updated = moment
        assignment.user_name = user_name if user_name is not None else assignment.user_name
        assignment.profile = profile if profile is not None else assignment.profile
        self.restructure()
        verb, message = ("update", "Update user's application") if had else ("add", "Add user to application")
        self.log(f"application.user_membership.{verb}", f"{message} membership", app_target(app), user_target(user))
        return assignment

    @exclusively
    def unassign_user(self, app: App, user: User) -> None:
        """Take a direct assignment away; E0000046 when a group brings the app too."""
        row = self.app_user(app, user)
        if row is None:
            raise KeyError(user.id)
        held = [item for item in app.groups.values() if self.has_member(self.groups[item.group], user)]
        if held and app.status == "ACTIVE":
            raise OktaError(
                403,
                "E0000046",
                "Deactivate application for user forbidden.",
                "The application cannot be unassigned from the user while their group memberships grant them access",
            )
        self.replaces("users", app.id, user.id, app.users[user.id])
        del app.users[user.id]
        self.restructure()
        message = "Remove user's application membership"
        self.log("application.user_membership.remove", message, app_target(app), user_target(user))

    @exclusively
    def assign_group(
        self, app: App, group: Group, *, priority: int | None = None, profile: Profile | None = None
    ) -> GroupAssignment:
        """Give the app to all members of a group; a second time updates priority and profile."""
        if app.status != "ACTIVE":
            raise not_found(app.id, APP)  # so it is seen to answer for an app that is there but inactive
        moment = self.now()
        known = app.groups.get(group.id)
        if priority is None:
            highest = max((item.priority for item in app.groups.values()), default=-1)
            priority = highest + 1 if known is None else known.priority
        kept = {} if known is None else known.profile
        assignment = GroupAssignment(group.id, priority, moment, kept if profile is None else profile)
        had = set(self.assigned_ids(app))
        self.replaces("groups", app.id, group.id, known)
        app.groups[group.id] = assignment
        self.restructure()
        verb = "add" if known is None else "update"
        message = f"{verb.capitalize()} assigned application to group"
        self.log(f"group.application_assignment.{verb}", message, app_target(app), group_target(group))
        self._log_brought(app, had)
        return assignment

    @exclusively
    def map_pushed_group(
        self, app: App, group: Group, target: str | None, *, status: Literal["ACTIVE", "INACTIVE", "ERROR"] = "ACTIVE"
    ) -> PushMapping:
        """Push a group to an app, where it is `target`; None before the app has answered."""
        moment = self.now()
        pushed = None if target is None else moment
        mapping = PushMapping(self.new_id("gPm"), group.id, target, status, moment, moment, pushed)
        app.push_mappings[mapping.id] = mapping
        return mapping

    @exclusively
    def unassign_group(self, app: App, group: Group) -> None:
        """Take the app from a group; KeyError when it was not assigned."""
        had = set(self.assigned_ids(app))
        self.replaces("groups", app.id, group.id, app.groups[group.id])
        del app.groups[group.id]
        self.restructure()
        message = "Remove assigned application from group"
        self.log("group.application_assignment.remove", message, app_target(app), group_target(group))
        self._log_brought(app, had)

    def _log_brought(self, app: App, had: set[str]) -> None:
        """Log whom a change of the app's groups has brought it, and from whom it has taken it."""
        have = set(self.assigned_ids(app))
        for key in sorted(have ^ had):
            verb, way = ("add", "Add user to") if key in have else ("remove", "Remove user from")
            message = f"{way} application membership"
            self.log(f"application.user_membership.{verb}", message, app_target(app), user_target(self.users[key]))
