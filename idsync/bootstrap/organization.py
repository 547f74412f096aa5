"""The doors to one Okta organization: what reads it, tries it out, and writes in it, each signed in by itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from idsync.bootstrap.secrets import Secrets
from idsync.config.settings import Settings

if TYPE_CHECKING:
    from idsync.model.okta_access import Scope
    from idsync.okta.remembered import Remembered
    from idsync.okta.request import Requester
    from idsync.sources.okta.probe import OktaProbe
    from idsync.sources.okta.source import OktaSource
    from idsync.sources.protocol import Progress
    from idsync.targets.okta.sso_app import OktaSsoApps
    from idsync.targets.okta.writer import MembershipWriter


class Organization:
    """The organization of `settings`. Every door raises SecretError, and ConfigError where no credential is named."""

    def __init__(self, settings: Settings, secrets: Secrets) -> None:
        self._settings = settings
        self._secrets = secrets

    def reader(
        self,
        progress: "Progress",
        *,
        everything: bool,
        remembered: "Remembered | None",
        also: Settings | None,
    ) -> "OktaSource":
        """What reads it: whole with `everything`, else what the filters need, those of `also` too."""
        from idsync.sources.okta.selection import Selection
        from idsync.sources.okta.source import OktaSource

        integration = self._settings.integration
        return OktaSource(
            org_url=integration.org_url,
            app=integration.app,
            credential=self._secrets.credential(),
            selection=Selection(everything=True) if everything else Selection.of(self._settings, also),
            rate_limit_share=integration.rate_limit_share,
            progress=progress,
            remembered=remembered,
        )

    def probe(self) -> "OktaProbe":
        """What tries out the organization and the credential, to be closed. Raises SourceError too."""
        from idsync.sources.okta.probe import OktaProbe

        integration = self._settings.integration
        return OktaProbe(
            org_url=integration.org_url,
            app=integration.app,
            credential=self._secrets.credential(newest_alone=True),
            rate_limit_share=integration.rate_limit_share,
        )

    def scopes_to_read(self) -> frozenset["Scope"]:
        """The scopes that readings of this configuration need."""
        from idsync.sources.okta.selection import Selection

        needed: set[Scope] = {"okta.users.read", "okta.apps.read"}
        return frozenset(needed | ({"okta.groups.read"} if Selection.of(self._settings).needs_groups else set()))

    @contextmanager
    def writer(self) -> "Iterator[MembershipWriter]":
        """What writes memberships, and asks about groups before it does."""
        from idsync.targets.okta.writer import MembershipWriter

        with self._requester() as requester:
            yield MembershipWriter(requester, self._secrets.credential())

    @contextmanager
    def sso_apps(self) -> "Iterator[OktaSsoApps]":
        """What finds, makes and assigns the SSO app, for `enroll` alone."""
        from idsync.targets.okta.sso_app import OktaSsoApps

        with self._requester() as requester:
            yield OktaSsoApps(requester, self._secrets.credential())

    @contextmanager
    def _requester(self) -> "Iterator[Requester]":
        from idsync.okta.request import Requester, Timing

        integration = self._settings.integration
        requester = Requester(integration.org_url, integration.rate_limit_share, None, Timing())
        try:
            yield requester
        finally:
            requester.close()
