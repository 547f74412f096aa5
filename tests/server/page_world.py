"""A service whose page people look at: somebody may sign in, and a burst of leavers waits for them."""

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from idsync.apply.kept_entries import digest_of
from idsync.bootstrap.workspace import Workspace
from idsync.config.settings import Settings
from idsync.sources.pushed import PushedSource
from tests.core.world import ORG, config
from tests.reconcile.one_thread import OneThread
from tests.server.conftest import HERE, HOLDER, ME, Served, served

TOKEN = "a-token-of-alice-1234567890"
SECRETS = {"ALICE": TOKEN}
_INTEGRATION = f"""
apiVersion: idsync/v1
kind: Integration
metadata: {{name: okta}}
spec: {{org_url: {ORG}, source: {{scim: {{}}}}}}
"""


def page_settings(*, signing_in: bool = True, public_url: str = "") -> Settings:
    """A configuration under which nobody is deleted without a release."""
    tokens = "status: {tokens: [{name: alice, token: {env: ALICE}}]}" if signing_in else ""
    service = ", ".join(each for each in (tokens, f"public_url: {public_url}" if public_url else "") if each)
    return config(
        "Guards: {user_deletes: {percent: 0, floor: 0}, user_locks: {percent: 100, floor: 100}}",
        f"Service: {{{service}}}",
        integration=_INTEGRATION,
    )


def gains_are_held() -> Settings:
    """A configuration under which nobody gains a role without a release: by a department, or by a list."""
    return config(
        "Guards: {access_gains: {percent: 0, floor: 0}}",
        "Service: {status: {tokens: [{name: alice, token: {env: ALICE}}]}}",
        "RoleMapping: {rules: [{trait: okta/department, value: Engineering, roles: [dev]}, "
        "{trait: okta/department, value: Operations, roles: [production-admin]}]}",
        "AccessListRules: {rules: [{group: production, grants: {roles: [production-admin]}}]}",
        integration=_INTEGRATION,
    )


@contextmanager
def page(
    folder: Path, *, signing_in: bool = True, public_url: str = "", base_url: str = HERE, client: str = ME
) -> Iterator[Served]:
    """The service, with its page."""
    settings = page_settings(signing_in=signing_in, public_url=public_url)
    with served(folder / "idsync.db", settings, secrets=SECRETS, base_url=base_url, client=client) as running:
        yield running


def sign_in(service: Served) -> str:
    """Sign in as alice; what every form of the page carries then."""
    answer = service.http.post("/sign-in", data={"token": TOKEN}, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 303, answer.text
    found = re.search(r'name="form" value="([0-9a-f]{64})"', service.http.get("/").text)
    assert found is not None
    return found[1]


def held(service: Served, guard: str = "user_deletes") -> str:
    """What the form of a guard on the page carries for all that it holds; of one that holds nothing, for nothing."""
    found = re.search(
        rf'name="guard" value="{guard}"><input type="hidden" name="held" value="(\w+)"', service.http.get("/").text
    )
    return digest_of(()) if found is None else found[1]


def send(service: Served, path: str, **fields: str) -> int:
    """Send a form as a browser sends it from the page; the status."""
    return service.http.post(path, data=fields, headers={"Sec-Fetch-Site": "same-origin"}).status_code


def passes(service: Served, settings: Settings) -> bool:
    """What the process that reconciles does next: a full pass, if somebody wants one; whether it did."""
    service.clock[0] += dt.timedelta(seconds=5)
    place = Workspace(settings, service.path.parent, environment=SECRETS)
    place.now = lambda: service.clock[0]  # type: ignore[method-assign]
    with service.store() as store:
        source = PushedSource(store.upstream.whole)
        reconciler = OneThread(
            store, place.in_force, lambda _, progress: source, HOLDER, lambda report: print(report.error)
        )
        return reconciler.wants_full() and reconciler.full()
