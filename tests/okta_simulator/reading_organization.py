"""The endpoints about the organization itself, and its authorization server."""

from urllib.parse import parse_qsl

from tests.okta_simulator.calls import Call, Reply, json_reply, route


@route("GET", "/api/v1/org")
def get_organization(call: Call) -> Reply:
    return json_reply(call.shapes.organization_settings())


@route("GET", "/.well-known/okta-organization")
def get_organization_metadata(call: Call) -> Reply:
    return json_reply(call.shapes.organization_metadata())


@route("GET", "/oauth2/v1/keys")
def list_keys(call: Call) -> Reply:
    return json_reply(call.authority.key_set())


@route("POST", "/oauth2/v1/token")
def issue_token(call: Call) -> Reply:
    issued = call.authority.issue(_form(call.body), call.headers.get("dpop"), call.shapes.base_url)
    headers = [("cache-control", "no-store")]
    if issued["token_type"] == "DPoP":
        headers.append(("dpop-nonce", call.authority.proofs.nonce))
    return json_reply(issued, headers=headers)


def _form(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=100))
