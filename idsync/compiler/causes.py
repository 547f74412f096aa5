"""What of Okta a reason points to."""

from idsync.model.directory import UpstreamCause
from idsync.model.identity import IdentityUser


def user_cause(user: IdentityUser) -> UpstreamCause:
    """The Okta user as a cause."""
    return UpstreamCause("user", user.id, user.username)
