"""Apps: a custom SAML app is created, found by its label, given to groups, and tells how it signs people in."""

import base64
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography import x509

from tests.okta_simulator import ManualClock, Organization, Simulator
from tests.test_okta_simulator.reader import Reader, code, reading

ACS = "https://teleport.example.com/v1/webapi/saml/acs/okta"
SIGN_ON = {
    "ssoAcsUrl": ACS,
    "recipient": ACS,
    "destination": ACS,
    "audience": ACS,
    "idpIssuer": "http://www.okta.com/${org.externalKey}",
    "subjectNameIdTemplate": "${user.userName}",
    "subjectNameIdFormat": "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
    "responseSigned": True,
    "assertionSigned": True,
    "signatureAlgorithm": "RSA_SHA256",
    "digestAlgorithm": "SHA256",
    "honorForceAuthn": True,
    "authnContextClassRef": "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
    "attributeStatements": [{"type": "GROUP", "name": "groups", "filterType": "REGEX", "filterValue": ".*"}],
}
NAMES = {"md": "urn:oasis:names:tc:SAML:2.0:metadata", "ds": "http://www.w3.org/2000/09/xmldsig#"}


def body(label: str = "Teleport", /, **changes: Any) -> dict[str, Any]:
    """A custom SAML app; None takes a setting away."""
    sign_on = {name: value for name, value in (SIGN_ON | changes).items() if value is not None}
    return {"label": label, "signOnMode": "SAML_2_0", "settings": {"signOn": sign_on}}


@pytest.fixture
def reader() -> Iterator[Reader]:
    with reading(Simulator(Organization(clock=ManualClock()))) as reader:
        yield reader


def test_a_custom_app_is_created_with_200_and_a_generated_name_and_is_found_by_its_label(reader: Reader) -> None:
    created = reader.post("/api/v1/apps", body())
    assert created.status_code == 200
    app = created.json()
    assert (app["status"], app["name"], app["signOnMode"]) == ("ACTIVE", "enzospizza_teleport_1", "SAML_2_0")
    assert app["settings"]["signOn"] == SIGN_ON
    assert [row["id"] for row in reader.rows("/api/v1/apps", q="Telep")] == [app["id"]]
    assert reader.get(f"/api/v1/apps/{app['id']}").json() == app


def test_a_label_in_use_is_refused_for_a_new_app_and_for_a_renamed_one(reader: Reader) -> None:
    first = reader.post("/api/v1/apps", body()).json()
    assert code(reader.post("/api/v1/apps", body())) == (400, "E0000040")
    second = reader.post("/api/v1/apps", body("Other")).json()
    path = f"/api/v1/apps/{second['id']}"
    assert code(reader.client.put(path, json=body())) == (400, "E0000040")
    changed = reader.client.put(path, json=body("Other", audience="urn:teleport")).json()
    assert (changed["label"], changed["settings"]["signOn"]["audience"]) == ("Other", "urn:teleport")
    organization = reader.simulator.organization
    organization.deactivate_app(organization.app(first["id"]))
    organization.delete_app(organization.app(first["id"]))
    assert reader.post("/api/v1/apps", body()).json()["name"] == "enzospizza_teleport_2"


def test_an_app_can_be_created_inactive(reader: Reader) -> None:
    created = reader.client.post("/api/v1/apps?activate=false", json=body())
    assert created.json()["status"] == "INACTIVE"


@pytest.mark.parametrize("missing", ["ssoAcsUrl", "recipient", "destination", "audience", "subjectNameIdTemplate"])
def test_a_custom_app_without_a_needed_setting_is_refused_and_not_made(reader: Reader, missing: str) -> None:
    refused = reader.post("/api/v1/apps", body("Teleport", **{missing: None}))
    assert code(refused) == (400, "E0000001")
    assert refused.json()["errorCauses"] == [{"errorSummary": f"{missing}: The field cannot be left blank"}]
    assert code(reader.post("/api/v1/apps", body(ssoAcsUrl="teleport.example.com"))) == (400, "E0000001")
    assert reader.rows("/api/v1/apps") == []


def test_the_metadata_holds_identity_addresses_and_a_certificate_that_is_valid(reader: Reader) -> None:
    app = reader.post("/api/v1/apps", body()).json()
    link = app["_links"]["metadata"]
    answer = reader.client.get(link["href"], headers={"accept": link["type"]})
    assert answer.headers["content-type"] == "application/xml"
    root = ElementTree.fromstring(answer.content)
    key = root.attrib["entityID"].removeprefix("http://www.okta.com/")
    assert key == "exk" + app["id"][3:]
    services = root.findall(".//md:SingleSignOnService", NAMES)
    bindings = [service.attrib["Binding"].rpartition(":")[2] for service in services]
    assert bindings == ["HTTP-POST", "HTTP-Redirect"]
    expected = f"{reader.simulator.base_url}/app/{app['name']}/{key}/sso/saml"
    assert {service.attrib["Location"] for service in services} == {expected}
    text = root.findtext(".//ds:X509Certificate", namespaces=NAMES)
    certificate = x509.load_der_x509_certificate(base64.b64decode(text or ""))
    now = reader.simulator.organization.clock()
    assert certificate.not_valid_before_utc.timestamp() <= now < certificate.not_valid_after_utc.timestamp()
    assert reader.client.get(link["href"]).content == answer.content


def test_the_metadata_of_another_key_or_of_an_app_without_saml_is_not_found(reader: Reader) -> None:
    app = reader.post("/api/v1/apps", body()).json()
    path = f"/api/v1/apps/{app['id']}/sso/saml/metadata"
    assert reader.get(path, kid=app["credentials"]["signing"]["kid"]).status_code == 200
    assert code(reader.get(path, kid="other")) == (404, "E0000007")
    bookmark = reader.post("/api/v1/apps", {"label": "Wiki", "signOnMode": "BOOKMARK", "name": "bookmark"}).json()
    assert code(reader.get(f"/api/v1/apps/{bookmark['id']}/sso/saml/metadata")) == (404, "E0000007")


def test_groups_are_given_an_app_once_however_often_they_are(reader: Reader) -> None:
    app = reader.post("/api/v1/apps", body()).json()
    path = f"/api/v1/apps/{app['id']}/groups/{reader.simulator.organization.everyone.id}"
    assert [reader.client.put(path, json={}).status_code for _ in range(2)] == [200, 200]
    assert reader.ids(f"/api/v1/apps/{app['id']}/groups") == [reader.simulator.organization.everyone.id]
    events = [event.event_type for event in reader.simulator.organization.events]
    assert events.count("group.application_assignment.add") == 1
