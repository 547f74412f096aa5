"""What enrollment asks of an organization: the SSO app, found or made, its groups and its metadata."""

from collections.abc import Iterable
from typing import Protocol

import msgspec


class NewApp(msgspec.Struct, frozen=True):
    """A SAML app to be made. `groups` is the attribute that tells groups, `attributes` others: name, profile's name."""

    label: str
    acs_url: str
    audience: str
    groups: str
    attributes: tuple[tuple[str, str], ...] = ()


class SamlApp(msgspec.Struct, frozen=True):
    """An app of the organization, where it sends people who sign in, and the attributes by which it tells of them:
    None where it does not say.
    """

    id: str
    label: str
    is_active: bool
    is_saml: bool
    acs_url: str | None = None
    audience: str | None = None
    attributes: frozenset[str] | None = None


class SsoApps(Protocol):
    """The apps of an organization. Raises AuthorizationError, which names what is missing, and SourceError."""

    def check_may_read(self) -> None:
        """See that the credential has what reading takes."""

    def check_may_write(self) -> None:
        """See that the credential may make and assign apps; no request of this writes."""

    def app(self, app: str) -> SamlApp:
        """The app of an id."""

    def labelled(self, label: str) -> tuple[SamlApp, ...]:
        """Every app of a label."""

    def groups(self, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """The ids of the groups of each name."""

    def groups_of(self, app: str) -> frozenset[str]:
        """The ids of the groups that have an app."""

    def has_people(self, app: str) -> bool:
        """Whether somebody has an app, directly or through a group."""

    def create(self, app: NewApp) -> tuple[SamlApp, bool]:
        """Make an app; the one of its label that is there already, and False, where an earlier try or somebody else
        made it.
        """

    def assign(self, app: str, group: str) -> None:
        """Give an app to a group."""

    def metadata(self, app: str) -> str:
        """The SAML metadata of an app."""
