"""What happens in the organization, and what Okta then pushes to the app."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.okta_scim_client.client import GROUP, OktaScimClient, Refused
from tests.okta_scim_client.people import Assigned, Group, State
from tests.okta_scim_client.quirks import Dialect, Switches


@dataclass
class Engine:
    """One app of one organization. `tasks` are failures that an administrator has to see to."""

    client: OktaScimClient
    dialect: Dialect = Dialect.PUT
    switches: Switches = field(default_factory=Switches)
    people: dict[str, Assigned] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    tasks: list[str] = field(default_factory=list)

    def person(self, okta_id: str, username: str, **profile: str) -> Assigned:
        """Somebody of the organization, not yet assigned."""
        self.people[okta_id] = Assigned(okta_id, username, {"email": username, **profile})
        return self.people[okta_id]

    def assign(self, person: Assigned) -> None:
        """The app is assigned, or assigned again: found by name and linked, else created."""
        person.assigned = person.enabled = True
        if self.switches.create:
            self._tried(person, lambda: self._provision(person))

    def provision(self, person: Assigned) -> None:
        """An administrator asks for somebody to be pushed who was assigned before provisioning was on."""
        self._tried(person, lambda: self._provision(person))

    def change_profile(self, person: Assigned, **profile: str) -> None:
        """Attributes change; `username` renames."""
        person.username = profile.pop("username", person.username)
        person.profile.update(profile)
        if self.switches.update and person.is_pushed:
            body = self.client.user_body(person)
            body.pop("password")
            body.pop("groups")
            self._tried(person, lambda: self.client.replace("Users", str(person.scim_id), body))

    def unassign(self, person: Assigned) -> None:
        """The app is taken away; the account stays."""
        self._withdraw(person)
        person.assigned = False

    def deactivate(self, person: Assigned) -> None:
        """The account is deactivated, which takes the app away too: one write all the same."""
        self._withdraw(person)
        person.assigned = person.enabled = False

    def suspend(self, person: Assigned) -> None:
        """Nothing is sent."""

    def push_group(self, name: str, members: list[Assigned]) -> Group:
        """A group is pushed for the first time: found by name and linked, else created."""
        group = self.groups.setdefault(name, Group(name))
        group.members = {person.okta_id for person in members}
        self._noted(lambda: self._push(group))
        return group

    def change_members(
        self, group: Group, *, joined: tuple[Assigned, ...] = (), left: tuple[Assigned, ...] = ()
    ) -> None:
        """People join and leave a group."""
        group.members |= {person.okta_id for person in joined}
        group.members -= {person.okta_id for person in left}
        if self.switches.push_groups and group.scim_id:
            self._noted(lambda: self._tell_members(group))

    def rename_group(self, group: Group, name: str) -> None:
        """A group is called something else."""
        group.name = name
        if not self.switches.push_groups or not group.scim_id:
            return
        if self.dialect is Dialect.PUT:
            self._noted(lambda: self.client.replace("Groups", str(group.scim_id), {"displayName": name}))
        else:
            self._noted(lambda: self.client.patch("Groups", str(group.scim_id), [self._rename(group)]))

    def push_now(self, group: Group) -> None:
        """An administrator asks for the whole group."""
        self._noted(lambda: self._push_whole(group))

    def unlink(self, group: Group, *, delete: bool) -> None:
        """A group is pushed no more, and deleted in the app or left there."""
        if delete:
            self._noted(lambda: self.client.delete("Groups", str(group.scim_id)))
        group.scim_id, group.pushed = None, set()

    def import_all(self) -> tuple[list[str], list[str]]:
        """User names and group titles that an import sees; whom it misses among the provisioned, it unassigns."""
        users = self.client.all("Users") if self.switches.import_users else []
        groups = self.client.all("Groups") if self.switches.import_groups else []
        seen = {user["id"] for user in users}
        for person in self.people.values():
            if self.switches.import_users and person.is_pushed and person.scim_id not in seen:
                person.assigned = False
        return [user["userName"] for user in users], [group["displayName"] for group in groups]

    def _provision(self, person: Assigned) -> None:
        body = self.client.user_body(person)
        found = self.client.find_user(person.username)
        if found is None:
            person.scim_id = self.client.create("Users", body)
        else:
            person.scim_id = str(found["id"])
            body.pop("groups")
            self._activate(person, body)
        person.state = State.PROVISIONED

    def _activate(self, person: Assigned, body: dict[str, object]) -> None:
        """Link somebody who is in the app already, and bring them up to date."""
        if self.dialect is Dialect.PATCH:
            self.client.patch("Users", str(person.scim_id), [self._active(person, True)])
        self.client.replace("Users", str(person.scim_id), body)

    def _withdraw(self, person: Assigned) -> None:
        if not self.switches.deactivate or not person.is_pushed:
            return
        scim_id = str(person.scim_id)
        if self.client.quirks.granular_deprovisioning:
            self._tried(person, lambda: self.client.delete("Users", scim_id))
        elif self.dialect is Dialect.PUT:
            self._tried(person, lambda: self.client.replace("Users", scim_id, {"active": False}))
        else:
            self._tried(person, lambda: self.client.patch("Users", scim_id, [self._active(person, False)]))

    def _active(self, _person: Assigned, active: bool) -> dict[str, object]:
        return {"op": "replace", "value": {"active": str(active) if self.client.quirks.active_as_text else active}}

    def _members(self, group: Group) -> list[Assigned]:
        return [self.people[okta_id] for okta_id in sorted(group.members) if self.people[okta_id].is_pushed]

    def _push(self, group: Group) -> None:
        found = self.client.find_group(group.name)
        if found is not None:
            group.scim_id = str(found["id"])
        else:
            body = {"schemas": [GROUP], "displayName": group.name, "members": self._listed(group)}
            group.scim_id = self.client.create("Groups", body)
        self._push_whole(group)

    def _push_whole(self, group: Group) -> None:
        members = self._listed(group)
        if self.dialect is Dialect.PUT:
            self.client.replace("Groups", str(group.scim_id), {"displayName": group.name, "members": members})
        else:
            whole: dict[str, object] = {"op": "replace", "path": "members", "value": members}
            operations = [whole, self._rename(group)]
            self.client.patch("Groups", str(group.scim_id), operations)
        group.pushed = {person.okta_id for person in self._members(group)}

    def _tell_members(self, group: Group) -> None:
        now = {person.okta_id for person in self._members(group)}
        if self.dialect is Dialect.PUT:
            self._push_whole(group)
            return
        gone = sorted(group.pushed - now)
        if not self.client.quirks.removes_inactive_members:
            gone = [okta_id for okta_id in gone if self.people[okta_id].is_pushed]
        operations: list[dict[str, object]] = [
            {"op": "remove", "path": f'members[value eq "{self.people[okta_id].scim_id}"]'} for okta_id in gone
        ]
        new = [self.client.member(self.people[okta_id]) for okta_id in sorted(now - group.pushed)]
        size = self.client.quirks.members_a_patch
        operations += [{"op": "add", "path": "members", "value": list(some)} for some in _batches(new, size)]
        for some in _batches(operations, size) if operations else ():
            self.client.patch("Groups", str(group.scim_id), self._with_rename(group, list(some)))
        group.pushed = now

    def _with_rename(self, group: Group, operations: list[dict[str, object]]) -> list[dict[str, object]]:
        if not self.client.quirks.rename_with_each_change:
            return operations
        rename = self._rename(group)
        return [rename, *operations] if self.client.quirks.rename_first else [*operations, rename]

    def _rename(self, group: Group) -> dict[str, object]:
        return {"op": "replace", "value": {"id": group.scim_id, "displayName": group.name}}

    def _listed(self, group: Group) -> list[dict[str, object]]:
        return [self.client.member(person) for person in self._members(group)]

    def _tried(self, person: Assigned, act: Callable[[], object]) -> None:
        try:
            act()
        except Refused as refused:
            person.state = State.ERROR if person.scim_id is None else person.state
            self.tasks.append(f"{person.username}: {refused}")

    def _noted(self, act: Callable[[], object]) -> None:
        try:
            act()
        except Refused as refused:
            self.tasks.append(str(refused))


def _batches(items: list[dict[str, object]], size: int) -> list[list[dict[str, object]]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
