"""Event hooks: registered, verified by a challenge, and told of events, at least once and in any order."""

import secrets
from collections.abc import Callable, Iterator

import httpx

from tests.okta_simulator.calls import Call, Reply, json_reply, route, rows_body, text
from tests.okta_simulator.errors import HOOK, invalid, not_found
from tests.okta_simulator.log_shape import event_shape
from tests.okta_simulator.moments import written
from tests.okta_simulator.objects import EventHook
from tests.okta_simulator.organization import Organization
from tests.okta_simulator.shapes import Json

TIMEOUT = 3.0
MOST_HOOKS = 25
MOST_EVENT_TYPES = 300


def shape(hook: EventHook) -> Json:
    """A hook as the API shows it."""
    return {
        "id": hook.id,
        "name": hook.name,
        "status": "ACTIVE",
        "verificationStatus": "VERIFIED" if hook.verified else "UNVERIFIED",
        "created": written(hook.created),
        "lastUpdated": written(hook.created),
        "events": {"type": "EVENT_TYPE", "items": list(hook.event_types)},
        "channel": {
            "type": "HTTP",
            "version": "1.0.0",
            "config": {
                "uri": hook.uri,
                "headers": [],
                "method": "POST",
                "authScheme": {"type": "HEADER", "key": hook.header},
            },
        },
    }


@route("GET", "/api/v1/eventHooks")
def list_hooks(call: Call) -> Reply:
    return Reply(body=rows_body(shape(hook) for hook in call.organization.hooks.values()))


@route("POST", "/api/v1/eventHooks")
def create_hook(call: Call) -> Reply:
    """A hook is told nothing before it is verified."""
    body = call.json()
    organization = call.organization
    config = call.object(call.object(body, "channel"), "config")
    scheme = call.object(config, "authScheme")
    items = call.object(body, "events").get("items")
    uri, name = text(config, "uri") or "", text(body, "name") or ""
    if not name or not uri.startswith(("https://", "http://127.0.0.1")):
        raise invalid("channel.config.uri", "must be an https address")
    if not isinstance(items, list) or not 0 < len(items) <= MOST_EVENT_TYPES:
        raise invalid("events.items", "must hold 1 to 300 event types")
    if len(organization.hooks) >= MOST_HOOKS:
        raise invalid("eventHooks", "an organization has at most 25 active hooks")
    hook = EventHook(
        organization.new_id("who"),
        name,
        uri,
        text(scheme, "key") or "Authorization",
        text(scheme, "value") or "",
        tuple(map(str, items)),
        organization.now(),
        told=len(organization.events),
    )
    organization.hooks[hook.id] = hook
    return json_reply(shape(hook))


@route("POST", "/api/v1/eventHooks/{hook}/lifecycle/verify")
def verify_hook(call: Call) -> Reply:
    """One GET with a challenge, which must come back."""
    hook = _found(call)
    challenge = secrets.token_urlsafe(24)
    try:
        answer = httpx.get(hook.uri, headers={"x-okta-verification-challenge": challenge}, timeout=TIMEOUT)
        verified = answer.status_code == 200 and answer.json().get("verification") == challenge
    except (httpx.HTTPError, ValueError):
        verified = False
    if not verified:
        raise invalid("verification", "the endpoint did not answer the challenge")
    hook.verified = True
    return json_reply(shape(hook))


@route("DELETE", "/api/v1/eventHooks/{hook}")
def delete_hook(call: Call) -> Reply:
    del call.organization.hooks[_found(call).id]
    return Reply(204)


def _found(call: Call) -> EventHook:
    hook = call.organization.hooks.get(call.parts["hook"])
    if hook is None:
        raise not_found(call.parts["hook"], HOOK)
    return hook


def deliver(organization: Organization, order: Callable[[list[Json]], list[Json]] = lambda events: events) -> list[int]:
    """Tell each verified hook what happened since it was told last, a request each; the statuses of the last tries.

    A 4xx is not tried again, anything else once more. `order` may turn events round, repeat or drop them.
    """
    return list(_deliveries(organization, order))


def _deliveries(organization: Organization, order: Callable[[list[Json]], list[Json]]) -> Iterator[int]:
    for hook in [*organization.hooks.values()]:
        with organization.lock:
            fresh = [event for event in organization.events[hook.told :] if event.event_type in hook.event_types]
            hook.told = len(organization.events)
            moment = written(organization.now())
        events = order([event_shape(event) for event in fresh])
        if not hook.verified or not events:
            continue
        body = {
            "eventType": "com.okta.event_hook",
            "eventTypeVersion": "1.0",
            "cloudEventsVersion": "0.1",
            "source": f"https://{organization.subdomain}.okta.com/api/v1/eventHooks/{hook.id}",
            "eventId": secrets.token_hex(16),
            "eventTime": moment,
            "contentType": "application/json",
            "data": {"events": events},
        }
        yield _posted(hook, body)


def _posted(hook: EventHook, body: Json) -> int:
    status = 0
    for _ in range(2):
        try:
            status = httpx.post(hook.uri, json=body, headers={hook.header: hook.key}, timeout=TIMEOUT).status_code
        except httpx.HTTPError:
            status = 0
        if 0 < status < 500:
            break
    return status
