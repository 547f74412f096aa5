"""The objects of an Okta organization as the simulator keeps them: mutable rows, changed only by the organization."""

from dataclasses import dataclass, field
from typing import Any, Literal

from tests.okta_simulator.permissions import Role

Profile = dict[str, Any]

UserStatus = Literal[
    "STAGED", "PROVISIONED", "ACTIVE", "PASSWORD_EXPIRED", "RECOVERY", "LOCKED_OUT", "SUSPENDED", "DEPROVISIONED"
]
GroupType = Literal["OKTA_GROUP", "APP_GROUP", "BUILT_IN"]
Scope = Literal["USER", "GROUP"]


@dataclass(slots=True, eq=False)
class User:
    """A person. `revision` counts changes, so that a rendered form can be kept until the next one."""

    id: str
    status: UserStatus
    profile: Profile
    created: int
    last_updated: int
    activated: int | None = None
    status_changed: int | None = None
    last_login: int | None = None
    password_changed: int | None = None
    revision: int = 0

    @property
    def login(self) -> str:
        return str(self.profile["login"])

    def answers(self, query: str) -> bool:
        """Does a `q=` (in folded case) find this user, by the beginning of first name, last name or email?"""
        names = ("firstName", "lastName", "email")
        return not query or any(str(self.profile.get(name, "")).casefold().startswith(query) for name in names)


@dataclass(slots=True, eq=False)
class Group:
    """A group; `members` maps a user's id to the moment of joining. Everyone keeps no members: it is all users."""

    id: str
    type: GroupType
    profile: Profile
    created: int
    last_updated: int
    last_membership_updated: int
    members: dict[str, int] = field(default_factory=dict)
    source_app: str | None = None
    everyone: bool = False
    roles: dict[str, "RoleAssignment"] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return str(self.profile["name"])


@dataclass(frozen=True, slots=True)
class RoleAssignment:
    """An admin role that a group conveys to its members."""

    id: str
    role: Role
    created: int


@dataclass(slots=True, eq=False)
class DirectAssignment:
    """A user's own assignment to an app; None for user name or profile means: as mapped from the user."""

    user: str
    created: int
    last_updated: int
    user_name: str | None = None
    profile: Profile | None = None


@dataclass(slots=True, eq=False)
class GroupAssignment:
    """A group's assignment to an app; the lowest priority number wins."""

    group: str
    priority: int
    last_updated: int
    profile: Profile = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class PushMapping:
    """A group that an app pushes: Okta's group, and the id of what it is in the app, once that was pushed."""

    id: str
    source_group: str
    target_group: str | None
    status: Literal["ACTIVE", "INACTIVE", "ERROR"]
    created: int
    last_updated: int
    last_push: int | None = None
    error: str | None = None


@dataclass(slots=True, eq=False)
class App:
    """An app instance with its assignments; `profile_mapping` gives the user attribute behind each app attribute."""

    id: str
    name: str
    label: str
    sign_on_mode: str
    status: Literal["ACTIVE", "INACTIVE"]
    created: int
    last_updated: int
    features: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    profile_mapping: dict[str, str] = field(default_factory=dict)
    users: dict[str, DirectAssignment] = field(default_factory=dict)
    groups: dict[str, GroupAssignment] = field(default_factory=dict)
    push_mappings: dict[str, PushMapping] = field(default_factory=dict)
    provisioning_seconds: float = 0.0
    provisioning_fails: bool = False
    keys: int = 1

    @property
    def external_key(self) -> str:
        """The identity under which it signs people in."""
        return "exk" + self.id[3:]

    @property
    def key_id(self) -> str:
        """The id of its signing key, of which there can be several, one after another."""
        return "kid-" + self.id[-8:] + (f"-{self.keys}" if self.keys > 1 else "")


@dataclass(frozen=True, slots=True)
class AppUser:
    """One effective row of an app's users, direct or by group, at this moment."""

    user: User
    app: App
    scope: Scope
    group: str | None
    user_name: str
    profile: Profile
    created: int
    last_updated: int
    status: Literal["ACTIVE", "STAGED", "PROVISIONED"]
    sync_state: Literal["DISABLED", "SYNCING", "SYNCHRONIZED", "ERROR"]
    external_id: str | None


@dataclass(slots=True, eq=False)
class EventHook:
    """Where events of some types are told. `told` is the number of the last event that was; the key is never shown."""

    id: str
    name: str
    uri: str
    header: str
    key: str
    event_types: tuple[str, ...]
    created: int
    told: int
    verified: bool = False


@dataclass(slots=True, eq=False)
class GroupRule:
    """A rule that puts the people its expression matches into groups, while ACTIVE."""

    id: str
    name: str
    expression: str
    groups: tuple[str, ...]
    created: int
    last_updated: int
    status: Literal["ACTIVE", "INACTIVE", "INVALID"] = "INACTIVE"
    excluded_users: frozenset[str] = frozenset()
    brought: set[tuple[str, str]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Target:
    """What an event is about."""

    id: str
    type: Literal["User", "UserGroup", "AppInstance", "AppUser", "AppGroup"]
    alternate_id: str
    display_name: str


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something. `token` is the id of the API token that it was done with."""

    id: str
    type: Literal["User", "PublicClientApp", "SystemPrincipal"]
    alternate_id: str
    display_name: str
    token: str | None = None


SYSTEM = Actor("unknown", "SystemPrincipal", "system@okta.com", "Okta System")


@dataclass(frozen=True, slots=True)
class LogEvent:
    """A line of the System Log. `sequence` is the order of persistence, which `published` need not follow."""

    sequence: int
    persisted: int
    uuid: str
    published: int
    event_type: str
    display_message: str
    severity: Literal["DEBUG", "INFO", "WARN", "ERROR"]
    targets: tuple[Target, ...]
    actor: Actor = SYSTEM
    transaction: str = ""
