"""What Okta lets the credential do: each scope and role that the configuration needs, apart from each other."""

from collections.abc import Callable, Iterator

from idsync.doctor.check import Check, failed, refused, warned, well
from idsync.errors import AuthenticationError, AuthorizationError, IdsyncError, SourceError
from idsync.model.okta_access import MEMBERSHIPS, Scope
from idsync.sources.probing import FoundApp, Listed, Probe

MOST_APART = 120.0
"""Seconds by which clocks may differ before every plan says so (R20)."""
MUCH_TOO_FAR = 86_400.0
LITTLE_LEFT = 5
"""A bucket of which less than one in so many requests is left has little room."""
_PUSHES, _PASSWORDS = "PUSH_NEW_USERS", "PUSH_PASSWORD_UPDATES"
_TO_APP = {
    _PUSHES: "Create Users",
    "PUSH_PROFILE_UPDATES": "Update User Attributes",
    "PUSH_USER_DEACTIVATION": "Deactivate Users",
}
"""What an app that pushes people is to do, by Okta's names of it for machines and for people."""
_TRAP = (
    "Okta answers with an empty list, not with a refusal, where no admin role of the credential covers any. Give it one"
    " whose resource set holds {kind} (Read-only Administrator has all): an OAuth app on its tab Admin roles, an API"
    " token by the account that made it."
)


def okta_checks(
    probe: Probe, *, needs: frozenset[Scope], pulls_log: bool, writes: bool, pushes: bool
) -> Iterator[Check]:
    """Try what a configuration needs of Okta. `needs` are scopes of reading; with `writes` Okta is written to, too;
    with `pulls_log` the service follows the System Log; with `pushes` Okta pushes people by SCIM.

    Where nothing answers, or the credential is refused, the rest cannot be tried and is left out.
    """
    for check in (_connection(probe), _credential(probe)):
        yield check
        if check.verdict == "error":
            return
    scopes: list[Scope] = sorted(needs)
    if writes:
        scopes += ["okta.groups.manage", "okta.apps.manage"]
    granted = set(scopes)
    for scope in scopes if probe.knows_scopes() else ():
        check = _scope(probe, scope)
        if check.verdict == "error":
            granted.remove(scope)
        yield check
    kinds: tuple[tuple[Listed, Scope], ...] = (
        ("users", "okta.users.read"),
        ("groups", "okta.groups.read"),
        ("apps", "okta.apps.read"),
    )
    for kind, scope in kinds:
        if scope in granted:
            yield (check := _sees(probe, kind))
            if check.verdict == "error":
                granted.remove(scope)
    if "okta.apps.read" in granted:
        yield from _app(probe, pushes=pushes)
    if pulls_log:
        yield _log(probe)
    if writes:
        yield _may_write(probe)
        yield _rules(probe)
        yield _group_roles(probe)
    yield from _binding(probe)
    yield _clock(probe)
    yield _headroom(probe)


def _tried(check: str, attempt: Callable[[], Check]) -> Check:
    try:
        return attempt()
    except IdsyncError as error:
        return refused(check, error)


def _connection(probe: Probe) -> Check:
    def attempt() -> Check:
        probe.reach()
        return well("connection", "Okta answers at org_url, and its certificate is trusted.")

    return _tried("connection", attempt)


def _credential(probe: Probe) -> Check:
    return _tried("credential", lambda: well("credential", f"Okta accepts it: {probe.sign_in()}."))


def _scope(probe: Probe, scope: Scope) -> Check:
    def attempt() -> Check:
        probe.take_scope(scope)
        return well(f"scope {scope}", "Granted.")

    return _tried(f"scope {scope}", attempt)


def _sees(probe: Probe, kind: Listed) -> Check:
    def attempt() -> Check:
        if probe.sees(kind):
            return well(f"role for {kind}", f"The credential sees {kind}.")
        found = f"The credential may list {kind} and sees none. {_TRAP.format(kind=kind)}"
        return failed(f"role for {kind}", found, of_access=True)

    return _tried(f"role for {kind}", attempt)


def _app(probe: Probe, *, pushes: bool) -> Iterator[Check]:
    """The SSO app, and whether its people are seen."""
    try:
        app = probe.sso_app()
    except IdsyncError as error:
        yield refused("app", error)
        return
    yield well("app", f"{app.label!r} ({app.id}) is active.")
    yield _tried("people of the app", lambda: _people(probe, app))
    if pushes:
        yield _provisioning(app)


def _people(probe: Probe, app: FoundApp) -> Check:
    if probe.sees_people_of(app.id):
        return well("people of the app", "The credential sees people who are assigned to the app.")
    return failed(
        "people of the app",
        f"Nobody is seen who is assigned to {app.label!r}. Either nobody is: assign people or groups to it in Okta. "
        "Or the admin role of the credential does not cover them: its resource set must hold the app and its users.",
        of_access=True,
    )


def _provisioning(app: FoundApp) -> Check:
    """Whether Okta pushes people by the app: all that happens to them, and no passwords."""
    if app.features is None:
        return warned("scim app", "Okta does not say whether this app pushes people; see its tab Provisioning.")
    if _PUSHES not in app.features:
        return warned(
            "scim app",
            f"The configuration takes pushes, and Okta does not push people by {app.label!r} ({app.id}). Switch "
            f"provisioning on in this app (Provisioning, To App: {', '.join(_TO_APP.values())}); where another app "
            "pushes, name that one in the Integration: SSO, SCIM and idsync must go by the same app.",
        )
    off = [name for feature, name in _TO_APP.items() if feature not in app.features]
    wrong = []
    if off:
        wrong.append(
            f"{' and '.join(off)} {'is' if len(off) == 1 else 'are'} off: Okta does not push that, and never makes up "
            f"for what happens meanwhile. Tick {'it' if len(off) == 1 else 'them'} (Provisioning, To App, Edit)."
        )
    if _PASSWORDS in app.features:
        wrong.append("Sync Password is on: Okta sends passwords, which idsync drops. Untick it (Provisioning, To App).")
    if wrong:
        return warned("scim app", f"Okta pushes people by {app.label!r} ({app.id}). {' '.join(wrong)}")
    return well("scim app", f"Okta pushes people by {app.label!r}, the app that the configuration names.")


def _log(probe: Probe) -> Check:
    try:
        probe.read_log()
    except AuthorizationError as error:
        return warned(
            "System Log",
            f"{error.in_full} Without it `idsync serve` finds changes by listings, later and with more requests.",
            of_access=True,
        )
    except IdsyncError as error:
        return refused("System Log", error)
    return well("System Log", "`idsync serve` may follow it.")


def _may_write(probe: Probe) -> Check:
    """Whether an admin role of the credential lets it write; no request of this writes."""
    try:
        powers = probe.powers()
    except (AuthenticationError, SourceError) as error:
        return warned(
            "role for writing",
            f"Which admin roles the credential has cannot be seen ({error.summary}) It needs {MEMBERSHIPS.remedy}; "
            "whether it has that is known at the first write.",
        )
    match powers.suffice(MEMBERSHIPS):
        case True:
            return well("role for writing", f"Admin roles: {', '.join(powers.names)}.")
        case None:
            return warned(
                "role for writing",
                f"What its admin roles permit cannot be seen ({', '.join(powers.names) or 'none is listed'}). It needs "
                f"{MEMBERSHIPS.remedy}; whether it has that is known at the first write.",
            )
        case False:
            return failed(
                "role for writing",
                f"{MEMBERSHIPS.missing(powers.names)} Give it {MEMBERSHIPS.remedy}, or switch sync.bidirectional off.",
                of_access=True,
            )


def _rules(probe: Probe) -> Check:
    """Whether it is seen which groups a rule fills: nothing is written otherwise."""

    def attempt() -> Check:
        probe.read_group_rules()
        return well("group rules", "They can be read: groups that a rule fills are not written.")

    return _tried("group rules", attempt)


def _group_roles(probe: Probe) -> Check:
    """Whether it is seen which groups convey an admin role."""
    try:
        probe.read_group_roles()
    except AuthorizationError as error:
        return warned(
            "roles of groups",
            f"{error.in_full} Without it, groups are written only where an access list rule says "
            "`bidirectional: true` of them; what people edit in the lists of others is put back.",
            of_access=True,
        )
    except IdsyncError as error:
        return refused("roles of groups", error)
    return well("roles of groups", "They can be read: groups that convey an admin role are not written.")


def _binding(probe: Probe) -> Iterator[Check]:
    bound = probe.is_bound()
    if bound is not None:
        how = "bound to a key (DPoP), which idsync proves" if bound else "plain bearer tokens: DPoP is off in this app"
        yield well("DPoP", f"Okta's access tokens are {how}.")


def _clock(probe: Probe) -> Check:
    ahead = probe.ahead()
    if ahead is None:
        return warned("clock", "Okta did not tell the time, so that this machine's clock cannot be held against it.")
    apart = f"{abs(ahead):,.0f} seconds {'behind' if ahead > 0 else 'ahead of'} Okta's"
    if abs(ahead) > MUCH_TOO_FAR:
        return failed("clock", f"This machine's clock is {apart}: no lock that ended is swept. Set it (NTP).")
    if abs(ahead) > MOST_APART:
        return warned("clock", f"This machine's clock is {apart}. Set it (NTP).")
    return well("clock", "This machine's clock agrees with Okta's to within two minutes.")


def _headroom(probe: Probe) -> Check:
    known = probe.allowances()
    if not known:
        return warned(
            "rate limits", "Okta's answers bear no rate limits. A proxy on the way may take their headers away."
        )
    short = [
        f"{bucket}: {room.left:,} of {room.limit:,}"
        for bucket, room in known.items()
        if room.left * LITTLE_LEFT < room.limit
    ]
    if short:
        return warned(
            "rate limits",
            f"Little is left of this minute's requests ({'; '.join(short)}). Others use this organization's limits as "
            "well: see Reports, Rate Limits in Okta; readings will wait for their turn.",
        )
    told = "; ".join(f"{bucket}: {room.allowed:,} of {room.limit:,} a minute" for bucket, room in known.items())
    return well("rate limits", f"idsync may use {told}.")
