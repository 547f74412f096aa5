"""A configuration, from files to settings."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idsync.config import source_files
from idsync.config.guards import Guards
from idsync.config.loader import Loaded, load, load_documents
from idsync.config.patterns import NameFilter, NamePattern
from idsync.config.secret_references import EnvironmentSecret, FileSecret
from idsync.config.settings import (
    ApiToken,
    AppById,
    AppByLabel,
    EmptyLists,
    GroupRule,
    ListSubject,
    LockSettings,
    OAuth,
    OktaSource,
    Settings,
    SnapshotSource,
    SuspendedPeople,
    SyncSwitches,
    TraitRule,
)
from idsync.diagnostics import Position

INTEGRATION = """\
apiVersion: idsync/v1
kind: Integration
spec:
  org_url: https://enzos-pizza.okta.com
  app: {id: 0oa1}
  auth: {api_token: {env: OKTA_API_TOKEN}}
"""
OWNERS = "apiVersion: idsync/v1\nkind: DefaultOwners\nspec: {owners: [alice@enzos-pizza.com]}\n"
FULL = """\
apiVersion: idsync/v1
kind: Integration
metadata: {name: pizza}
spec:
  org_url: HTTPS://Enzos-Pizza.okta.com/
  app: {label: Teleport}
  auth: {oauth: {client_id: 0oa2, private_key: {file: okta.pem}, key_id: k1}}
  source: {snapshot: {path: snapshot.json}}
  store: sqlite:////var/lib/idsync/idsync.db
  target: {local: {}}
  sync: {users: true, access_lists: true, app_groups: false, bidirectional: false, scim: false}
  users:
    default_roles: [base, more]
    suspended: ignore
    traits: {prefix: up/, include: [mail, "dep*"], exclude: [depth]}
    adopt: [root]
  locks: {ttl: never, margin: 1h30m}
  access_lists: {when_empty: keep}
  interval: 2d
  rate_limit_share: 75
---
apiVersion: idsync/v1
kind: DefaultOwners
spec:
  owners:
    - alice
    - bob
---
apiVersion: idsync/v1
kind: ImportFilters
spec:
  groups: {include: ["eng-*"], exclude: [eng-bots]}
---
apiVersion: idsync/v1
kind: RoleMapping
spec:
  rules:
    - {trait: up/title, value: "^(.*) lead$", roles: ["lead-$1"]}
    - {group: "aws-*", roles: ["aws-$1", all]}
---
apiVersion: idsync/v1
kind: AccessListRules
spec:
  rules:
    - group: "^team-(.*)$"
      title: T $1
      description: ""
      owners: [bob]
      grants: {roles: ["team-${1}"], traits: {z: [$1], a: []}}
    - {app: "*"}
---
apiVersion: idsync/v1
kind: Guards
spec:
  user_deletes: {percent: 12.5}
  user_locks: {floor: 0}
  protected_users: [root]
"""


def write(folder: Path, *documents: str, name: str = "idsync.yaml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("---\n".join(documents))
    return folder


def settings_of(path: Path) -> Settings:
    loaded = load(path)
    assert loaded.diagnostics == ()
    assert loaded.settings is not None
    return loaded.settings


def codes(loaded: Loaded) -> list[str]:
    return [f"{found.position} {found.code}" for found in loaded.diagnostics]


def test_the_smallest_configuration_has_every_default(tmp_path: Path) -> None:
    settings = settings_of(write(tmp_path, INTEGRATION, OWNERS))
    integration = settings.integration
    assert (integration.name, integration.org_url) == ("okta", "https://enzos-pizza.okta.com")
    assert integration.app == AppById("0oa1")
    assert integration.authentication == ApiToken(EnvironmentSecret("OKTA_API_TOKEN", Position("idsync.yaml", 6, 27)))
    assert integration.source == OktaSource()
    assert integration.store == "sqlite:///idsync.db"
    assert integration.sync == SyncSwitches()
    assert [role.name for role in integration.users.default_roles] == ["okta-requester"]
    assert integration.users.suspended is SuspendedPeople.LOCK
    assert integration.users.traits.prefix == "okta/"
    assert integration.users.traits.attributes.selects("mobilePhone")
    assert integration.locks == LockSettings(ttl=30 * 3600, margin=3600)
    assert (integration.interval, integration.rate_limit_share) == (1800, 50)
    assert settings.guards == Guards()
    assert settings.filters.groups == NameFilter()
    assert settings.role_rules == ()
    assert settings.access_list_rules == ()


def test_a_document_that_fits_makes_no_other_one_fit(tmp_path: Path) -> None:
    """Values that Python takes for equal, one after the other in one process, and once more."""
    guards = "apiVersion: idsync/v1\nkind: Guards\nspec: {{user_deletes: {{floor: {}}}}}\n"
    for _ in range(2):
        settings_of(write(tmp_path, INTEGRATION, OWNERS, guards.format(1)))
        for other in ("true", "'1'", "-1"):
            assert load(write(tmp_path, INTEGRATION, OWNERS, guards.format(other))).settings is None


def test_everything_that_is_written_is_read(tmp_path: Path) -> None:
    integration = settings_of(write(tmp_path, FULL)).integration
    assert (integration.name, integration.org_url) == ("pizza", "https://enzos-pizza.okta.com")
    assert integration.app == AppByLabel("Teleport")
    assert integration.authentication == OAuth("0oa2", FileSecret("okta.pem", Position("idsync.yaml", 7, 55)), "k1")
    assert integration.source == SnapshotSource("snapshot.json")
    assert integration.store == "sqlite:////var/lib/idsync/idsync.db"
    assert integration.users.suspended is SuspendedPeople.IGNORE
    assert integration.users.traits.prefix == "up/"
    assert integration.users.traits.attributes.select(["mail", "department", "depth", "x"]) == [
        True,
        True,
        False,
        False,
    ]
    assert integration.users.adopt == {"root"}
    assert integration.locks == LockSettings(ttl=None, margin=5400)
    assert integration.empty_lists is EmptyLists.KEEP
    assert (integration.interval, integration.rate_limit_share) == (2 * 86400, 75)


def test_rules_owners_and_guards_know_where_they_stand(tmp_path: Path) -> None:
    settings = settings_of(write(tmp_path, FULL))
    assert [(owner.name, str(owner.position)) for owner in settings.default_owners] == [
        ("alice", "idsync.yaml:26:7"),
        ("bob", "idsync.yaml:27:7"),
    ]
    assert [(role.name, role.position.line) for role in settings.integration.users.default_roles] == [
        ("base", 13),
        ("more", 13),
    ]
    trait, group = settings.role_rules
    assert isinstance(trait, TraitRule)
    assert isinstance(group, GroupRule)
    assert (trait.trait, str(trait.position)) == ("up/title", "idsync.yaml:38:7")
    assert (group.group, str(group.position)) == (NamePattern("aws-*"), "idsync.yaml:39:7")
    assert settings.guards.user_deletes.position == Position("idsync.yaml", 55, 3)
    assert settings.guards.member_removals.position is None


def test_templates_expand_what_their_own_filter_captured(tmp_path: Path) -> None:
    settings = settings_of(write(tmp_path, FULL))
    group = settings.role_rules[1]
    assert isinstance(group, GroupRule)
    captures = group.group.match("aws-prod")
    assert captures is not None
    assert [role.expand(captures) for role in group.roles] == ["aws-prod", "all"]
    team, everything = settings.access_list_rules
    assert (team.subject, everything.subject) == (ListSubject.GROUP, ListSubject.APP)
    assert team.title is not None
    assert team.description is not None
    assert team.title.expand(["x"]) == "T x"
    assert team.description.expand(["x"]) == ""
    assert [owner.expand(["x"]) for owner in team.owners] == ["bob"]
    assert [(str(grant.name), [str(value) for value in grant.values]) for grant in team.traits] == [
        ("a", []),
        ("z", ["$1"]),
    ]
    assert everything.title is None


@pytest.mark.parametrize(("managed", "limit"), [(0, 5), (40, 5), (47, 5), (48, 6), (100, 12), (1000, 125)])
def test_a_guard_passes_up_to_its_percent_or_its_floor(tmp_path: Path, managed: int, limit: int) -> None:
    guards = settings_of(write(tmp_path, FULL)).guards
    assert guards.user_deletes.percent == Decimal("12.5")
    assert guards.user_deletes.limit(managed) == limit
    assert guards.user_locks.limit(managed) == managed // 10


def test_settings_are_hashable_values(tmp_path: Path) -> None:
    first, second = settings_of(write(tmp_path, FULL)), settings_of(tmp_path)
    assert first == second
    assert hash(first) == hash(second)


def test_files_are_read_at_any_depth_in_path_order_and_hidden_ones_are_not(tmp_path: Path) -> None:
    rule = "apiVersion: idsync/v1\nkind: RoleMapping\nspec: {rules: [{group: %s, roles: [r]}]}\n"
    write(tmp_path, INTEGRATION, OWNERS, name="z.yml")
    for name in ("b.yaml", "a/z.yaml", "a.yaml", "c/d/e.yml", "B.yaml"):
        write(tmp_path, rule % name.replace("/", "-"), name=name)
    for name in (".github/workflow.yaml", ".hidden.yaml", "notes.txt", "c/.git/x.yml", "data.json"):
        write(tmp_path, "not: [ours", name=name)
    settings = settings_of(tmp_path)
    assert [rule.position.file for rule in settings.role_rules] == [
        "B.yaml",
        "a.yaml",
        "a/z.yaml",
        "b.yaml",
        "c/d/e.yml",
    ]


def test_one_file_of_any_name_is_a_configuration(tmp_path: Path) -> None:
    write(tmp_path, INTEGRATION, OWNERS, name="idsync.conf")
    write(tmp_path, "kind: [", name="other.yaml")
    loaded = load(tmp_path / "idsync.conf")
    assert loaded.diagnostics == ()
    assert loaded.directory == tmp_path


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "absent", tmp_path / "nul\x00byte", tmp_path / ("x" * 5000)):
        loaded = load(path)
        assert loaded.settings is None
        assert [found.code for found in loaded.diagnostics] == ["config_not_found"]


def test_links_to_files_and_folders_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    write(tmp_path, INTEGRATION, OWNERS, name="..data/idsync.yaml")
    write(tmp_path, "apiVersion: idsync/v1\nkind: Guards\nspec: {}\n", name=".shared/guards.yaml")
    (tmp_path / "idsync.yaml").symlink_to("..data/idsync.yaml")
    (tmp_path / "shared").symlink_to(".shared")
    assert settings_of(tmp_path)
    (tmp_path / ".shared" / "up").symlink_to("..")
    (tmp_path / ".shared" / "self").symlink_to(".")
    assert codes(load(tmp_path)) == ["shared/self unreadable_file", "shared/up unreadable_file"]


@pytest.mark.parametrize(
    "make", [lambda path: path.symlink_to("absent"), lambda path: path.symlink_to(path), os.mkfifo]
)
def test_what_is_not_a_readable_file_is_named_without_waiting_for_it(tmp_path: Path, make: object) -> None:
    assert callable(make)
    write(tmp_path, INTEGRATION, OWNERS)
    make(tmp_path / "odd.yaml")
    assert codes(load(tmp_path)) == ["odd.yaml unreadable_file"]


def test_a_folder_that_may_not_be_listed_is_named_and_the_rest_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, INTEGRATION, OWNERS.replace("owners:", "owner:"))
    write(tmp_path, "", name="closed/x.yaml")
    iterdir = Path.iterdir

    def refuse(path: Path) -> Iterator[Path]:
        if path.name == "closed":
            raise PermissionError(13, "Permission denied")
        return iterdir(path)

    monkeypatch.setattr(Path, "iterdir", refuse)
    found = load(tmp_path).diagnostics
    assert [str(mistake.position) for mistake in found] == ["closed", "idsync.yaml:10:8"]
    assert found[0].summary == "the folder cannot be read: Permission denied"


def test_a_configuration_that_may_not_be_listed_is_named_as_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path) -> Iterator[Path]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    first = load(tmp_path).diagnostics[0]
    assert (str(first.position), first.code) == (str(tmp_path), "unreadable_file")


def test_a_folder_named_like_a_file_is_a_folder(tmp_path: Path) -> None:
    write(tmp_path, INTEGRATION, OWNERS, name="all.yaml/idsync.yaml")
    assert settings_of(tmp_path).integration.position.file == "all.yaml/idsync.yaml"


def test_file_names_that_would_spoil_a_terminal_are_written_plainly(tmp_path: Path) -> None:
    (tmp_path / "a\x1b[31m\nb.yaml").write_text("kind: [")
    (tmp_path / os.fsdecode(b"\xff.yaml")).write_text("kind: [")
    files = [found.position.file for found in load(tmp_path).diagnostics]
    assert files == ["a\\x1b[31m\\nb.yaml", "\ufffd.yaml"]


def test_a_large_file_is_refused_at_once_and_the_others_are_read(tmp_path: Path) -> None:
    write(tmp_path, INTEGRATION, OWNERS)
    (tmp_path / "large.yaml").write_bytes(b"a: " + b"x" * 10_000_000)
    (tmp_path / "other.yaml").write_text("apiVersion: idsync/v1\nkind: Guard\nspec: {}\n")
    started = time.process_time()
    found = codes(load(tmp_path))
    assert time.process_time() - started < 1
    assert found == ["large.yaml too_large", "other.yaml:2:7 unknown_kind"]


def test_too_many_files_folders_or_bytes_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_files, "TREE_FILES", 3)
    monkeypatch.setattr(source_files, "TREE_FOLDERS", 2)
    monkeypatch.setattr(source_files, "TREE_BYTES", 300)
    write(tmp_path, INTEGRATION, OWNERS)
    for number in range(3):
        write(tmp_path, "# " + "x" * 60 + "\n", name=f"z{number}.yaml")
    write(tmp_path, "", name="folder/one/two.yaml")
    found = load(tmp_path)
    assert {mistake.code for mistake in found.diagnostics} == {"too_large"}
    assert [mistake.position.file for mistake in found.diagnostics] == ["folder/one", "z1.yaml", "z2.yaml"]
    assert found.settings is None


def test_folders_nested_very_deep_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_files, "TREE_DEPTH", 2)
    write(tmp_path, INTEGRATION, OWNERS, name="a/idsync.yaml")
    assert settings_of(tmp_path)
    write(tmp_path, "", name="a/b/x.yaml")
    assert codes(load(tmp_path)) == ["a/b too_large"]


def test_no_more_than_a_thousand_mistakes_are_shown(tmp_path: Path) -> None:
    write(tmp_path, INTEGRATION, OWNERS)
    write(
        tmp_path,
        "apiVersion: idsync/v1\nkind: Guards\nspec:\n" + "".join(f"  x{n}: 1\n" for n in range(3000)),
        name="z.yaml",
    )
    found = load(tmp_path).diagnostics
    assert len(found) == 1001
    assert [mistake.code for mistake in found if mistake.code != "unknown_key"] == ["too_many_mistakes"]


@pytest.mark.long
def test_all_files_share_one_budget_of_values(tmp_path: Path) -> None:
    for number in range(4):
        write(tmp_path, "- a\n" * 100_000, name=f"{number}.yaml")
    found = [mistake for mistake in load(tmp_path).diagnostics if mistake.code == "yaml_too_many_values"]
    assert [mistake.position.file for mistake in found] == ["2.yaml"]


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8080",
        "http://127.0.0.1",
        "http://[::1]:8080/",
        "https://login.example.com",
        "https://a.okta.com:8443",
    ],
)
def test_addresses_that_are_accepted(tmp_path: Path, url: str) -> None:
    text = INTEGRATION.replace("https://enzos-pizza.okta.com", f'"{url}"')
    assert settings_of(write(tmp_path, text, OWNERS)).integration.org_url == url.rstrip("/")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://a.okta.com:443", "https://a.okta.com"),
        ("https://A.okta.com:443/", "https://a.okta.com"),
        ("http://[::1]:80/", "http://[::1]"),
        ("http://127.0.0.1:443", "http://127.0.0.1:443"),
        ("https://a.okta.com:80", "https://a.okta.com:80"),
        ("https://a.okta.com:4430", "https://a.okta.com:4430"),
    ],
)
def test_a_port_that_is_the_schemes_own_is_left_out_of_the_address(tmp_path: Path, written: str, meant: str) -> None:
    text = INTEGRATION.replace("https://enzos-pizza.okta.com", f'"{written}"')
    assert settings_of(write(tmp_path, text, OWNERS)).integration.org_url == meant


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1",
        "http://localhost.example.com",
        "ftp://a.okta.com",
        "https://",
        "https://a.okta.com:99999",
        "https://a.okta.com?x",
        "https://a.okta.com#x",
        "https://a.okta.com/api/v1",
        "https://a okta.com",
        "https://a.okta.com\\n",
        "https://ä.okta.com",
        "https://[::1",
        "https://user@a.okta.com",
        "//a.okta.com",
        "",
    ],
)
def test_addresses_that_are_refused(tmp_path: Path, url: str) -> None:
    text = INTEGRATION.replace("https://enzos-pizza.okta.com", f'"{url}"')
    assert codes(load(write(tmp_path, text, OWNERS))) == ["idsync.yaml:4:12 bad_org_url"]


@pytest.mark.parametrize(
    "store", ["sqlite:///:memory:", "sqlite:///a/", "sqlite:///a?b", "sqlite:///%61", "sqlite:////", "idsync.db", ""]
)
def test_stores_that_could_not_be_found_again_are_refused(tmp_path: Path, store: str) -> None:
    text = INTEGRATION + f'  store: "{store}"\n'
    assert codes(load(write(tmp_path, text, OWNERS))) == ["idsync.yaml:7:10 bad_store"]


@pytest.mark.parametrize(
    ("written", "seconds"), [("1m", 60), ("90m", 5400), ("30h", 108000), ("2d", 172800), ("1d1h1m", 90060)]
)
def test_durations_are_whole_seconds(tmp_path: Path, written: str, seconds: int) -> None:
    text = INTEGRATION + f"  interval: {written}\n"
    assert settings_of(write(tmp_path, text, OWNERS)).integration.interval == seconds


@pytest.mark.parametrize(
    "written", ["0m", "0d0h0m", "59", "30s", "1h30", "m", "1m1h", "-1m", "1.5h", "1 h", "9999999d", '"30m\\n"', "1M"]
)
def test_what_is_not_a_duration_is_refused_at_its_place(tmp_path: Path, written: str) -> None:
    loaded = load(write(tmp_path, INTEGRATION + f"  interval: {written}\n", OWNERS))
    assert [str(found.position) for found in loaded.diagnostics] == ["idsync.yaml:7:13"]


def digest(folder: Path, *documents: str, name: str = "idsync.yaml") -> str:
    folder.mkdir()
    return settings_of(write(folder, *documents, name=name)).digest


def test_the_digest_is_of_meaning_and_not_of_layout(tmp_path: Path) -> None:
    parts = FULL.split("---\n")
    reference = digest(tmp_path / "reference", FULL)
    assert reference.startswith("sha256:")
    assert digest(tmp_path / "order", *reversed(parts)) == reference
    assert digest(tmp_path / "name", FULL, name="sub/other.yml") == reference
    assert digest(tmp_path / "comments", "# hello\n" + FULL.replace("\n---\n", " # x\n\n---\n\n")) == reference
    same = {
        "store: sqlite:////var/lib/idsync/idsync.db": "store: sqlite:///elsewhere.db",
        "private_key: {file: okta.pem}": "private_key: {env: KEY}",
        "{ttl: never, margin: 1h30m}": "{margin: 90m, ttl: never}",
        "percent: 12.5": "percent: 12.50",
        "HTTPS://Enzos-Pizza.okta.com/": "https://enzos-pizza.okta.com",
        'include: [mail, "dep*"]': "include: ['dep*', mail, mail]",
        "traits: {z: [$1], a: []}": "traits: {a: [], z: [$1]}",
    }
    for number, (written, instead) in enumerate(same.items()):
        assert written in FULL
        assert digest(tmp_path / f"same{number}", FULL.replace(written, instead)) == reference


def test_the_digest_changes_with_what_is_asked_for(tmp_path: Path) -> None:
    other = {
        "name: pizza": "name: pasta",
        "label: Teleport": "id: Teleport",
        "[base, more]": "[more, base]",
        "suspended: ignore": "suspended: delete",
        "ttl: never": "ttl: 30h",
        "when_empty: keep": "when_empty: delete",
        "adopt: [root]": "adopt: []",
        "exclude: [eng-bots]": "exclude: []",
        'roles: ["aws-$1", all]': 'roles: [all, "aws-$1"]',
        "title: T $1": "title: U $1",
        "percent: 12.5": "percent: 12.6",
        "- alice": "- carol",
        '{app: "*"}': '{app: "x"}',
        "protected_users: [root]": "protected_users: []",
    }
    digests = {digest(tmp_path / "reference", FULL)}
    for number, (written, instead) in enumerate(other.items()):
        assert written in FULL
        digests.add(digest(tmp_path / f"other{number}", FULL.replace(written, instead)))
    assert len(digests) == len(other) + 1


def test_the_order_of_rules_is_part_of_the_digest(tmp_path: Path) -> None:
    rules = ['    - {group: "a", roles: [x]}\n', '    - {group: "b", roles: [y]}\n']
    head = "apiVersion: idsync/v1\nkind: RoleMapping\nspec:\n  rules:\n"
    digests = {
        digest(tmp_path / f"{number}", INTEGRATION, OWNERS, head + "".join(order))
        for number, order in enumerate([rules, rules[::-1]])
    }
    assert len(digests) == 2


def test_importing_the_configuration_does_not_import_jsonschema() -> None:
    script = "import sys, idsync.config.loader, idsync.config.secrets; print('jsonschema' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


@pytest.mark.long
def test_a_configuration_of_thousands_of_lines_loads_within_seconds(tmp_path: Path) -> None:
    rules = "".join(f'    - group: "team-{n}-*"\n      roles: ["team-$1", {n}x]\n' for n in range(2500))
    write(tmp_path, INTEGRATION, OWNERS, "apiVersion: idsync/v1\nkind: RoleMapping\nspec:\n  rules:\n" + rules)
    load(tmp_path)
    started = time.process_time()
    assert len(settings_of(tmp_path).role_rules) == 2500
    assert time.process_time() - started < 5


VALUES = st.recursive(
    st.sampled_from(
        ["x", "'*'", "^(a$", "$1", "5", "1.5", "true", "null", "{}", "[]", "30m", "never", "0m", '"\\e"', "&a b", "*a"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(
            st.sampled_from(
                ["rules", "group", "app", "trait", "value", "roles", "grants", "traits", "env", "file", "id", "include"]
            )
            | st.sampled_from(
                ["percent", "floor", "path", "okta", "snapshot", "api_token", "oauth", "private_key", "prefix", "x"]
            ),
            inner,
            max_size=4,
        ).map(lambda entries: "{" + ", ".join(f"{key}: {value}" for key, value in entries.items()) + "}")
    ),
    max_leaves=12,
)
KEYS = st.sampled_from(
    [
        *("org_url", "app", "auth", "source", "store", "target", "sync", "users", "locks", "access_lists", "interval"),
        *(
            "rate_limit_share",
            "owners",
            "groups",
            "apps",
            "rules",
            "user_deletes",
            "source_shrink",
            "protected_users",
            "y",
        ),
    ]
)
KINDS = st.sampled_from(
    ["Integration", "DefaultOwners", "ImportFilters", "RoleMapping", "AccessListRules", "Guards", "X"]
)
DOCUMENTS = st.builds(
    lambda kind, spec: f"apiVersion: idsync/v1\nkind: {kind}\nspec: {{{', '.join(f'{k}: {v}' for k, v in spec)}}}\n",
    KINDS,
    st.lists(st.tuples(KEYS, VALUES), max_size=5),
)


@settings(deadline=None)
@given(st.lists(DOCUMENTS | st.text(max_size=40), max_size=4))
def test_any_documents_are_loaded_or_refused_at_a_place(
    tmp_path_factory: pytest.TempPathFactory, documents: list[str]
) -> None:
    folder = tmp_path_factory.getbasetemp() / "any"
    folder.mkdir(exist_ok=True)
    (folder / "any.yaml").write_bytes("---\n".join([INTEGRATION, OWNERS, *documents]).encode(errors="replace"))
    loaded = load(folder)
    assert (loaded.settings is None) == any(found.severity == "error" for found in loaded.diagnostics)
    assert list(loaded.diagnostics) == sorted(loaded.diagnostics, key=lambda found: found.position)
    for found in loaded.diagnostics:
        assert found.position.line >= 1
        assert found.summary.isprintable()
        assert found.fix
        assert found.why
    if loaded.settings is not None:
        assert loaded.settings.digest
    assert load_documents(loaded.files, folder) == loaded


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_at_a_place(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.getbasetemp() / "bytes"
    folder.mkdir(exist_ok=True)
    (folder / "any.yaml").write_bytes(content)
    loaded = load(folder)
    assert loaded.settings is None
    assert loaded.diagnostics


@pytest.mark.long
def test_six_times_as_many_unknown_keys_do_not_take_twelve_times_as_long(tmp_path: Path) -> None:
    def seconds(keys: int) -> float:
        write(tmp_path, "apiVersion: idsync/v1\nkind: Guards\nspec:\n" + "".join(f"  x{n}: 1\n" for n in range(keys)))
        started = time.process_time()
        assert load(tmp_path).settings is None
        return time.process_time() - started

    assert seconds(60_000) < 12 * seconds(10_000)
