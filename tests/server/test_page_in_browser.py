"""The status page in a real browser: by keyboard, on a phone, light and dark, and by what axe knows."""

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, sync_playwright

from tests.server.conftest import Served
from tests.server.page_world import TOKEN, page
from tests.server.test_bursts import people

pytestmark = pytest.mark.long
_PAGES = ("/", "/people?q=p", "/people?name=p00@x.com", "/filters?groups=&apps=", "/runs/1", "/sign-in", "/runs/99")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert program, "Chromium is not installed: install Debian's package chromium."
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])


@contextmanager
def listening(service: Served) -> Iterator[str]:
    """The service on a socket of this machine; its address."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(service.http.app, lifespan="off", log_level="error"))
        thread = threading.Thread(target=lambda: server.run([door]), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{door.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service with a burst of leavers that waits for a person."""
    with page(tmp_path_factory.mktemp("page")) as service:
        okta = service.engine()
        everybody = people(okta, 30)
        okta.push_group("a-group-whose-name-is-as-long-as-names-of-groups-are-where-nobody-thinks-of-phones", everybody)
        for person in everybody[1:4]:
            okta.deactivate(person)
        with listening(service) as url:
            yield url


def signed_in(browser: Browser, address: str, scheme: Literal["light", "dark"] = "light", width: int = 1100) -> Page:
    """A page of somebody who came in by keyboard alone."""
    opened = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800}).new_page()
    opened.goto(address)
    opened.locator("#token:focus").wait_for()
    opened.keyboard.type(TOKEN)
    opened.keyboard.press("Enter")
    opened.wait_for_url(f"{address}/")
    return opened


@pytest.mark.parametrize(("scheme", "width"), [("light", 1100), ("dark", 360), ("light", 360)])
def test_it_fits_a_phone_and_a_desk_and_axe_finds_nothing(
    browser: Browser, address: str, scheme: Literal["light", "dark"], width: int
) -> None:
    opened = signed_in(browser, address, scheme, width)
    for path in _PAGES:
        opened.goto(address + path)
        assert opened.evaluate("document.documentElement.scrollWidth") <= width, path
        found = Axe().run(opened).response["violations"]
        assert [each["id"] for each in found] == [], path


def test_a_burst_is_released_by_keyboard_alone(browser: Browser, address: str) -> None:
    opened = signed_in(browser, address)
    assert opened.get_by_role("heading", name="Changes wait for a person").is_visible()
    opened.get_by_text("Release user_deletes…").focus()
    opened.keyboard.press("Enter")
    opened.keyboard.press("Tab")
    opened.keyboard.type("they left")
    opened.keyboard.press("Tab")
    opened.keyboard.press("Enter")
    opened.wait_for_url(lambda url: url.startswith(f"{address}/?asked="))
    assert opened.get_by_role("status").is_visible()


def test_a_person_is_found_by_keyboard_alone(browser: Browser, address: str) -> None:
    opened = signed_in(browser, address)
    opened.goto(f"{address}/people")
    opened.get_by_role("searchbox").focus()
    opened.keyboard.type("p05")
    opened.keyboard.press("Enter")
    opened.get_by_role("link", name="p05@x.com").focus()
    opened.keyboard.press("Enter")
    opened.wait_for_url("**name=p05*")
    assert opened.get_by_role("heading", name="p05@x.com").is_visible()
    assert opened.get_by_text("has the app").is_visible()


def test_nothing_of_a_page_is_refused_by_its_own_policy(browser: Browser, address: str) -> None:
    opened = signed_in(browser, address)
    told: list[str] = []
    opened.on("console", lambda message: told.append(message.text) if message.type == "error" else None)
    for path in _PAGES:
        opened.goto(address + path)
    assert [each for each in told if "404" not in each] == []
