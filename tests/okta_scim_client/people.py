"""What Okta knows of the app: who is assigned to it, which groups are pushed, and how that went."""

from dataclasses import dataclass, field
from enum import Enum


class State(Enum):
    """How far a person's provisioning is."""

    STAGED = "STAGED"
    PROVISIONED = "PROVISIONED"
    ERROR = "ERROR"


@dataclass
class Assigned:
    """A person of the organization, and their place in the app."""

    okta_id: str
    username: str
    profile: dict[str, str]
    assigned: bool = False
    enabled: bool = True
    """Whether their Okta account is neither deactivated nor deleted."""
    state: State = State.STAGED
    scim_id: str | None = None

    @property
    def is_pushed(self) -> bool:
        """Whether the app knows them, and they may be in pushed groups."""
        return self.scim_id is not None and self.assigned and self.enabled and self.state is State.PROVISIONED


@dataclass
class Group:
    """A group of the organization; pushed when it has a SCIM id."""

    name: str
    members: set[str] = field(default_factory=set)
    """Okta ids."""
    scim_id: str | None = None
    pushed: set[str] = field(default_factory=set)
    """Okta ids of those whom the app was told of."""
