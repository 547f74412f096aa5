"""The status page: who sees it, what a person may do there, and that no name on it does anything."""

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from idsync.apply.kept_back import held_by_guard, kept_back
from idsync.apply.kept_entries import digest_of
from idsync.bootstrap.workspace import Workspace
from idsync.errors import SourceUnreachable, StoreAway
from idsync.model.directory import ConfigCause, UpstreamCause
from idsync.model.findings import Finding
from idsync.model.journal import RunStarted
from idsync.model.times import format_time
from idsync.reconcile.continuous.pass_reports import NOTHING_PUSHED, ended, failed, put_report, with_findings
from idsync.reconcile.continuous.wishes import Wish, wish_for_pass
from idsync.reconcile.waiting import kept_back_findings
from idsync.server.page.overview import last_full
from idsync.stores.sqlite.store import open_store
from idsync.targets.local import LocalTarget
from tests.core.world import ORG, config
from tests.server.conftest import HOLDER, PUSHED, Served, served
from tests.server.page_world import SECRETS, TOKEN, gains_are_held, held, page, page_settings, passes, send, sign_in
from tests.server.test_bursts import guarded, locked, people
from tests.server.test_inherited_resources import NOTHING

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Served]:
    with page(tmp_path) as running:
        yield running


PAGES = ("/", "/people?q=p", "/people?name=p00@x.com", "/filters", "/runs/1")


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_is_led_to_the_door(service: Served, path: str) -> None:
    answer = service.http.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


def test_a_token_opens_the_door_and_another_one_does_not(service: Served) -> None:
    assert service.http.post("/sign-in", data={"token": "wrong"}, headers=SAME_SITE).status_code == 401
    assert service.http.get("/").status_code == 303
    sign_in(service)
    assert "Nothing was applied yet" in service.http.get("/").text


def test_a_form_from_elsewhere_is_told_apart_from_a_wrong_token(service: Served) -> None:
    for told in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://idsync.example.com", "Host": "idsync:8080"}):
        answer = service.http.post("/sign-in", data={"token": TOKEN}, headers=told)
        assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)
        assert "has to pass the Host on" in answer.text
        assert "not a token" not in answer.text


def test_who_tries_many_tokens_has_to_wait(service: Served) -> None:
    codes = [service.http.post("/sign-in", data={"token": "wrong"}, headers=SAME_SITE).status_code for _ in range(11)]
    assert codes == [401] * 10 + [429]
    service.clock[0] += dt.timedelta(minutes=1)
    sign_in(service)


def test_a_session_ends_after_hours_and_with_its_token(service: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(service)
    service.clock[0] += dt.timedelta(hours=11)
    assert service.http.get("/").status_code == 200
    monkeypatch.setitem(SECRETS, "ALICE", "another-token-of-alice")
    assert service.http.get("/").status_code == 303
    monkeypatch.setitem(SECRETS, "ALICE", TOKEN)
    assert service.http.get("/").status_code == 200
    service.clock[0] += dt.timedelta(hours=2)
    assert service.http.get("/").status_code == 303


@pytest.mark.parametrize("cookie", ["", "x", "9999999999.", "9999999999.00", "²³.00", f"{'9' * 40}.00"])
def test_a_cookie_that_nobody_signed_opens_nothing(service: Served, cookie: str) -> None:
    assert service.http.get("/", headers=[(b"cookie", f"idsync-session={cookie}".encode())]).status_code == 303


def test_the_cookie_is_for_this_site_and_for_no_script(tmp_path: Path) -> None:
    with page(tmp_path, public_url="https://idsync.example.com", base_url="https://idsync.example.com") as service:
        answer = service.http.post("/sign-in", data={"token": TOKEN}, headers=SAME_SITE)
        attributes = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")}
        assert {"secure", "httponly", "samesite=strict", "path=/"} <= attributes


def test_without_tokens_this_machine_may_look_and_nobody_may_do_anything(tmp_path: Path) -> None:
    with page(tmp_path, signing_in=False) as service:
        assert service.http.get("/").status_code == 200
        assert '<form method="post"' not in service.http.get("/").text
        assert service.http.get("/", headers={"Host": "evil.example:8080"}).status_code == 403
        for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"):
            assert service.http.get("/", headers={header: "203.0.113.7"}).status_code == 403
        assert send(service, "/pass") == 403
        assert send(service, "/release", guard="user_deletes", reason="because") == 403


def test_without_tokens_no_other_machine_may_look(tmp_path: Path) -> None:
    with page(tmp_path, signing_in=False, client="203.0.113.7") as service:
        assert service.http.get("/").status_code == 403
    with page(tmp_path, signing_in=False, public_url="https://idsync.example.com") as service:
        assert service.http.get("/").status_code == 403


def test_a_form_is_taken_from_the_page_alone(service: Served) -> None:
    form = sign_in(service)
    path, fields = "/release", {"guard": "user_deletes", "reason": "they left", "held": held(service)}
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {}):
        assert service.http.post(path, data={**fields, "form": form}, headers=headers).status_code == 403
    assert service.http.post(path, data=fields, headers=SAME_SITE).status_code == 403
    assert service.http.post(path, data={**fields, "form": "0" * 64}, headers=SAME_SITE).status_code == 403
    assert service.called == []
    assert send(service, path, **fields, form=form) == 303


def test_r43_what_is_held_is_released_by_a_person_with_a_reason(service: Served) -> None:
    settings = page_settings()
    okta = service.engine()
    for person in people(okta, 3)[:2]:
        okta.deactivate(person)
    form = sign_in(service)
    text = service.http.get("/").text
    assert "Changes wait for a person" in text
    assert "held by the guard <code>user_deletes</code> since <time" in text
    assert text.index("As of <time") < text.index("Held back"), "how old the page is stands before all that it shows"
    assert "delete the user p00@x.com" in text
    assert not passes(service, settings)
    assert send(service, "/pass", form=form) == 303
    assert passes(service, settings)
    assert len(service.directory().users) == 3
    assert (
        send(service, "/release", form=form, guard="user_deletes", reason="they left on Friday", held=held(service))
        == 303
    )
    assert service.called == ["called", "called"]
    asked = "Its release is asked for by status page: alice: they left on Friday."
    assert asked in service.http.get("/").text, "also to who comes back before the pass"
    assert passes(service, settings)
    assert asked not in service.http.get("/").text
    assert sorted(service.directory().users) == ["p02@x.com"]
    with open_store(service.path) as store:
        started = next(each.entry for each in store.journal.latest() if isinstance(each.entry, RunStarted))
    assert started.actor == "status page: alice"
    assert started.releases == {"user_deletes": "they left on Friday"}
    assert "they left on Friday" in service.http.get("/").text
    assert "Changes wait for a person" not in service.http.get("/").text


def test_r43_people_who_are_not_locked_as_a_guard_holds_their_locks_are_told_before_all_else(tmp_path: Path) -> None:
    none = "{percent: 100, floor: 100}"
    settings = guarded(user_deletes=none, user_locks=none, lock_burst="{percent: 0, floor: 1}")
    with served(tmp_path / "a.db", settings) as service:
        okta = service.engine()
        everybody = people(okta, 4)
        okta.deactivate(everybody[0])
        with open_store(service.path) as store:
            put_report(store.facts, ended("full", service.clock[0], service.clock[0]))
        text = service.http.get("/").text
        assert "not locked yet" not in text
        assert '<li class="well">\n<h3>Locks' in text
        for person in everybody[1:3]:
            okta.deactivate(person)
        text = service.http.get("/").text
        assert "2 people who are to be locked are not locked yet." in text
        assert text.index("not locked yet") < text.index("held by")
        assert '<li class="waiting">\n<h3>Locks' in text
        okta.assign(everybody[1])
        assert "1 person who is to be locked is not locked yet." in service.http.get("/").text


def test_a_part_that_fails_stands_in_the_heading_also_where_changes_wait(service: Served) -> None:
    okta = service.engine()
    ann, *_ = people(okta, 2)
    with open_store(service.path) as store:
        now = service.clock[0]
        put_report(store.facts, failed("full", now, now, SourceUnreachable("Okta does not answer.")))
    sign_in(service)
    text = service.http.get("/").text
    assert "<h1>A part fails</h1>" in text
    assert "Okta does not answer." in text
    okta.deactivate(ann)
    assert "<h1>Changes wait for a person, and a part fails</h1>" in service.http.get("/").text
    with open_store(service.path) as store:
        put_report(store.facts, ended("full", now, now))
    assert "<h1>Changes wait for a person</h1>" in service.http.get("/").text


def test_a_pass_that_failed_is_not_shown_as_a_success_with_users_locks_and_lists(service: Served) -> None:
    people(service.engine(), 2)
    sign_in(service)
    now = service.clock[0]
    later = now + dt.timedelta(hours=1)
    for report, state, said in (
        (
            failed("full", now, now, SourceUnreachable("Okta does not answer.")),
            "waiting",
            "No full pass went well yet.",
        ),
        (ended("full", now, now), "well", format_time(now)),
        (failed("full", later, later, SourceUnreachable("Still no answer.")), "well", format_time(now)),
    ):
        with open_store(service.path) as store:
            put_report(store.facts, report)
        text = service.http.get("/").text
        for name in ("Users", "Locks", "Access lists"):
            card = text.split(f"<h3>{name} ")[1].split("</li>")[0]
            assert f'<span class="state">{state}</span>' in card
            assert said in card
            assert format_time(later) not in card


def test_r43_what_is_held_is_shown_by_the_titles_of_lists_and_with_the_person(tmp_path: Path) -> None:
    none = "{percent: 0, floor: 0}"
    settings = guarded(member_removals=none, user_deletes=none)
    with served(tmp_path / "a.db", settings) as service:
        okta = service.engine()
        ann, bob, _ = everybody = people(okta, 3)
        group = okta.push_group("Engineers <EU>", everybody)
        okta.change_members(group, left=(ann,))
        okta.deactivate(bob)
        text = service.http.get("/").text
        assert f"take p00@x.com out of the list Engineers &lt;EU&gt; <small>{group.scim_id}</small>" in text
        text = service.http.get("/people?name=p00@x.com").text
        assert "<em>goes later: held back by member_removals since 2026-11-22T12:00:00Z</em>" in text
        assert "idsync apply --allow member_removals=REASON" in text
        text = service.http.get("/people?name=p01@x.com").text
        assert "The deletion is held back by user_deletes since 2026-11-22T12:00:00Z." in text
        assert "held back" not in service.http.get("/people?name=p02@x.com").text


def test_r43_a_release_lets_go_of_nothing_that_was_not_shown(service: Served) -> None:
    settings = page_settings()
    okta = service.engine()
    ann, bob, _ = people(okta, 3)
    okta.deactivate(ann)
    form, shown = sign_in(service), held(service)
    okta.deactivate(bob)
    fields = {"form": form, "guard": "user_deletes", "reason": "she left"}
    assert send(service, "/release", **fields, held=shown) == 409
    okta.assign(ann)
    assert send(service, "/release", **fields, held=shown) == 409, "as many as were shown, and somebody else"
    for other in ("", "-1", "é", "9" * 20):
        assert send(service, "/release", **fields, held=other) == 409
    assert service.called == []
    assert not passes(service, settings)
    assert send(service, "/release", **fields, held=held(service)) == 303
    okta.assign(bob)
    okta.deactivate(ann)
    assert passes(service, settings)
    assert len(service.directory().users) == 3, "nor what came to be held before the pass"
    assert "Something is held by user_deletes that was not shown" in service.http.get("/").text


def test_r43_two_who_release_the_same_release_it_once(service: Served) -> None:
    settings = page_settings()
    okta = service.engine()
    ann, bob, _ = people(okta, 3)
    okta.deactivate(ann)
    form, shown = sign_in(service), held(service)
    fields = {"form": form, "guard": "user_deletes", "held": shown}
    for reason in ("she left", "she did"):
        assert send(service, "/release", **fields, reason=reason) == 303
    assert passes(service, settings)
    assert not passes(service, settings)
    assert len(service.directory().users) == 2
    okta.deactivate(bob)
    assert send(service, "/release", **fields, reason="again") == 409
    assert len(service.directory().users) == 2


def test_r35_a_release_of_what_somebody_gains_gives_nothing_that_was_not_shown(tmp_path: Path) -> None:
    settings = gains_are_held()
    with served(tmp_path / "idsync.db", settings, secrets=SECRETS) as service:
        okta = service.engine()
        ann, *_ = people(okta, 2)
        okta.change_profile(ann, department="Engineering")
        form, shown = sign_in(service), held(service, "access_gains")
        assert (
            "change the user p00@x.com (+ role dev, + trait okta/department=Engineering)" in service.http.get("/").text
        )
        okta.change_profile(ann, department="Operations")
        assert (
            "change the user p00@x.com (+ role production-admin, + trait okta/department=Operations)"
            in service.http.get("/").text
        )
        fields = {"form": form, "guard": "access_gains", "reason": "she builds things"}
        assert send(service, "/release", **fields, held=shown) == 409
        assert send(service, "/release", **fields, held=held(service, "access_gains")) == 303
        okta.change_profile(ann, department="Engineering")
        assert passes(service, settings)
        assert "access_gains that was not shown" in service.http.get("/").text
        assert service.directory().users["p00@x.com"].spec.roles == ("okta-requester",)
        assert send(service, "/release", **fields, held=held(service, "access_gains")) == 303
        assert passes(service, settings)
        assert service.directory().users["p00@x.com"].spec.roles == ("okta-requester", "dev")


def test_r35_a_release_of_who_joins_a_list_lets_nobody_else_in(tmp_path: Path) -> None:
    settings = gains_are_held()
    with served(tmp_path / "idsync.db", settings, secrets=SECRETS) as service:
        okta = service.engine()
        ann, bob, eve = people(okta, 3)
        group = okta.push_group("production", [ann])
        form, shown = sign_in(service), held(service, "access_gains")
        assert "let p00@x.com into the list production" in service.http.get("/").text
        okta.change_members(group, joined=(eve,))
        text = service.http.get("/").text
        assert "let p00@x.com into the list production" in text
        assert "let p02@x.com into the list production" in text
        fields = {"form": form, "guard": "access_gains", "reason": "she is on call"}
        assert send(service, "/release", **fields, held=shown) == 409
        okta.change_members(group, left=(eve,))
        assert send(service, "/release", **fields, held=held(service, "access_gains")) == 303
        okta.change_members(group, joined=(bob,))
        assert passes(service, settings)
        assert not service.directory().members
        okta.change_members(group, left=(bob,))
        assert send(service, "/release", **fields, held=held(service, "access_gains")) == 303
        assert passes(service, settings)
        [members] = service.directory().members.values()
        assert set(members) == {"p00@x.com"}


def test_what_a_full_pass_found_about_people_and_lists_is_shown(service: Served) -> None:
    sign_in(service)
    group = UpstreamCause("group", "00g1", "<eng>")
    found = [
        Finding("matches_nothing", "warning", "No group matches.", (ConfigCause("idsync.yaml", 1, 1),)),
        Finding("login_reused", "info", "Nothing is to be done.", (UpstreamCause("user", "00u1"),)),
        *(
            Finding("passed_over", "warning", f"The group <eng> {number} was read empty.", (group,))
            for number in range(30)
        ),
        Finding("name_taken", "error", "The name ann is another account's.", (UpstreamCause("user", "00u2"),)),
    ]
    with open_store(service.path) as store:
        now = service.clock[0]
        put_report(store.facts, with_findings(ended("full", now, now), found[:-1]))
        assert "<h1>No process has the lead</h1>" in service.http.get("/").text
        store.leases.take("leader", HOLDER, 600.0)
        text = service.http.get("/").text
        assert "<h1>All is well</h1>" in text
        assert "has the lead" not in text
        assert "warning <code>passed_over</code>: The group &lt;eng&gt; 19 was read empty." in text
        assert "and 10 more, which <code>idsync plan</code> shows" in text
        assert "No group matches." not in text
        assert "Nothing is to be done." not in text
        put_report(store.facts, with_findings(ended("full", now, now), found))
    text = service.http.get("/").text
    assert "<h1>Something needs a look</h1>" in text
    assert text.index("The name ann is another account&#39;s.") < text.index("The group &lt;eng&gt; 0")


def test_a_pass_that_failed_is_tried_again_sooner_than_after_the_interval(service: Served) -> None:
    sign_in(service)
    with open_store(service.path) as store:
        now = service.clock[0]
        put_report(store.facts, failed("full", now, now, SourceUnreachable("Okta does not answer.")))
    text = service.http.get("/").text
    assert '<dt>Next try, by</dt><dd><time datetime="2026-11-22T12:05:00Z">' in text
    assert "Next, about" not in text


def test_that_a_pass_failed_and_the_store_could_not_keep_that_is_said(tmp_path: Path) -> None:
    with served(tmp_path / "a.db", page_settings(), secrets=SECRETS, unkept={"tick"}) as service:
        sign_in(service)
        text = service.http.get("/").text
        assert "<h1>A part fails</h1>" in text
        assert "A pass failed, and the store could not keep that" in text


def test_that_it_is_asked_for_is_said_until_it_happened(service: Served) -> None:
    form = sign_in(service)
    answer = service.http.post("/pass", data={"form": form}, headers=SAME_SITE)
    asked = answer.headers["Location"]
    assert "It is asked for" in service.http.get(asked).text
    assert "It is asked for" in service.http.get("/").text, "who comes back sees it too"
    assert passes(service, page_settings())
    assert "It is asked for" not in service.http.get(asked).text
    with open_store(service.path) as store:
        assert service.http.get(f"/?asked={last_full(store.facts)}").text.count("It is asked for") == 1


def test_commands_on_the_page_find_the_configuration_of_the_service(tmp_path: Path) -> None:
    with served(tmp_path / "a.db", page_settings(), secrets=SECRETS, options=("-c", "/etc/id <sync>")) as service:
        sign_in(service)
        ann, *_ = people(service.engine(), 2)
        service.engine().deactivate(ann)
        with open_store(service.path) as store:
            now = service.clock[0]
            error = SourceUnreachable("Okta does not answer.", fix="Try `idsync doctor`.")
            put_report(store.facts, failed("full", now, now, error))
        text = service.http.get("/").text
        assert "Try `idsync doctor -c &#39;/etc/id &lt;sync&gt;&#39;`." in text
        text = service.http.get("/people?name=p00@x.com").text
        assert "<code>idsync apply -c &#39;/etc/id &lt;sync&gt;&#39; --allow user_deletes=REASON</code>" in text


@pytest.mark.parametrize(
    ("guard", "reason"),
    [
        ("user_deletes", ""),
        ("user_deletes", "x" * 501),
        ("source_empty", "why"),
        ("", "why"),
        ("user_deletes", "\0"),
        ("user_deletes", "\u200b"),
        ("user_deletes", "a\u202eb"),
        ("user_deletes", "\x1b[2J"),
    ],
)
def test_a_release_names_a_guard_and_says_why(service: Served, guard: str, reason: str) -> None:
    assert send(service, "/release", form=sign_in(service), guard=guard, reason=reason, held=held(service)) == 400
    assert service.called == []


def test_r34_the_page_releases_nobody_who_is_protected(tmp_path: Path) -> None:
    settings = guarded(user_deletes=NOTHING, protected_users='["p00@x.com"]')
    signed_in = replace(settings, service=page_settings().service)
    with served(tmp_path / "a.db", signed_in, secrets=SECRETS) as service:
        okta = service.engine()
        for person in people(okta, 2):
            okta.deactivate(person)
        form, text = sign_in(service), service.http.get("/").text
        assert re.findall(r'name="guard" value="(\w+)"', text) == ["user_deletes"]
        assert "idsync apply --allow protected_users=REASON" in text
        with open_store(service.path) as store:
            waiting = held_by_guard(kept_back(store.facts, "local"))["protected_users"]
            told = kept_back_findings(store.facts, LocalTarget(store.directory, ORG))
            words = {each.message.partition(" kept back by ")[2].split()[0]: each.message for each in told}
            assert "on the status page" in words["user_deletes"]
            assert "on the status page" not in words["protected_users"]
        by_hand = {"guard": "protected_users", "held": digest_of(waiting), "reason": "it is me"}
        assert send(service, "/release", form=form, **by_hand) == 400
        with open_store(service.path) as store:  # of a service that knew no better
            seen = {"protected_users": tuple(sorted(waiting))}
            wish_for_pass(store.facts, Wish("alice", {"protected_users": "it is me"}, seen))
        assert passes(service, signed_in)
        assert service.directory().users.keys() == {"p00@x.com", "p01@x.com"}
        assert locked(service) == ["p01@x.com"]


@pytest.mark.parametrize(
    "cookie", [b"1.x", b"99999999999.\xc3\xa9", b"99999999999.\xff", b"\xd9\xa1.x", b"99999999999.", b"." * 5000]
)
def test_a_cookie_that_is_nonsense_is_nobodys(service: Served, cookie: bytes) -> None:
    for method, path in (("GET", "/"), ("POST", "/pass"), ("GET", "/people?q=a")):
        headers = {b"Cookie": b"idsync-session=" + cookie}
        answer = service.http.request(method, path, headers=headers)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")


HOSTILE = "<script>alert(1)</script>&'"


def test_a_hostile_name_is_shown_and_does_nothing(service: Served) -> None:
    okta = service.engine()
    person = okta.person("00u1", "<b>bob</b>@x.com")
    okta.assign(person)
    okta.push_group(HOSTILE, [person])
    sign_in(service)
    for path in ("/", "/people?q=bob", "/people?name=%3Cb%3Ebob%3C/b%3E@x.com", "/runs/1", "/runs/2"):
        text = service.http.get(path).text
        assert "<script>alert" not in text
        assert "<b>bob" not in text
    assert "list &lt;script&gt;alert(1)" in service.http.get("/people?name=%3Cb%3Ebob%3C/b%3E@x.com").text


@pytest.mark.parametrize("path", PAGES)
def test_every_page_forbids_what_it_does_not_need(service: Served, path: str) -> None:
    people(service.engine(), 1)
    sign_in(service)
    answer = service.http.get(path)
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "<script" not in answer.text
    assert " style=" not in answer.text


def test_people_are_searched_by_a_part_of_their_name_and_never_listed_whole(service: Served) -> None:
    people(service.engine(), 40)
    sign_in(service)
    assert "p01@x.com" not in service.http.get("/people").text
    text = service.http.get("/people?q=P0").text
    assert text.count("</a></li>") == 10
    assert "There are more" in service.http.get("/people?q=x.com").text
    for odd in ("%25", "_", "\\", "%00", "%ED%A0%80"):
        assert service.http.get(f"/people?q={odd}").status_code in (200, 400)
        assert "p01@x.com" not in service.http.get(f"/people?q={odd}").text


def test_a_person_is_explained(service: Served) -> None:
    okta = service.engine()
    (ann,) = people(okta, 1)
    okta.push_group("eng", [ann])
    sign_in(service)
    text = service.http.get("/people?name=P00@x.com").text
    assert "has the app" in text
    assert "list eng" in text
    assert "Nobody of this name" in service.http.get("/people?name=nobody@x.com").text
    assert "list eng" in service.http.get("/people?q=P0").text, "the only one who is found"


def test_who_left_is_found_by_their_whole_name_and_who_is_called_so_before_others(tmp_path: Path) -> None:
    integration = replace(PUSHED.integration, locks=replace(PUSHED.integration.locks, ttl=None))
    with served(tmp_path / "a.db", replace(PUSHED, integration=integration)) as service:
        okta = service.engine()
        leaver, *_ = people(okta, 3)
        okta.deactivate(leaver)
        text = service.http.get("/people?q=P00@x.com").text
        assert "No account has “P00@x.com” in its name" in text
        assert "Locked now." in text
        assert "idsync unlock NAME --reason TEXT" in text
        assert "write their whole user name" in service.http.get("/people?q=p00").text
        assert "Nobody of this name" not in service.http.get("/people?q=p00").text
        several = service.http.get("/people?q=x.com").text
        assert several.count("</a></li>") == 2
        assert "has the app" not in several, "which of them is meant?"


def test_filters_are_tried_over_what_there_is(service: Served) -> None:
    okta = service.engine()
    (ann,) = people(okta, 1)
    okta.push_group("eng-a", [ann])
    okta.push_group("ops", [ann])
    sign_in(service)
    text = service.http.get("/filters?groups=eng-*&apps=").text
    assert "Groups: 1 of 2 become access lists" in text
    assert "not a valid" not in text
    assert 'role="alert"' in service.http.get("/filters?groups=%5E(%24&apps=").text


def test_what_is_not_there_is_told_so(service: Served) -> None:
    sign_in(service)
    for path in ("/runs/7", "/runs/x", f"/runs/{'9' * 40}", f"/runs/{'9' * 5000}"):
        assert service.http.get(path).status_code == 404
    assert service.http.get("/page.css").headers["content-type"].startswith("text/css")


def test_recent_runs_say_what_they_did_and_where_there_is_more(service: Served) -> None:
    okta = service.engine()
    ann, *_ = people(okta, 2)
    okta.deactivate(ann)
    sign_in(service)
    text = re.sub("<[^>]*>", "", service.http.get("/").text)
    assert "applied: 1 user created" in text
    assert "applied in part: 1 lock created" in text
    assert "idsync history RUN" in text
    with open_store(service.path) as store:
        serial = Workspace(page_settings(), service.path.parent).target(store).serial()
    assert f"Serial{serial}" in text, "as the glossary and the plan call it"


def test_what_took_long_is_told_in_minutes(service: Served) -> None:
    sign_in(service)
    now = service.clock[0]
    for seconds, words in ((4, "4 s"), (59, "59 s"), (1234, "20 minutes 34 seconds")):
        with open_store(service.path) as store:
            put_report(store.facts, ended("full", now, now + dt.timedelta(seconds=seconds)))
        assert f"<dt>Took</dt><dd>{words}</dd>" in service.http.get("/").text


def test_half_an_expression_is_told_where_filters_are_tried(service: Served) -> None:
    okta = service.engine()
    okta.push_group("eng", people(okta, 1))
    sign_in(service)
    text = re.sub("<[^>]*>", "", service.http.get("/filters", params={"groups": "^e.*\n^eng$"}).text)
    assert "over what was pushed" in text
    assert text.count("looks like half an expression") == 1
    assert "^e.* looks like half an expression: " in text


def test_a_person_s_page_says_how_to_lock_and_to_unlock(service: Served) -> None:
    okta = service.engine()
    ann, _ = people(okta, 2)
    okta.deactivate(ann)
    sign_in(service)
    assert "idsync unlock NAME --reason TEXT" in service.http.get("/people?name=p00@x.com").text
    text = service.http.get("/people?name=p01@x.com").text
    assert "idsync lock NAME --message TEXT" in text
    assert "idsync unlock" not in text


def test_where_the_store_is_away_the_page_says_what_goes_on(service: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(service)

    def away(*_: object, **__: object) -> None:
        raise StoreAway("The database cannot be reached.", why="Connection refused.", fix="Start its server.")

    monkeypatch.setattr("tests.server.conftest.open_store_to_read", away)
    answer = service.http.get("/")
    assert answer.status_code == 503
    assert "The database cannot be reached." in answer.text
    assert "goes on by itself once its store is back" in answer.text


READS_OKTA = f"""
apiVersion: idsync/v1
kind: Integration
metadata: {{name: okta}}
spec: {{org_url: {ORG}, app: {{id: 0oa1}}, auth: {{api_token: {{env: ALICE}}}}}}
"""


def test_before_a_full_pass_went_well_it_is_said_what_following_the_log_waits_for(tmp_path: Path) -> None:
    with served(tmp_path / "a.db", config(integration=READS_OKTA), secrets=SECRETS) as service:
        card = service.http.get("/").text.split("<h3>Following Okta&#39;s log ")[1].split("</li>")[0]
    assert "waiting" in card
    assert "It begins once a full pass went well." in card


def test_scim_that_is_off_says_so(tmp_path: Path) -> None:
    with served(tmp_path / "a.db", config(integration=READS_OKTA), secrets=SECRETS) as service:
        text = service.http.get("/").text
    assert "Okta pushes people and groups here." not in text
    assert "Switched off by the configuration." in text


def test_that_nothing_was_pushed_is_said_until_somebody_is(tmp_path: Path) -> None:
    with served(tmp_path / "a.db", PUSHED) as service:
        with open_store(service.path) as store:
            put_report(store.facts, replace(ended("full", service.clock[0], service.clock[0]), note=NOTHING_PUSHED))
        assert NOTHING_PUSHED in service.http.get("/").text
        people(service.engine(), 1)
        assert NOTHING_PUSHED not in service.http.get("/").text
