"""Groups: creation, profile, membership, and the rules that bring members."""

from tests.okta_simulator import rule_language
from tests.okta_simulator.errors import OktaError, forbidden, invalid, wrong_status
from tests.okta_simulator.objects import (
    SYSTEM,
    App,
    AppUser,
    Group,
    GroupRule,
    GroupType,
    Profile,
    RoleAssignment,
    Target,
    User,
)
from tests.okta_simulator.people import People, user_target
from tests.okta_simulator.permissions import Role
from tests.okta_simulator.state import exclusively


def group_target(group: Group) -> Target:
    return Target(group.id, "UserGroup", "unknown", group.name)


class Groupings(People):
    """The part of an organization that changes groups and their members."""

    def group(self, identifier: str) -> Group:
        """The group of that id or name; KeyError when there is none."""
        if identifier in self.groups:
            return self.groups[identifier]
        found = next((group for group in self.groups.values() if group.name == identifier), None)
        if found is None:
            raise KeyError(identifier)
        return found

    @exclusively
    def add_group(
        self,
        name: str,
        *,
        description: str | None = None,
        members: tuple[User, ...] | list[User] = (),
        type: GroupType = "OKTA_GROUP",
        profile: Profile | None = None,
        source_app: App | None = None,
        id: str | None = None,
    ) -> Group:
        """Create a group with members. A name in use is an OktaError."""
        if not name or len(name) > 255:
            raise invalid("name", "The field must have 1 to 255 characters")
        if type == "OKTA_GROUP" and any(group.name == name for group in self.groups.values()):
            raise OktaError(409, "E0000055", f"Duplicate group: {name}")
        moment = self.now()
        key = id or self.new_id("00g")
        self.remember("group", key)
        base: Profile = {"name": name, "description": description}
        changed = moment if self.switches.creation_sets_membership else self.created
        group = Group(key, type, base | (profile or {}), moment, moment, changed)
        group.source_app = None if source_app is None else source_app.id
        self.put_group(group)
        self.log("group.lifecycle.create", "Create Okta group", group_target(group))
        for user in members:
            self.join(group, user)
        return group

    @exclusively
    def update_group(self, group: Group, /, **attributes: object) -> None:
        """Change the group's profile; this moves lastUpdated and not lastMembershipUpdated."""
        if group.type != "OKTA_GROUP":
            raise forbidden()
        self.remember("group", group.id)
        group.profile = group.profile | attributes
        group.last_updated = self.now()
        self.log("group.profile.update", "Update group profile", group_target(group))

    @exclusively
    def delete_group(self, group: Group) -> None:
        """Remove a group with its memberships and assignments; no timestamp anywhere shows it."""
        if group.type == "BUILT_IN":
            raise forbidden()
        self.remember("group", group.id)
        for app in self.apps_of_group(group):
            del app.groups[group.id]
        del self.groups[group.id]
        self.group_ids.remove(group.id)
        self.restructure()
        self.log("group.lifecycle.delete", "Delete Okta group", group_target(group))

    @exclusively
    def add_member(self, group: Group, user: User) -> None:
        """Put a user into an OKTA_GROUP, as the API does it."""
        if group.type != "OKTA_GROUP":
            raise forbidden()
        self.join(group, user)

    @exclusively
    def remove_member(self, group: Group, user: User) -> None:
        """Take a user out of an OKTA_GROUP, as the API does it; a rule that brought them then excepts them."""
        if group.type != "OKTA_GROUP":
            raise forbidden()
        managing = [rule for rule in self.rules.values() if (group.id, user.id) in rule.brought]
        if managing and self.switches.removal_of_ruled_member == "refused":
            raise forbidden()
        for rule in managing:
            rule.brought.discard((group.id, user.id))
            if self.switches.removal_of_ruled_member == "excepted":
                rule.excluded_users |= {user.id}
        self.part(group, user)

    @exclusively
    def join(self, group: Group, user: User) -> None:
        """A user joins a group by whatever way (an import for an APP_GROUP); a member already is left as is."""
        if group.everyone or user.id in group.members:
            return
        before = {app.id: self.app_user(app, user) for app in self.apps_of_group(group)}
        self.remember("group", group.id)
        moment = self.now()
        self._replaces_member(group, user)
        group.members[user.id] = moment
        group.last_membership_updated = moment
        self.restructure()
        self.log("group.user_membership.add", "Add user to group membership", group_target(group), user_target(user))
        self._log_conveyed(user, before)

    @exclusively
    def part(self, group: Group, user: User) -> None:
        """A user leaves a group by whatever way."""
        if user.id not in group.members:
            return
        before = {app.id: self.app_user(app, user) for app in self.apps_of_group(group)}
        self.remember("group", group.id)
        self._replaces_member(group, user)
        del group.members[user.id]
        group.last_membership_updated = self.now()
        self.restructure()
        self.log(
            "group.user_membership.remove", "Remove user from group membership", group_target(group), user_target(user)
        )
        self._log_conveyed(user, before)

    def _replaces_member(self, group: Group, user: User) -> None:
        self.replaces("moved", group.id, "", group.last_membership_updated)
        self.replaces("members", group.id, user.id, group.members.get(user.id))

    def _log_conveyed(self, user: User, before: dict[str, AppUser | None]) -> None:
        for key, row in before.items():
            app = self.apps[key]
            has = self.app_user(app, user) is not None
            if has is (row is not None):
                continue
            verb = "add" if has else "remove"
            instance = Target(app.id, "AppInstance", app.label, app.label)
            message = f"{verb.capitalize()} user {'to' if has else 'from'} application membership"
            self.log(f"application.user_membership.{verb}", message, instance, user_target(user))

    # -- rules

    @exclusively
    def add_rule(
        self, name: str, expression: str, groups: list[Group], *, excluded_users: frozenset[str] = frozenset()
    ) -> GroupRule:
        """Create an INACTIVE rule."""
        if not name or len(name) > 50:
            raise invalid("name", "The field must have 1 to 50 characters")
        moment = self.now()
        targets = tuple(group.id for group in groups)
        rule = GroupRule(self.new_id("0pr"), name, expression, targets, moment, moment, excluded_users=excluded_users)
        self.rules[rule.id] = rule
        self.changes += 1
        return rule

    @exclusively
    def activate_rule(self, rule: GroupRule) -> None:
        """Apply the rule to everybody; one that cannot be read becomes INVALID."""
        rule.last_updated = self.now()
        try:
            rule_language.parse(rule.expression)
        except ValueError as problem:
            rule.status = "INVALID"
            raise invalid("expression", str(problem)) from problem
        rule.status = "ACTIVE"
        with self.acting(SYSTEM):
            for user in list(self.users.values()):
                self._follow(rule, user)

    @exclusively
    def deactivate_rule(self, rule: GroupRule) -> None:
        """Stop the rule; members it brought stay."""
        rule.status = "INACTIVE"
        rule.last_updated = self.now()

    @exclusively
    def delete_rule(self, rule: GroupRule, *, remove_users: bool = False) -> None:
        """Remove an INACTIVE rule, and the members it brought when asked."""
        if rule.status == "ACTIVE":
            raise wrong_status("the rule is active")
        del self.rules[rule.id]
        if remove_users:
            for group, user in sorted(rule.brought):
                if group in self.groups and user in self.users:
                    self.part(self.groups[group], self.users[user])

    def follow_rules(self, user: User) -> None:
        with self.acting(SYSTEM):
            for rule in list(self.rules.values()):
                if rule.status == "ACTIVE":
                    self._follow(rule, user)

    @exclusively
    def grant_role(self, group: Group, role: Role) -> RoleAssignment:
        """Let a group convey an admin role to its members."""
        assignment = RoleAssignment(self.new_id("gra"), role, self.now())
        group.roles[assignment.id] = assignment
        self.log("group.privilege.grant", "Grant group privilege", group_target(group))
        return assignment

    @exclusively
    def revoke_role(self, group: Group, assignment: RoleAssignment) -> None:
        """Take an admin role from a group."""
        del group.roles[assignment.id]
        self.log("group.privilege.revoke", "Revoke group privilege", group_target(group))

    def _follow(self, rule: GroupRule, user: User) -> None:
        groups = frozenset(group.id for group in self.groups_of(user))
        wanted = rule_language.parse(rule.expression)(user, groups) and user.id not in rule.excluded_users
        for key in rule.groups:
            group = self.groups.get(key)
            if group is None or group.type != "OKTA_GROUP":
                continue
            if wanted:
                # A member by hand whom the rule wants too is the rule's from now on.
                rule.brought.add((key, user.id))
                self.join(group, user)
            elif not wanted and (key, user.id) in rule.brought:
                rule.brought.discard((key, user.id))
                self.part(group, user)
