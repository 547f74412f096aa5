"""What a source is asked when somebody wants to know whether it can be read: one cheap request for each question."""

from collections.abc import Mapping
from typing import Literal, Protocol

import msgspec

from idsync.model.okta_access import Allowance, Powers, Scope

Listed = Literal["users", "groups", "apps"]


class FoundApp(msgspec.Struct, frozen=True):
    """The app whose people have access, and what Okta does by it beside signing in (`features`, by Okta's names of
    them): None where Okta does not say.
    """

    id: str
    label: str
    features: frozenset[str] | None = None


class Probe(Protocol):
    """An organization that is tried out. Every question raises what reading raises: AuthenticationError where the
    credential is not accepted, AuthorizationError where it may not do this, SourceError where nothing answers.
    """

    def reach(self) -> None:
        """See that Okta answers at the organization's address, without a credential."""

    def sign_in(self) -> str:
        """See that the credential is accepted; whose it is."""

    def knows_scopes(self) -> bool:
        """Whether the credential is granted scopes; else it may what the account behind it may."""

    def take_scope(self, scope: Scope) -> None:
        """See that a token with one scope is given, where the credential knows scopes."""

    def is_bound(self) -> bool | None:
        """Whether Okta binds the tokens to a key (DPoP); None where the credential has no tokens of that kind."""

    def sees(self, kind: Listed) -> bool:
        """Whether at least one object of a kind is seen."""

    def sso_app(self) -> FoundApp:
        """The app that the configuration names."""

    def sees_people_of(self, app: str) -> bool:
        """Whether at least one person of an app is seen."""

    def read_log(self) -> None:
        """Read one event of the System Log."""

    def powers(self) -> Powers:
        """The admin roles behind the credential."""

    def read_group_rules(self) -> None:
        """Read the first of the rules that fill groups."""

    def read_group_roles(self) -> None:
        """Read which admin roles one group conveys."""

    def ahead(self) -> float | None:
        """By how many seconds Okta's clock is ahead of this machine's; None before it was heard."""

    def allowances(self) -> Mapping[str, Allowance]:
        """What is left of each bucket that was drawn on, by idsync's name for it."""
