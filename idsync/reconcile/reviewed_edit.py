"""A reviewed edit held against the one that is to be applied: the same, or what is different, as a plan of its own.

An edit is what the configuration changes, whatever Okta changes meanwhile. Where it starts from the configuration that
it was reviewed against, it is the same exactly if it leads to the same configuration. Where another one was applied
since, both edits must take away and add the same statements, and come to the same for everybody who is there now.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path

import msgspec

from idsync.config.digest import statements
from idsync.config.settings import Settings
from idsync.config.source_files import SourceFile
from idsync.errors import AppliedUnknown
from idsync.model.addresses import Address
from idsync.model.agreed_past import AgreedPast
from idsync.model.directory import DirectoryState, LastApply
from idsync.model.extent import Reading
from idsync.plan.changes import Change, Edit, Plan
from idsync.plan.edit_facts import facts_by_address
from idsync.plan.guards import released
from idsync.plan.replay import replay
from idsync.plan.seal import sealed
from idsync.plan.sections import DIFFERENCE
from idsync.plan.split import split
from idsync.reconcile.applied_configuration import AppliedConfiguration, applied_settings
from idsync.reconcile.plan_options import PlanOptions
from idsync.reconcile.planning import make_plan
from idsync.targets.protocol import DirectoryReader

replace = msgspec.structs.replace
_SAME = "as_reviewed"
"""The mark of a change that is as it was reviewed."""


def edit_since(applied: AppliedConfiguration | None, digest: str, files: tuple[SourceFile, ...]) -> Edit | None:
    """What a plan of the configuration of this digest and these `files` says of its edit, for a review."""
    if applied is None:
        return None
    if applied.digest == digest:
        return Edit(digest)
    return Edit(applied.digest, applied.files, files)


class Circumstances(msgspec.Struct, frozen=True):
    """What both edits are tried on: one reading, and one directory, to which Okta's own changes were applied.

    `given` makes a directory of a state; `last` and `past` are what the store knows of it.
    """

    reading: Reading
    target: DirectoryReader
    last: LastApply | None
    past: AgreedPast
    now: datetime
    given: Callable[[DirectoryState], DirectoryReader]

    def plan(self, settings: Settings, on: DirectoryReader, earlier: Settings | None = None) -> Plan:
        """The plan of a configuration on a directory."""
        in_force = None if earlier is None else earlier.guards
        options = PlanOptions(now=self.now, last=self.last, past=self.past, earlier=earlier)
        return make_plan(replace(settings, in_force=in_force), self.reading, on, options).plan

    def after(self, settings: Settings, on: DirectoryReader) -> DirectoryReader:
        """The directory once the plan of a configuration is applied to it whole."""
        return self.given(replay(on.state(), self.plan(settings, on).changes, self.now))


class Configured(msgspec.Struct, frozen=True):
    """A configuration by the digest of its meaning; its settings, where its texts are known and can be loaded."""

    digest: str
    settings: Settings | None = None


NONE_YET = Configured("")
"""What stands for the configuration before the first one."""


class TwoEdits(msgspec.Struct, frozen=True):
    """An edit as it was reviewed, and as it would be applied now: from which configuration to which."""

    reviewed_before: Configured
    reviewed: Configured
    before: Configured
    asked: Configured

    @property
    def is_in_force(self) -> bool:
        """Whether what was reviewed has been applied already, and nothing else is asked for."""
        return self.before.digest == self.asked.digest == self.reviewed.digest

    @property
    def are_plainly_same(self) -> bool:
        """Whether both start from one configuration and lead to one configuration."""
        return self.reviewed_before.digest == self.before.digest and self.reviewed.digest == self.asked.digest

    @property
    def says_nothing_of_before(self) -> bool:
        """Whether the review does not say from which configuration it starts, though one is in force."""
        return self.reviewed_before == NONE_YET != self.before

    @property
    def state_the_same(self) -> bool:
        """Whether both take away the same statements and add the same ones."""
        told = [
            None if each.settings is None else statements(each.settings)
            for each in (self.reviewed_before, self.reviewed, self.before, self.asked)
        ]
        match told:
            case [reviewed_before, reviewed, before, asked] if None not in told:
                assert reviewed_before is not None and reviewed is not None  # noqa: S101, PT018 - none of them is
                assert before is not None and asked is not None  # noqa: S101, PT018 - none of them is
                return (reviewed - reviewed_before, reviewed_before - reviewed) == (asked - before, before - asked)
            case _:
                return False


def two_edits(plan: Plan, before: Settings | None, asked: Settings, directory: Path) -> TwoEdits:
    """The edit that a reviewed plan tells of, and that from the settings applied last to those that are `asked` for.

    The digests of what was reviewed are made once more by this version, as it makes those of today.
    """
    edit = plan.edit or None
    last = NONE_YET if before is None else Configured(before.digest, before)
    now = Configured(asked.digest, asked)
    known = {each.digest: each for each in (last, now)}
    if edit is None:
        return TwoEdits(
            NONE_YET, known.get(plan.inputs.config_digest, Configured(plan.inputs.config_digest)), last, now
        )
    reviewed_before = _configured(edit.before_digest, edit.before, directory, known)
    reviewed = _configured(plan.inputs.config_digest, edit.after, directory, known)
    return TwoEdits(reviewed_before, reviewed, last, now)


class Difference(msgspec.Struct, frozen=True):
    """What is to be applied and was not reviewed, as a plan that nobody can apply; and the addresses of what was
    reviewed and is not asked for any more, where the plan does not show that.
    """

    plan: Plan
    missing: tuple[Address, ...] = ()


def difference(edits: TwoEdits, circumstances: Circumstances) -> Difference | None:
    """How the edits differ; None where they are the same.

    Where the files that were reviewed are not known any more, it is all that is to be applied.
    """
    if edits.is_in_force or edits.are_plainly_same:
        return None
    asked, target = edits.asked.settings, circumstances.target
    assert asked is not None  # noqa: S101 - what is asked for was loaded
    if edits.reviewed.settings is None:
        return Difference(_never_applied(circumstances.plan(asked, target, edits.before.settings)))
    if edits.reviewed_before.digest == edits.before.digest:
        on = circumstances.after(edits.reviewed.settings, target)
        return Difference(_never_applied(circumstances.plan(asked, on, edits.reviewed.settings)))
    return _difference_of_facts(edits, circumstances, asked, edits.reviewed.settings)


def _difference_of_facts(
    edits: TwoEdits, circumstances: Circumstances, asked: Settings, reviewed: Settings
) -> Difference | None:
    """The same where both edits start from different configurations: each is tried on what its own one asks for."""
    target = circumstances.target
    before, reviewed_before = edits.before.settings, edits.reviewed_before.settings
    on = target if before is None else circumstances.after(before, target)
    plan = circumstances.plan(asked, on, before)
    if before is None or reviewed_before is None:
        return Difference(_never_applied(plan))
    then = circumstances.plan(reviewed, circumstances.after(reviewed_before, target), reviewed_before)
    wanted, found = facts_by_address(then.changes), facts_by_address(plan.changes)
    if edits.state_the_same and wanted == found:
        return None
    same = {place for place, facts in found.items() if wanted.get(place) == facts}
    missing = tuple(address for place, address in wanted if (place, address) not in found)
    return Difference(_never_applied(_without(plan, same)), missing)


def _without(plan: Plan, left_out: Iterable[tuple[str, Address]]) -> Plan:
    """The plan without the changes at these addresses, and without what they give and take."""
    out = frozenset(left_out)

    def marked(change: Change) -> Change:
        return replace(change, blocked_by=(_SAME,) if (change.target, change.address) in out else ())

    return split(replace(plan, changes=tuple(map(marked, plan.changes))), ())[0]


def _never_applied(plan: Plan) -> Plan:
    marks = {mark for change in plan.changes for mark in change.blocked_by}
    shown = replace(plan, changes=released(plan.changes, marks), edit=msgspec.UNSET)
    return sealed(replace(shown, requires=tuple(sorted({*(shown.requires or ()), DIFFERENCE}))))


def _configured(
    digest: str, files: tuple[SourceFile, ...], directory: Path, known: Mapping[str, Configured]
) -> Configured:
    if files:
        try:
            settings = applied_settings(AppliedConfiguration(digest, files), directory)
        except AppliedUnknown:
            return Configured(digest)
        return Configured(settings.digest, settings)
    return known.get(digest, Configured(digest))
