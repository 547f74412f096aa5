"""A faithful Okta organization on a socket, for tests and benchmarks; see README.md in this folder."""

from tests.okta_simulator.auth import Authority, Principal
from tests.okta_simulator.effects import (
    AnswerLate,
    Change,
    ChangeAfter,
    ConcurrencyLimit,
    Delay,
    Drop,
    Effect,
    Empty,
    EndlessNext,
    Fail,
    FailAbove,
    FailAfter,
    Hollow,
    HtmlPage,
    HugePage,
    IgnoreExpand,
    LoseAnswer,
    LoseLinks,
    Malformed,
    Omit,
    OtherOrganization,
    Overlap,
    RateLimit,
    RepeatCursor,
    Truncate,
)
from tests.okta_simulator.faults import Fault, Faults
from tests.okta_simulator.limits import Limits
from tests.okta_simulator.moments import ManualClock
from tests.okta_simulator.objects import Actor, App, Group, GroupRule, LogEvent, Target, User
from tests.okta_simulator.organization import Organization
from tests.okta_simulator.permissions import NEEDS, WRITES, CustomRole, Need, Role
from tests.okta_simulator.requests import RecordedRequest, Requests
from tests.okta_simulator.serving import running
from tests.okta_simulator.simulator import DEFAULT_TOKEN, Simulator
from tests.okta_simulator.switches import Switches

__all__ = [
    "DEFAULT_TOKEN",
    "NEEDS",
    "WRITES",
    "Actor",
    "AnswerLate",
    "App",
    "Authority",
    "Change",
    "ChangeAfter",
    "ConcurrencyLimit",
    "CustomRole",
    "Delay",
    "Drop",
    "Effect",
    "Empty",
    "EndlessNext",
    "Fail",
    "FailAbove",
    "FailAfter",
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
    "LoseAnswer",
    "LoseLinks",
    "Malformed",
    "ManualClock",
    "Need",
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
