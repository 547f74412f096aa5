"""What filters match: the answer agrees with what becomes an access list."""

from hypothesis import given, settings
from hypothesis import strategies as st

from idsync.compiler.subjects import subjects
from idsync.config.patterns import NameFilter, NamePattern
from idsync.config.settings import AppById, AppByLabel, ImportFilters
from idsync.model.identity import IdentityApp, IdentityGroup, Snapshot, raw_json
from idsync.reconcile.filtering import matches
from idsync.sources.protocol import Catalogue, ListedApp, ListedGroup

names = st.sampled_from(["eng", "Eng", "eng-web", "ops", "Everyone", "*"])
patterns = st.lists(st.sampled_from(["eng", "eng-*", "*", "^(eng|ops)$", "Everyone"]).map(NamePattern), max_size=3)
filters = st.builds(NameFilter, include=st.none() | patterns.map(tuple), exclude=patterns.map(tuple))


@settings(deadline=None)
@given(
    chosen=st.builds(ImportFilters, filters, filters),
    groups=st.lists(st.tuples(names, st.sampled_from(["OKTA_GROUP", "BUILT_IN", "APP_GROUP"])), max_size=6),
    apps=st.lists(st.tuples(names, st.sampled_from(["ACTIVE", "INACTIVE"])), max_size=6),
)
def test_what_is_said_to_be_taken_is_what_becomes_a_list(
    chosen: ImportFilters, groups: list[tuple[str, str]], apps: list[tuple[str, str]]
) -> None:
    nobody = raw_json([])
    snapshot = Snapshot(
        "1.0",
        "https://enzos-pizza.okta.com",
        "0oa0",
        "2026-11-02T08:00:00Z",
        complete=True,
        users=[],
        groups=[IdentityGroup(f"00g{n}", name, nobody, type=kind) for n, (name, kind) in enumerate(groups)],
        apps=[IdentityApp(f"0oa{n}", label, nobody, status=status) for n, (label, status) in enumerate(apps)],
    )
    catalogue = Catalogue(
        tuple(ListedGroup(group.id, group.name, group.type) for group in snapshot.groups),
        tuple(ListedApp(app.id, app.label, app.status) for app in snapshot.apps),
    )
    found = matches(chosen, catalogue, AppById("0oa0"))
    taken = {match.id for match in (*found.groups, *found.apps) if match.taken}
    assert taken == {subject.id for subject in subjects(chosen, snapshot)}
    assert all(match.taken or match.why_not for match in (*found.groups, *found.apps))


def test_the_sso_app_is_known_by_its_label_too() -> None:
    catalogue = Catalogue((), (ListedApp("0oa1", "Teleport", "ACTIVE"), ListedApp("0oa2", "Other", "ACTIVE")))
    found = matches(ImportFilters(), catalogue, AppByLabel("Teleport"))
    assert [(match.name, match.taken) for match in found.apps] == [("Other", True), ("Teleport", False)]
