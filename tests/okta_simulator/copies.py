"""Lists that lag behind a write: how memberships and assignments were some seconds ago.

Each change writes down what it replaced. A copy undoes the newest of these in front of the rows of now, which it leaves
alone; what is read by id comes from the rows themselves.
"""

import copy
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from tests.okta_simulator.switches import Switches

if TYPE_CHECKING:
    from tests.okta_simulator.state import State

_LAGS: dict[str, Literal["groups_lag", "members_lag", "assignments_lag"]] = {
    "GET /api/v1/groups": "groups_lag",
    "GET /api/v1/groups/{group}/users": "members_lag",
    "GET /api/v1/users/{user}/groups": "members_lag",
    "GET /api/v1/apps/{app}/users": "assignments_lag",
    "GET /api/v1/apps/{app}/groups": "assignments_lag",
    "GET /api/v1/groups/{group}/apps": "assignments_lag",
    "GET /api/v1/users/{user}/appLinks": "assignments_lag",
}
"""The listings that come from a copy, and the switch that says how far each is behind."""

Place = Literal["members", "users", "groups", "moved"]
_State = TypeVar("_State", bound="State")


@dataclass(frozen=True, slots=True)
class Former:
    """What stood in one place until a moment: a member, an assignment, or when the members moved last.

    `place` names the mapping: a group's members, an app's users or groups. `value` is None for what was not there.
    """

    until: int
    place: Place
    holder: str
    key: str
    value: Any


def lag(endpoint: str, switches: Switches, number: int) -> float:
    """How many seconds a listing is behind; `number` counts its calls, since copies may take turns."""
    name = _LAGS.get(endpoint)
    if name is None or (switches.copies == "taking_turns" and number % 2 == 0):
        return 0.0
    return {
        "groups_lag": switches.groups_lag,
        "members_lag": switches.members_lag,
        "assignments_lag": switches.assignments_lag,
    }[name]


def longest_lag(switches: Switches) -> float:
    return max(switches.groups_lag, switches.members_lag, switches.assignments_lag)


def behind(state: _State, seconds: float) -> _State:
    """The organization as it was `seconds` ago in memberships and assignments; only to be read."""
    moment = round((state.clock() - seconds) * 1000)
    undone = [former for former in state.formers if former.until > moment]
    if not seconds or not undone:
        return state
    past = copy.copy(state)
    past.groups, past.apps = dict(state.groups), dict(state.apps)
    past.forget_kept_lists()
    own: set[str] = set()
    for former in reversed(undone):
        if former.holder not in past.groups and former.holder not in past.apps:
            continue
        if former.holder not in own:
            own.add(former.holder)
            _detach(past, former.holder)
        _undo(past, former)
    return past


def _detach(past: "State", holder: str) -> None:
    if holder in past.groups:
        group = past.groups[holder] = copy.copy(past.groups[holder])
        group.members = dict(group.members)
    else:
        app = past.apps[holder] = copy.copy(past.apps[holder])
        app.users, app.groups = dict(app.users), dict(app.groups)


def _undo(past: "State", former: Former) -> None:
    entries: MutableMapping[str, Any]
    match former.place:
        case "moved":
            past.groups[former.holder].last_membership_updated = former.value
            return
        case "members":
            entries = past.groups[former.holder].members
        case "users":
            entries = past.apps[former.holder].users
        case "groups":
            entries = past.apps[former.holder].groups
    if former.value is None:
        entries.pop(former.key, None)
    elif former.key in (past.groups if former.place == "groups" else past.users):
        entries[former.key] = former.value
