"""The JSON of an event of the System Log."""

from typing import Any

from tests.okta_simulator.moments import written
from tests.okta_simulator.objects import LogEvent, Target


def event_shape(event: LogEvent) -> dict[str, Any]:
    """An event of the System Log."""
    actor = event.actor
    detail = {} if actor.token is None else {"requestApiTokenId": actor.token}
    return {
        "uuid": event.uuid,
        "published": written(event.published),
        "eventType": event.event_type,
        "version": "0",
        "severity": event.severity,
        "displayMessage": event.display_message,
        "legacyEventType": None,
        "actor": {
            "id": actor.id,
            "type": actor.type,
            "alternateId": actor.alternate_id,
            "displayName": actor.display_name,
            "detailEntry": None,
        },
        "client": {"ipAddress": "127.0.0.1", "zone": "null", "device": "Unknown", "userAgent": None},
        "outcome": {"result": "SUCCESS", "reason": None},
        "target": [_target(target) for target in event.targets],
        "transaction": {"type": "WEB", "id": event.transaction, "detail": detail},
        "debugContext": {"debugData": {}},
        "authenticationContext": {"authenticationStep": 0, "externalSessionId": "trs" + event.uuid[:8]},
        "securityContext": {"isProxy": False},
        "request": {"ipChain": []},
    }


def _target(target: Target) -> dict[str, Any]:
    return {
        "id": target.id,
        "type": target.type,
        "alternateId": target.alternate_id,
        "displayName": target.display_name,
        "detailEntry": None,
    }
