"""The SSO app: found by id or label, and never guessed at when it cannot be seen."""

import pytest

from idsync.config.settings import AppById, AppByLabel, AppReference
from idsync.errors import AuthorizationError, SourceError, SourceUnreachable
from idsync.okta.auth import ApiTokenCredential
from idsync.sources.okta.selection import Selection
from tests.okta_simulator import Role, Switches
from tests.sources.okta.organizations import served, small


def test_the_app_can_be_named_by_its_label() -> None:
    with served(small()) as reader:
        by_label = reader.source(app=AppByLabel("Teleport")).read().snapshot
        assert by_label.app_id == reader.organization.app("Teleport").id
        assert by_label.digest() == reader.source().read().snapshot.digest()
        without_lists = reader.source(app=AppByLabel("Teleport"), selection=Selection(lists=False)).read().snapshot
        assert len(without_lists.users) == 5


def test_a_label_that_two_active_apps_have_is_refused() -> None:
    organization = small()
    other = organization.add_app("Teleport 2")
    organization.update_app(other, label="Teleport")
    with served(organization) as reader:
        app = AppByLabel("Teleport")
        with pytest.raises(SourceError, match="2 apps are labelled"):
            reader.source(app=app).read()
        organization.deactivate_app(other)
        assert len(reader.source(app=app).read().snapshot.users) == 5


@pytest.mark.parametrize("lists", [True, False])
@pytest.mark.parametrize("app", [AppById("0oamissing"), AppByLabel("Missing")])
def test_an_app_that_is_not_there_is_another_organization_or_hidden(app: AppReference, lists: bool) -> None:
    with served(small()) as reader, pytest.raises(SourceUnreachable) as caught:
        reader.source(app=app, selection=Selection(lists=lists)).read()
    assert "org_url" in caught.value.fix
    assert "issing" in caught.value.summary


@pytest.mark.parametrize("lists", [True, False])
def test_an_inactive_app_is_refused(lists: bool) -> None:
    organization = small()
    organization.deactivate_app(organization.app("Teleport"))
    with served(organization) as reader, pytest.raises(SourceError, match="is INACTIVE"):
        reader.source(selection=Selection(lists=lists)).read()


@pytest.mark.parametrize("app", [None, AppByLabel("Teleport")])
def test_a_credential_without_an_admin_role_that_sees_no_app_is_told_about_the_role(app: AppReference) -> None:
    organization = small(switches=Switches(missing_role="fewer_rows"))
    with served(organization) as reader:
        reader.simulator.authority.add_token("00norole", role=Role.NONE)
        choices = {} if app is None else {"app": app}
        with pytest.raises(AuthorizationError) as caught:
            reader.source(ApiTokenCredential("00norole"), **choices).read()
    assert "admin role" in caught.value.fix
    assert caught.value.scope == "okta.apps.read"


def test_a_missing_admin_role_that_is_told_as_403_names_scope_and_role() -> None:
    with served(small()) as reader:
        reader.simulator.authority.add_token("00norole", role=Role.NONE)
        with pytest.raises(AuthorizationError) as caught:
            reader.source(ApiTokenCredential("00norole")).read()
    assert caught.value.scope in ("okta.apps.read", "okta.groups.read")
    assert "E0000006" in caught.value.summary
    assert "Read-only Administrator" in caught.value.fix


def test_a_group_admin_is_told_that_apps_are_closed_to_it() -> None:
    with served(small()) as reader:
        reader.simulator.authority.add_token("00groups", role=Role.GROUP_ADMIN)
        with pytest.raises(AuthorizationError) as caught:
            reader.source(ApiTokenCredential("00groups")).read()
    assert caught.value.scope == "okta.apps.read"
