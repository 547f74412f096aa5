"""One pass: fetch, plan, and what an apply must remember for the pass after it."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack
from functools import cached_property

from msgspec.structs import replace

from idsync.apply.request import Applied
from idsync.compiler.measures import asked_of_both, lists_of_directory
from idsync.compiler.memo import decode_memo, encode_memo
from idsync.config.settings import Settings
from idsync.model.directory import LastApply
from idsync.model.extent import Reading
from idsync.model.findings import NOT_MERGED, Finding
from idsync.reconcile.further_targets import with_further_targets
from idsync.reconcile.kept_as_read import kept_as_read
from idsync.reconcile.plan_options import PlanOptions
from idsync.reconcile.planned import Planned, Remembering
from idsync.reconcile.planning import make_plan
from idsync.sources.protocol import Source
from idsync.stores.protocol import Facts
from idsync.targets.protocol import DirectoryReader, Target

_MEMO = "compiled/{}"
"""The key of what is remembered about a target, by its name."""


def read(
    source: Source,
    target: DirectoryReader,
    settings: Settings,
    last: LastApply | None = None,
    merged: Callable[[Reading], Reading] | None = None,
) -> Reading:
    """One whole reading of the source, which also says what became of people whom the target holds; `merged` with what
    is known better, if that is given.

    Groups and apps that had a crowd, and are empty or gone, are asked about once more where that can be done.
    """
    org_url = settings.integration.org_url
    good = last.good if last else None
    before = asked_of_both(settings, good) if good else lists_of_directory(target.index(org_url))
    reading = source.read(known=_KnownUsers(target, org_url), before=before)
    return reading if merged is None else merged(reading)


class _KnownUsers(Collection[str]):
    """Okta ids of the people whom the target holds for us; read only when a source asks."""

    def __init__(self, target: DirectoryReader, org_url: str) -> None:
        self._target = target
        self._org_url = org_url

    @cached_property
    def _ids(self) -> list[str]:
        users = self._target.index(self._org_url).users.values()
        return [entry.okta_id for entry in users if entry.okta_id]

    def __contains__(self, okta_id: object) -> bool:
        return okta_id in self._ids

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)


def plan_once(
    settings: Settings,
    source: Source,
    target: DirectoryReader,
    options: PlanOptions,
    *,
    cache: Facts | None = None,
    further: Sequence[Target] = (),
    merged: Callable[[Reading], Reading] | None = None,
) -> Planned:
    """Read the source and plan, for `further` targets besides, if any.

    With a store's `cache`, the plan looks only at what moved since the directory was last known to be as desired. A
    reading is `merged` with pushes that are newer than it.
    """
    with ExitStack() as span:
        # Pushes go on: what is known of them is to be no older than what the directory holds, or people who were pushed
        # in between would look as if they had left.
        if not settings.integration.pulls:
            span.enter_context(target.reading())
            target.serial()
        reading = read(source, target, settings, options.last)
        if merged is not None:
            span.enter_context(target.reading())
            reading = merged(reading)
        return plan_reading(settings, reading, target, options, cache=cache, further=further)


def plan_reading(
    settings: Settings,
    reading: Reading,
    target: DirectoryReader,
    options: PlanOptions,
    *,
    cache: Facts | None = None,
    further: Sequence[Target] = (),
) -> Planned:
    """The same, from a reading."""
    if options.pushed is not None:
        options = replace(options, noticed=(*options.noticed, *kept_as_read(reading.snapshot, options.pushed)))
    # What moved in the first target says nothing of what others lack: everybody is compiled.
    remembered = None if cache is None or further else Remembering(decode_memo(cache.get(_MEMO.format(target.name))))
    planned = make_plan(settings, reading, target, options, remembered)
    return with_further_targets(planned, further) if further else planned


def remember_after_apply(
    planned: Planned, target: DirectoryReader, cache: Facts, applied: Applied, batches: int = 0
) -> None:
    """Leave the memo of a directory to which the plan was just applied whole; none if anyone else wrote to it since
    it was planned for, since nobody looked at what they wrote. `batches` were applied before `applied`.
    """
    wrote = batches + (applied.run is not None or applied.locks_swept > 0)
    index = target.index(planned.inputs.settings.integration.org_url)
    if index.serial != applied.serial or applied.serial != planned.inputs.index.serial + wrote:
        return
    memo = planned.memo_after_apply(index)
    if memo is not None:
        cache.put({_MEMO.format(target.name): encode_memo(memo)})


def remember_after_plan(planned: Planned, target: DirectoryReader, cache: Facts) -> None:
    """Leave the memo of the directory as it was planned for: it spares the next plan from looking at everything."""
    memo = planned.memo_before_apply()
    if memo is not None:
        cache.put({_MEMO.format(target.name): encode_memo(memo)})


def no_last_reading() -> Finding:
    """A warning that a plan from files knows nothing of the reading before."""
    return Finding(
        "no_last_reading",
        "warning",
        "The file of the directory does not say which reading was applied last; this reading is held against the "
        "directory itself. Write the file with `idsync get all --format json` to have it said.",
    )


def not_merged() -> Finding:
    """A warning that a plan from files shows edits as put back that an apply sends to Okta."""
    return Finding(
        NOT_MERGED,
        "warning",
        "Memberships go both ways, and this is planned from a file: what people edited in the directory shows as put "
        "back, and what goes to Okta is left out. Plan without --snapshot and --current to see it.",
    )


def no_store() -> Finding:
    """A warning that there is no directory yet, or not where the configuration says."""
    return Finding(
        "no_store",
        "warning",
        "The store does not exist yet: this is planned against an empty directory. If there was one, see that its file"
        " is where `store` in the configuration says.",
    )
