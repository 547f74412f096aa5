"""Whether Teleport's SAML connector, which a file beside the configuration holds, fits the app and the role rules."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from idsync.config.saml_connectors import Connector, mappings
from idsync.config.settings import AppById, AppByLabel, AppReference, Settings
from idsync.doctor.certificates import ends_at
from idsync.doctor.check import Check, Verdict, refused, well
from idsync.errors import IdsyncError
from idsync.model.saml_metadata import IdentityProvider, provider_of
from idsync.targets.enrolling import SamlApp, SsoApps

_WORSE = (Verdict.OK, Verdict.WARNING, Verdict.ERROR)
_SOON = timedelta(days=30)
"""So long before a certificate ends, it is told."""
_AGAIN = "`idsync enroll okta`, run again, brings it up to date; then give it to Teleport: tctl create -f {file}"
_ANOTHER = (
    "Remove it and run `idsync enroll okta`, which makes another; then give that to Teleport: tctl create -f {file}"
)


class Problem(msgspec.Struct, frozen=True):
    """What is wrong with a connector. `is_stale` is what enrollment brings up to date in one of its own; what is not
    `is_in_file` is wrong in Okta.
    """

    verdict: Verdict
    said: str
    is_stale: bool = False
    is_in_file: bool = True


def connector_checks(
    connectors: Sequence[Connector], apps: SsoApps, settings: Settings, now: datetime
) -> Iterator[Check]:
    """Compare each connector of this organization with its app. Without a file of one, nothing is checked."""
    if not connectors:
        return
    try:
        app = _app(apps, settings.integration.app)
        provider = provider_of(apps.metadata(app.id)) if app is not None else None
    except IdsyncError as error:
        yield refused("connector", error)
        return
    if app is None:
        return  # what is wrong with the app is said of the app
    for connector in connectors:
        if _is_about(connector, provider):
            yield _check(connector, app, provider, settings, now)


def _app(apps: SsoApps, reference: AppReference) -> SamlApp | None:
    match reference:
        case AppById(id=app):
            return apps.app(app)
        case AppByLabel(label=label):
            return next((app for app in apps.labelled(label) if app.is_active), None)


def _is_about(connector: Connector, provider: IdentityProvider | None) -> bool:
    """Whether a connector is Okta's: another identity provider's may lie there as well."""
    if connector.is_made_here or connector.app is not None:
        return True
    return provider is not None and _provider(connector) == provider


def _provider(connector: Connector) -> IdentityProvider | None:
    return None if connector.metadata is None else provider_of(connector.metadata)


def _check(
    connector: Connector, app: SamlApp, provider: IdentityProvider | None, settings: Settings, now: datetime
) -> Check:
    problems = [
        *_addressed(connector, app),
        *_signed(connector, provider),
        *_lasting(connector, provider, now),
        *_mapped(connector, app, settings),
    ]
    if not problems:
        return well("connector", f"{connector.file} fits the app {app.label!r} and the role rules.")
    worst = max((each.verdict for each in problems), key=_WORSE.index)
    told = " ".join(each.said for each in problems)
    in_file = [each for each in problems if each.is_in_file]
    if in_file:
        renewed = connector.is_made_here and all(each.is_stale for each in in_file)
        told = f"{told} {(_AGAIN if renewed else _ANOTHER).format(file=connector.file)}"
    return Check("connector", worst, f"{connector.file}: {told}")


def _addressed(connector: Connector, app: SamlApp) -> Iterator[Problem]:
    """Whether it is for the same app, and answers go where it takes them."""
    if connector.app is None:
        yield Problem(Verdict.WARNING, "It does not say for which app it is (label teleport.internal/okta-app-id).")
    elif connector.app != app.id:
        yield Problem(
            Verdict.ERROR,
            f"It points to the app {connector.app}, and the configuration goes by {app.id} ({app.label!r}): people "
            "sign in by one app and are managed by the other. Name the same app in both.",
        )
    for what, here, there in (
        ("address (acs)", connector.acs_url, app.acs_url),
        ("audience", connector.audience, app.audience),
    ):
        if here is not None and there is not None and here != there:
            yield Problem(
                Verdict.ERROR,
                f"Its {what} is {here}, and the app's is {there}: Teleport refuses each sign-in. Correct the one that "
                "is wrong, here or in Okta (General, SAML Settings, Edit).",
                is_in_file=False,
            )


def _signed(connector: Connector, provider: IdentityProvider | None) -> Iterator[Problem]:
    """Whether it believes those who sign, and sends people where they can sign in."""
    held = _provider(connector)
    if connector.metadata is None or provider is None or held == provider:
        return
    if held is None:
        yield Problem(Verdict.ERROR, "Its entity_descriptor is not SAML metadata: nobody can sign in.", is_stale=True)
    elif not held.certificates & provider.certificates:
        said = "Okta signs with a certificate that it does not hold: Teleport refuses each sign-in."
        yield Problem(Verdict.ERROR, said, is_stale=True)
    elif held.entity != provider.entity:
        said = f"It takes answers of {held.entity}, and Okta's issuer is {provider.entity}."
        yield Problem(Verdict.ERROR, said, is_stale=True)
    else:
        said = "Okta's metadata has changed since (certificates, or where people sign in)."
        yield Problem(Verdict.WARNING, said, is_stale=True)


def _lasting(connector: Connector, provider: IdentityProvider | None, now: datetime) -> Iterator[Problem]:
    """Whether a certificate by which it believes Okta has not ended, nor ends soon."""
    held = _provider(connector)
    shared = frozenset[str]() if held is None or provider is None else held.certificates & provider.certificates
    ends = [end for each in shared if (end := ends_at(each)) is not None]
    if not ends or len(ends) < len(shared) or max(ends) > now + _SOON:
        return
    is_over = max(ends) <= now
    what = "ended on {}: Teleport refuses each sign-in" if is_over else "ends on {}: Teleport refuses sign-ins then"
    yield Problem(
        Verdict.ERROR if is_over else Verdict.WARNING,
        f"Okta's signing certificate {what.format(max(ends).date())}. Make another in Okta (the app, Sign On, SAML "
        "Signing Certificates: Generate new certificate, then Activate), run `idsync enroll okta` again, which puts it "
        f"into the file, and give that to Teleport: tctl create -f {connector.file}",
        is_in_file=False,
    )


def _mapped(connector: Connector, app: SamlApp, settings: Settings) -> Iterator[Problem]:
    """Whether people get by it what the role rules say."""
    if connector.mappings != mappings(settings):
        said = "Its attributes_to_roles are not those of the role rules: people get others at sign-in."
        yield Problem(Verdict.WARNING, said, is_stale=True)
    untold = sorted(set(connector.attributes) - app.attributes) if app.attributes is not None else []
    if untold:
        yield Problem(
            Verdict.WARNING,
            f"It looks at {', '.join(untold)}, which the app does not tell. Add that to the app's attribute statements "
            "in Okta (General, SAML Settings, Edit).",
            is_in_file=False,
        )
