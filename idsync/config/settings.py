"""What a configuration means: frozen values that the rest of the program reads, with the place each rule was written.

Durations are whole seconds. Patterns and templates are compiled. Defaults are those of the published schema.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property

import msgspec

from idsync.config.digest import digest_of
from idsync.config.guards import Guards, NamedPerson, stricter
from idsync.config.patterns import NameFilter, NamePattern
from idsync.config.secret_references import SecretReference
from idsync.config.service import Service
from idsync.config.templates import Template
from idsync.diagnostics import Position
from idsync.model.org_urls import spelled_with_port

HOUR = 3600
DEFAULT_STORE = "sqlite:///idsync.db"


class ApiToken(msgspec.Struct, frozen=True):
    """Okta's own API tokens (SSWS)."""

    token: SecretReference


class OAuth(msgspec.Struct, frozen=True):
    """An Okta API Services app that signs in with a private key."""

    client_id: str
    private_key: SecretReference
    key_id: str | None = None


Authentication = ApiToken | OAuth


class AppById(msgspec.Struct, frozen=True):
    """The SSO app, by its Okta id."""

    id: str


class AppByLabel(msgspec.Struct, frozen=True):
    """The SSO app, by the label that administrators see."""

    label: str


AppReference = AppById | AppByLabel


class OktaSource(msgspec.Struct, frozen=True):
    """Identities are read from Okta's API."""


class SnapshotSource(msgspec.Struct, frozen=True):
    """Identities are read from a snapshot file; the path, as written, is relative to the configuration's directory."""

    path: str


class ScimSource(msgspec.Struct, frozen=True):
    """Identities are what Okta pushed over SCIM."""


Source = OktaSource | SnapshotSource | ScimSource
PUSHED_APP = "scim"
"""The id of the SSO app where only pushes tell of people: everybody who is pushed is assigned."""


class LocalTarget(msgspec.Struct, frozen=True):
    """Access is kept in tables of the store."""


Target = LocalTarget


class SyncSwitches(msgspec.Struct, frozen=True):
    """Which kinds are managed; one that is off is neither read nor changed."""

    users: bool = True
    access_lists: bool = True
    app_groups: bool = False
    bidirectional: bool = False
    scim: bool = False
    pull: bool = True
    """Whether Okta's API is read for people and groups; without, pushes alone tell of them."""


class SuspendedPeople(StrEnum):
    """What becomes of a person whom Okta has suspended."""

    LOCK = "lock"
    IGNORE = "ignore"
    DELETE = "delete"


class EmptyLists(StrEnum):
    """What becomes of an access list without members upstream."""

    DELETE = "delete"
    KEEP = "keep"


class DefaultRole(msgspec.Struct, frozen=True):
    """A role that every user has."""

    name: str
    position: Position


class Owner(msgspec.Struct, frozen=True):
    """A person who owns a new access list."""

    name: str
    position: Position


class TraitSettings(msgspec.Struct, frozen=True):
    """Which profile attributes become traits, and under which prefix."""

    prefix: str = "okta/"
    attributes: NameFilter = NameFilter(include=(NamePattern("*"),))

    def hides(self, trait: str) -> bool:
        """Whether no profile attribute is shown as this trait, whatever people have of it."""
        prefix = self.prefix
        return not trait.startswith(prefix) or not self.attributes.selects(trait[len(prefix) :])


class UserSettings(msgspec.Struct, frozen=True):
    """How users are made. `adopt` names foreign users that may be taken over."""

    default_roles: tuple[DefaultRole, ...]
    suspended: SuspendedPeople = SuspendedPeople.LOCK
    traits: TraitSettings = TraitSettings()
    adopt: frozenset[str] = frozenset()
    adopt_written: tuple[NamedPerson, ...] = ()


class LockSettings(msgspec.Struct, frozen=True):
    """How long a leaver's lock lasts: `ttl + margin` seconds; no `ttl` (None) is for ever."""

    ttl: int | None = 30 * HOUR
    margin: int = HOUR


class Integration(msgspec.Struct, frozen=True):
    """The organization, how it is read, and how users and locks are made of it."""

    name: str
    org_url: str
    app: AppReference
    users: UserSettings
    position: Position
    authentication: Authentication | None = None
    source: Source = OktaSource()
    store: str | SecretReference = DEFAULT_STORE
    store_position: Position | None = None
    target: Target = LocalTarget()
    sync: SyncSwitches = SyncSwitches()
    locks: LockSettings = LockSettings()
    empty_lists: EmptyLists = EmptyLists.DELETE
    interval: int = 30 * 60
    rate_limit_share: int = 50
    former_org_urls: tuple[str, ...] = ()
    """Earlier addresses of the same organization."""

    @property
    def pulls(self) -> bool:
        """Whether people are read somewhere; else pushes alone tell of them."""
        return not isinstance(self.source, ScimSource) and self.sync.pull

    def reads_as(self, other: Integration) -> bool:
        """Whether one reading answers both: the same people of the same organization, read with the same credential."""
        return (self.org_url, self.app, self.source, self.authentication, self.pulls) == (
            other.org_url,
            other.app,
            other.source,
            other.authentication,
            other.pulls,
        )

    @property
    def pushed_app(self) -> str:
        """The SSO app of what is pushed, as snapshots name it."""
        return self.app.id if isinstance(self.app, AppById) else ""

    @property
    def former_addresses(self) -> frozenset[str]:
        """Every address that objects of this organization may be labelled with, but for the present one.

        Earlier versions kept a port that is the scheme's own.
        """
        written = {self.org_url, *self.former_org_urls}
        return frozenset(written | set(map(spelled_with_port, written))) - {self.org_url}


class ImportFilters(msgspec.Struct, frozen=True):
    """Which groups, by name, and which apps, by label, become access lists."""

    groups: NameFilter = NameFilter()
    apps: NameFilter = NameFilter()


class TraitRule(msgspec.Struct, frozen=True):
    """Roles for those who have a trait (literal name, prefix included) with a value that matches."""

    trait: str
    value: NamePattern
    roles: tuple[Template, ...]
    position: Position


class GroupRule(msgspec.Struct, frozen=True):
    """Roles for the members of every group whose name matches."""

    group: NamePattern
    roles: tuple[Template, ...]
    position: Position


RoleRule = TraitRule | GroupRule


class ListSubject(StrEnum):
    """What an access list is made of."""

    GROUP = "group"
    APP = "app"


class TraitGrant(msgspec.Struct, frozen=True):
    """A trait that an access list grants, with its values."""

    name: Template
    values: tuple[Template, ...]


class AccessListRule(msgspec.Struct, frozen=True):
    """What the imported lists of matching groups or apps say and grant. What is None keeps Okta's own words."""

    subject: ListSubject
    pattern: NamePattern
    position: Position
    title: Template | None = None
    description: Template | None = None
    owners: tuple[Template, ...] = ()
    roles: tuple[Template, ...] = ()
    traits: tuple[TraitGrant, ...] = ()
    both_ways: bool | None = None
    """Whether memberships of these lists go to Okta; None where the rule does not say."""


class NamedId(msgspec.Struct, frozen=True):
    """An Okta id that the configuration names, and where."""

    id: str
    position: Position


class LabelTemplate(msgspec.Struct, frozen=True):
    """A label that a rule gives: its name as it is, its value with captures."""

    name: str
    value: Template


class ImportRule(msgspec.Struct, frozen=True):
    """Labels for the apps and groups that any of these filters and ids takes.

    Where two rules set one label, the higher `priority` wins, and of equals the one that stands first.
    """

    priority: int
    labels: tuple[LabelTemplate, ...]
    position: Position
    apps: tuple[NamePattern, ...] = ()
    groups: tuple[NamePattern, ...] = ()
    app_ids: tuple[NamedId, ...] = ()
    group_ids: tuple[NamedId, ...] = ()


class Settings(msgspec.Struct, frozen=True, dict=True):
    """Everything that a configuration says. Rules stand in the order in which they apply."""

    integration: Integration
    default_owners: tuple[Owner, ...] = ()
    filters: ImportFilters = ImportFilters()
    role_rules: tuple[RoleRule, ...] = ()
    access_list_rules: tuple[AccessListRule, ...] = ()
    import_rules: tuple[ImportRule, ...] = ()
    guards: Guards = Guards()
    service: Service = Service()
    places: tuple[tuple[str, Position], ...] = ()
    """Where settings stand that decide what is safe, by their names; of one that is not written, what it belongs to."""
    in_force: Guards | None = None
    """The guards that are in force before this configuration is; None where none are known."""

    @cached_property
    def digest(self) -> str:
        """`sha256:…` over what the configuration means, whatever its layout, comments, secrets and store."""
        return digest_of(self)

    @cached_property
    def limits(self) -> Guards:
        """The guards to judge by: an edit of the configuration is not judged by what it loosens itself."""
        return stricter(self.in_force, self.guards)

    def place_of(self, setting: str) -> Position:
        """Where a setting stands; the Integration document for one that has no place."""
        return next((place for name, place in self.places if name == setting), self.integration.position)
