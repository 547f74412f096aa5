"""What of Okta, and which setting of the configuration, a reason points to."""

from idsync.config.settings import Settings
from idsync.model.directory import ConfigCause, UpstreamCause
from idsync.model.identity import IdentityUser


def user_cause(user: IdentityUser) -> UpstreamCause:
    """The Okta user as a cause."""
    return UpstreamCause("user", user.id, user.username)


def setting_cause(settings: Settings, name: str) -> ConfigCause:
    """A setting as a cause: its line, or that of what it belongs to."""
    place = settings.place_of(name)
    return ConfigCause(place.file, place.line, place.column, name)
