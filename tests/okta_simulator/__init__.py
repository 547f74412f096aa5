"""A faithful Okta organization on a socket, for tests and benchmarks; see README.md in this folder."""

from tests.okta_simulator.auth import Authority, Principal, Role
from tests.okta_simulator.faults import (
    Change,
    ConcurrencyLimit,
    Delay,
    Drop,
    Empty,
    EndlessNext,
    Fail,
    FailAbove,
    Fault,
    Faults,
    Hollow,
    HtmlPage,
    HugePage,
    IgnoreExpand,
    LoseLinks,
    Malformed,
    Omit,
    OtherOrganization,
    Overlap,
    RateLimit,
    RepeatCursor,
    Truncate,
)
from tests.okta_simulator.limits import Limits
from tests.okta_simulator.moments import ManualClock
from tests.okta_simulator.objects import App, Group, GroupRule, LogEvent, Target, User
from tests.okta_simulator.organization import Organization
from tests.okta_simulator.requests import RecordedRequest, Requests
from tests.okta_simulator.serving import running
from tests.okta_simulator.simulator import DEFAULT_TOKEN, Simulator
from tests.okta_simulator.switches import Switches

__all__ = [
    "DEFAULT_TOKEN",
    "App",
    "Authority",
    "Change",
    "ConcurrencyLimit",
    "Delay",
    "Drop",
    "Empty",
    "EndlessNext",
    "Fail",
    "FailAbove",
    "Fault",
    "Faults",
    "Group",
    "GroupRule",
    "Hollow",
    "HtmlPage",
    "HugePage",
    "IgnoreExpand",
    "Limits",
    "LogEvent",
    "LoseLinks",
    "Malformed",
    "ManualClock",
    "Omit",
    "Organization",
    "OtherOrganization",
    "Overlap",
    "Principal",
    "RateLimit",
    "RecordedRequest",
    "RepeatCursor",
    "Requests",
    "Role",
    "Simulator",
    "Switches",
    "Target",
    "Truncate",
    "User",
    "running",
]
