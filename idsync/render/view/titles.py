"""What the parts of a plan are called, in every format."""

from idsync.render.view.view import Group, Outcome, Side, Symbol

OUTCOMES = {
    Outcome.LOSES_ALL: "Lose all access",
    Outcome.LOCKED: "Are locked",
    Outcome.LOSES: "Lose access",
    Outcome.SWAPS: "Gain some and lose some",
    Outcome.RENAMED: "Are renamed",
    Outcome.UNLOCKED: "Are unlocked",
    Outcome.GAINS: "Gain access",
    Outcome.GETS_NOTHING: "Get an account and no access",
    Outcome.REROUTED: "Keep access by another way",
}
SYMBOLS: dict[Outcome, Symbol] = {
    Outcome.LOSES_ALL: "-",
    Outcome.LOCKED: "-",
    Outcome.LOSES: "-",
    Outcome.SWAPS: "~",
    Outcome.RENAMED: "~",
    Outcome.UNLOCKED: "+",
    Outcome.GAINS: "+",
    Outcome.GETS_NOTHING: "+",
    Outcome.REROUTED: "~",
}
EDIT = "By your edit"
OKTA = "By Okta's changes"
HAND = "Changed by hand, put back"
OUT = "Changed by hand, kept"
SIDES: tuple[tuple[Side, str], ...] = (("edit", EDIT), ("okta", OKTA), ("hand", HAND), ("out", OUT))
"""Who makes a difference, in the order in which they are told, and what stands over it."""
PROBLEMS = "Findings"
RELEASED = "Released guards"
TALLIES = "By role and list"
REACH = "How far it reaches"
ORDER = "Changes, in the order of the apply"


def group_title(group: Group) -> str:
    """What becomes of the people of a group, and how many they are."""
    return f"{OUTCOMES[group.outcome]} ({group.total:,})"
