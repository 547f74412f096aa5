"""The page in Debian's chromium, from a file: quick at ten thousand changes, by keyboard, and by what axe knows."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, sync_playwright

from idsync.model.directory import ConfigCause, Reason
from idsync.plan.changes import PersonDelta, Plan
from idsync.render.html.document import render_plan
from idsync.render.html.people import ENTRIES_OPEN
from tests.render import plans
from tests.render.large import large
from tests.render.plans import HOSTILE, make_user, role, user_change

pytestmark = pytest.mark.long
Scheme = Literal["light", "dark"]
OPENS, FINDS = 2.0, 0.2
"""Seconds."""
ENTRIES = 9
"""Of `a_week`, in which the configuration and Okta both decide something of one person."""
_SEARCH = """async (sought) => {
  const box = document.querySelector("input[type=search]");
  box.value = sought;
  box.dispatchEvent(new Event("input", {bubbles: true}));
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
}"""
Opened = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert program, "Chromium is not installed: install Debian's package chromium."
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Page:
    """The tab in which one file after another is opened: a new one costs a process, and takes longer than a test."""
    return browser.new_context().new_page()


@pytest.fixture
def opened(tab: Page, tmp_path: Path) -> Iterator[Opened]:
    """Opens a plan from a file. Nothing is asked of a network, and nothing is said on the console."""
    complaints: list[str] = []
    file = tmp_path / "plan.html"
    told: dict[str, Callable[..., None]] = {
        "console": lambda message: complaints.append(message.text),
        "pageerror": lambda error: complaints.append(str(error)),
        "dialog": lambda dialog: complaints.append(dialog.message),
        "request": lambda asked: None if asked.url == file.as_uri() else complaints.append(asked.url),
    }

    def open_plan(plan: Plan | str, scheme: Scheme = "light", width: int = 1200) -> Page:
        file.write_text(plan if isinstance(plan, str) else render_plan(plan))
        tab.emulate_media(media="screen", color_scheme=scheme)
        tab.set_viewport_size({"width": width, "height": 900})
        tab.goto(file.as_uri())
        return tab

    tab.goto("about:blank")
    for event, listener in told.items():
        tab.on(event, listener)  # type: ignore[call-overload]
    yield open_plan
    for event, listener in told.items():
        tab.remove_listener(event, listener)
    assert complaints == []


def rows(page: Page) -> list[str]:
    """The first lines of the entries that are shown."""
    return [text.split("\n")[0] for text in page.locator(".e:visible").all_inner_texts()]


def status(page: Page) -> str:
    """What the page says of how many it shows."""
    return page.get_by_role("status").inner_text()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 360)])
@pytest.mark.parametrize("story", ["a_week", "mass_leaving", "hostile", "empty"])
def test_it_fits_a_phone_and_a_desk_and_axe_finds_nothing(
    story: str, scheme: Scheme, width: int, opened: Opened
) -> None:
    page = opened(plans.STORIES[story](), scheme, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [each["id"] for each in Axe().run(page).response["violations"]] == []


def test_ten_thousand_changes_open_and_a_person_is_found_at_once(opened: Opened) -> None:
    """In seconds of the page's own thread: how busy the machine is otherwise does not count."""
    page = opened(plans.empty())
    clock = page.context.new_cdp_session(page)
    clock.send("Performance.enable", {"timeDomain": "threadTicks"})

    def spent() -> float:
        metrics = {each["name"]: each["value"] for each in clock.send("Performance.getMetrics")["metrics"]}
        return float(metrics["TaskDuration"])

    file = Path(page.url.removeprefix("file://"))
    file.write_text(render_plan(large(10_000)))
    before = spent()
    page.reload()
    page.get_by_role("status").wait_for()
    assert spent() - before < OPENS
    page.wait_for_timeout(2_000)
    for sought in ("given13.family00110", "family07201", "GIVEN05.family02430@"):
        before = spent()
        page.evaluate(_SEARCH, sought)
        assert spent() - before < FINDS
        assert 0 < page.locator(".e:visible").count() < 10


def test_axe_finds_nothing_in_a_large_page(opened: Opened) -> None:
    page = opened(large(700))
    page.get_by_text("Show every change").click()
    # Contrast is looked at in small pages: the sheet is the same, and it takes a minute here.
    found = Axe().run(page, options={"rules": {"color-contrast": {"enabled": False}}})
    assert [each["id"] for each in found.response["violations"]] == []


def test_one_box_finds_a_person_by_keyboard_alone(opened: Opened) -> None:
    page = opened(plans.a_week())
    assert page.locator("input[type=search]").count() == 1
    page.get_by_role("link", name="Find a person").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("JUANITA@")
    assert {*rows(page)} == {"juanita@enzos-pizza.com"}
    assert status(page) == "1 of 8 people; 3 changes"
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    assert status(page) == "8 people"


@pytest.mark.parametrize(
    ("choice", "option", "found"),
    [
        ("Role or trait", "seller", ["juanita"]),
        ("List", "Pizza oven pilots", ["raven"]),
        ("Risk", "Takes all access, or locks", ["raven", "fido"]),
        ("Risk", "By your edit", ["juanita", "lagos"]),
    ],
)
def test_it_is_filtered_by_role_list_and_risk(choice: str, option: str, found: list[str], opened: Opened) -> None:
    page = opened(plans.a_week())
    page.get_by_label(choice, exact=True).select_option(label=option)
    assert [row.split("@")[0] for row in rows(page)] == found
    assert page.locator(".group:visible").count() > 0


def test_filters_and_search_go_together_and_nothing_found_is_said(opened: Opened) -> None:
    page = opened(plans.a_week())
    page.get_by_label("Risk").select_option(label="Takes access")
    page.get_by_role("searchbox").fill("hiro")
    assert rows(page) == []
    assert status(page) == "0 of 8 people; 2 changes"


def test_it_is_sorted_by_name_and_back(opened: Opened) -> None:
    page = opened(plans.a_week())
    gravest = rows(page)
    page.get_by_label("Sort").select_option(label="By name")
    names = page.locator(".e").evaluate_all("entries => entries.map(entry => entry.querySelector('.name').textContent)")
    assert names == sorted(names)
    assert sorted(rows(page)) == sorted(gravest)
    page.get_by_label("Sort").select_option(label="Gravest first")
    assert rows(page) == gravest
    page.get_by_label("Sort").select_option(label="Most changes first")
    assert sorted(rows(page)) == sorted(gravest)


def test_of_people_who_stand_together_the_one_who_is_sought_is_shown(opened: Opened) -> None:
    rule = ConfigCause("roles.yaml", 7, 7, "group is aws-*")
    delta = tuple(PersonDelta(f"p{number:02d}@x.com", (role("aws", rule),), ()) for number in range(14))
    page = opened(plans.make_plan((), delta))
    assert page.locator(".e").count() == 1
    assert page.locator(".name:visible").count() == 0
    page.get_by_role("searchbox").fill("p07")
    assert page.locator(".name:visible").all_inner_texts() == ["p07@x.com"]
    assert status(page) == "1 of 14 people; 0 changes"
    page.get_by_role("searchbox").fill("aws")
    assert status(page) == "14 of 14 people; 0 changes"
    page.get_by_role("searchbox").fill("p0")
    assert page.locator(".name:visible").count() == 10


def test_a_person_without_effect_on_access_is_found_among_the_changes(opened: Opened) -> None:
    before, after = make_user("ann@x.com", traits={"t": ("1",)}), make_user("ann@x.com", traits={"t": ("2",)})
    page = opened(plans.make_plan((user_change(before, after, Reason.PROFILE_CHANGED),)))
    assert not page.locator("#changes").get_by_text("1 → 2").is_visible()
    page.get_by_role("searchbox").fill("ann@")
    assert status(page) == "0 of 0 people; 1 change"
    assert page.locator("#changes").get_by_text("1 → 2").is_visible()
    page.get_by_role("searchbox").fill("nobody")
    assert status(page) == "0 of 0 people; 0 changes"
    assert page.locator("#changes li:visible").count() == 0


def test_letters_are_found_without_their_marks(opened: Opened) -> None:
    page = opened(plans.make_plan((), (PersonDelta("Zoë Ångström", (role("a"),), ()),)))
    page.get_by_role("searchbox").fill("zoe angstrom")
    assert rows(page) == ["Zoë Ångström"]


def test_more_is_shown_when_it_is_asked_for(opened: Opened) -> None:
    delta = tuple(PersonDelta(f"p{number:03d}@x.com", (role(f"r{number}"),), ()) for number in range(ENTRIES_OPEN + 25))
    page = opened(plans.make_plan((), delta))
    assert page.locator(".e").count() == ENTRIES_OPEN
    button = page.get_by_role("button", name="Show 25 more of 25")
    button.focus()
    page.keyboard.press("Enter")
    assert page.locator(".e").count() == ENTRIES_OPEN + 25
    assert not button.is_visible()


def test_hostile_names_are_text(opened: Opened) -> None:
    script = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    delta = [PersonDelta(f"{script}{number}", (role(f"{HOSTILE}{number}"),), ()) for number in range(2 * ENTRIES_OPEN)]
    page = opened(plans.make_plan((), tuple(delta)))
    page.get_by_role("searchbox").fill(f"<script>alert(1)</script> onerror=alert(2)>{2 * ENTRIES_OPEN - 1}")
    assert rows(page) == [f"{script}{2 * ENTRIES_OPEN - 1}"]
    assert page.locator("img, iframe, object").count() == 0


def test_without_script_the_first_of_each_group_stand_there(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "plan.html"
    file.write_text(render_plan(plans.a_week()))
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(file.as_uri())
    assert page.locator(".e").count() == ENTRIES
    assert not page.locator(".tools").is_visible()
    assert page.get_by_text("Without its script").is_visible()


def test_on_paper_there_are_no_tools(opened: Opened) -> None:
    page = opened(plans.a_week())
    page.emulate_media(media="print")
    assert not page.locator(".tools").is_visible()
    assert page.locator(".e:visible").count() == ENTRIES
    assert page.pdf()[:5] == b"%PDF-"


def test_what_becomes_of_people_is_said_once_by_the_heading_or_by_the_entry(opened: Opened) -> None:
    page = opened(plans.a_week())
    said = page.locator(".e:visible .outcome")
    assert all(not each.is_visible() for each in said.all())
    page.locator("#sort").select_option("name")
    sorted_by_name = page.locator("#flat .e .outcome")
    assert sorted_by_name.count() == ENTRIES
    assert all(each.is_visible() for each in sorted_by_name.all())


def test_how_far_it_reaches_stands_before_the_picture(opened: Opened) -> None:
    page = opened(plans.a_week())
    titles = page.locator("h2").all_inner_texts()
    reach, picture = (next(n for n, title in enumerate(titles) if title.startswith(word)) for word in ("How", "Who"))
    assert reach < picture
