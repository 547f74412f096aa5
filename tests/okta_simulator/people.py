"""Users: creation, profile, and the life cycle with its consequences for groups, apps and the log."""

from typing import Any

from tests.okta_simulator.effective import Effective
from tests.okta_simulator.errors import OktaError, invalid, wrong_status
from tests.okta_simulator.objects import Profile, Target, User, UserStatus
from tests.okta_simulator.state import exclusively


def user_target(user: User) -> Target:
    name = " ".join(str(user.profile.get(part) or "") for part in ("firstName", "lastName")).strip()
    return Target(user.id, "User", user.login, name or user.login)


class People(Effective):
    """The part of an organization that changes users."""

    def user(self, identifier: str) -> User:
        """The user of that id or login; KeyError when there is none."""
        known = self.logins.get(identifier.casefold())
        return self.users[identifier if known is None else known]

    @exclusively
    def add_user(
        self,
        login: str,
        *,
        status: UserStatus = "ACTIVE",
        profile: Profile | None = None,
        id: str | None = None,
    ) -> User:
        """Create a user; names come from the login unless the profile gives them. A login in use is an OktaError."""
        if not login or len(login) > 100:
            raise invalid("login", "The field must have 1 to 100 characters")
        if login.casefold() in self.logins:
            raise invalid("login", "An object with this field already exists in the current organization")
        words = [word.capitalize() for word in login.split("@")[0].replace(".", " ").split()] or ["Nameless"]
        base: Profile = {"firstName": words[0], "lastName": words[-1], "login": login, "email": login}
        moment = self.now()
        key = id or self.new_id("00u")
        self.remember("user", key)
        user = User(key, status, base | (profile or {}), moment, moment, status_changed=moment)
        if status not in ("STAGED", "PROVISIONED"):
            user.activated = user.password_changed = moment
        self.put_user(user)
        if self.switches.everyone_moves_membership:
            self._everyone_moved()
        self.log("user.lifecycle.create", "Create okta user", user_target(user))
        self.follow_rules(user)
        return user

    @exclusively
    def update_user(self, user: User, /, **attributes: Any) -> None:
        """Change profile attributes; None takes one away. A new `login` renames the user."""
        login = attributes.get("login", user.login)
        if self.logins.get(login.casefold(), user.id) != user.id:
            raise invalid("login", "An object with this field already exists in the current organization")
        self.remember("user", user.id)
        del self.logins[user.login.casefold()]
        merged = user.profile | attributes
        user.profile = {name: value for name, value in merged.items() if value is not None}
        self.logins[user.login.casefold()] = user.id
        user.last_updated = self.now()
        user.revision += 1
        self.log("user.account.update_profile", "Update user profile for Okta", user_target(user))
        self.follow_rules(user)

    @exclusively
    def activate(self, user: User) -> None:
        """STAGED or DEPROVISIONED becomes PROVISIONED; old memberships take effect again."""
        if user.status not in ("STAGED", "DEPROVISIONED"):
            raise OktaError(403, "E0000016", "Activation failed because the user is already active")
        again = user.status == "DEPROVISIONED"
        self._move(user, "PROVISIONED", "reactivate" if again else "activate", "Activate Okta user")
        user.activated = user.status_changed

    @exclusively
    def reactivate(self, user: User) -> None:
        """Start the activation of a PROVISIONED user over."""
        if user.status != "PROVISIONED":
            raise wrong_status("the user is not in the status PROVISIONED")
        self._move(user, "PROVISIONED", "reactivate", "Reactivate Okta user")

    @exclusively
    def set_password(self, user: User) -> None:
        """The person sets a password: PROVISIONED, RECOVERY and PASSWORD_EXPIRED become ACTIVE."""
        if user.status not in ("PROVISIONED", "RECOVERY", "PASSWORD_EXPIRED", "ACTIVE"):
            raise wrong_status(f"a user in the status {user.status} cannot set a password")
        self._move(user, "ACTIVE", None, "User update password for Okta")
        user.password_changed = user.last_updated = self.now()

    @exclusively
    def suspend(self, user: User) -> None:
        """ACTIVE becomes SUSPENDED; memberships and apps stay."""
        if user.status != "ACTIVE":
            raise invalid("suspend", "Cannot suspend a user that is not active")
        self._move(user, "SUSPENDED", "suspend", "Suspend Okta user")

    @exclusively
    def unsuspend(self, user: User) -> None:
        """SUSPENDED becomes ACTIVE."""
        if user.status != "SUSPENDED":
            raise invalid("unsuspend", "Cannot unsuspend a user that is not suspended")
        self._move(user, "ACTIVE", "unsuspend", "Unsuspend Okta user")

    @exclusively
    def lock_out(self, user: User) -> None:
        """ACTIVE becomes LOCKED_OUT, as too many wrong passwords do it."""
        if user.status != "ACTIVE":
            raise wrong_status("only an active user can be locked out")
        self._move(user, "LOCKED_OUT", None, "Max sign in attempts exceeded")
        self.log("user.account.lock", "Max sign in attempts exceeded", user_target(user))

    @exclusively
    def unlock(self, user: User) -> None:
        """LOCKED_OUT becomes ACTIVE."""
        if user.status != "LOCKED_OUT":
            raise wrong_status("the user is not locked out")
        self._move(user, "ACTIVE", None, "Unlock user account")
        self.log("user.account.unlock_by_admin", "Unlock user account", user_target(user))

    @exclusively
    def expire_password(self, user: User) -> None:
        """The password expires: PASSWORD_EXPIRED."""
        self._move(user, "PASSWORD_EXPIRED", None, "Expire password")

    @exclusively
    def reset_password(self, user: User) -> None:
        """A reset is under way: RECOVERY."""
        self._move(user, "RECOVERY", None, "Reset password")

    @exclusively
    def sign_in(self, user: User) -> None:
        """A login moves lastLogin alone."""
        user.last_login = self.now()
        user.revision += 1
        self.log("user.session.start", "User login to Okta", user_target(user))

    @exclusively
    def deactivate(self, user: User) -> None:
        """DEPROVISIONED: app assignments go, group memberships stay."""
        if user.status == "DEPROVISIONED":
            raise wrong_status("the user is deactivated already")
        apps = self.apps_of(user)
        self._move(user, "DEPROVISIONED", "deactivate", "Deactivate Okta user")
        for app in apps:
            self.replaces("users", app.id, user.id, app.users.pop(user.id, None))
            instance = Target(app.id, "AppInstance", app.label, app.label)
            self.log(
                "application.user_membership.remove",
                "Remove user's application membership",
                instance,
                user_target(user),
            )
        self.restructure()

    @exclusively
    def delete_user(self, user: User) -> None:
        """Remove a DEPROVISIONED user for good: the row is gone from every list."""
        if user.status != "DEPROVISIONED":
            raise wrong_status("only a deactivated user can be deleted")
        self.log("user.lifecycle.delete.initiated", "Delete Okta user initiated", user_target(user))
        self.remember("user", user.id)
        moment = self.now()
        for group in self.groups.values():
            if user.id not in group.members:
                continue
            self.remember("group", group.id)
            del group.members[user.id]
            if self.switches.hard_delete_moves_membership:
                group.last_membership_updated = moment
        if self.switches.everyone_moves_membership:
            self._everyone_moved()
        for app in self.apps.values():
            app.users.pop(user.id, None)
        del self.users[user.id]
        del self.logins[user.login.casefold()]
        self.user_ids.remove(user.id)
        self.restructure()
        self.log("user.lifecycle.delete.completed", "Delete Okta user completed", user_target(user))

    def follow_rules(self, user: User) -> None:
        """Apply the active group rules to a user; the part that knows groups fills this in."""

    def _move(self, user: User, status: UserStatus, event: str | None, message: str) -> None:
        self.remember("user", user.id)
        moment = self.now()
        user.status = status
        user.status_changed = moment
        user.revision += 1
        if self.switches.status_change_moves_last_updated:
            user.last_updated = moment
        if self.switches.status_change_moves_membership:
            for group in self.groups_of(user):
                if not group.everyone or self.switches.everyone_moves_membership:
                    self.remember("group", group.id)
                    group.last_membership_updated = moment
        self.restructure()
        if event is not None:
            self.log(f"user.lifecycle.{event}", message, user_target(user))

    def _everyone_moved(self) -> None:
        self.remember("group", self.everyone.id)
        self.everyone.last_membership_updated = self.now()
