"""Response headers: names without regard to case, and every copy kept."""

from idsync.okta.headers import Headers

HEADERS = Headers([(b"Link", b"<a>; rel=self"), (b"DATE", b"x"), (b"link", b"<b>; rel=next"), (b"X-Odd", b"\xe9")])


def test_copies_are_kept_apart_and_in_order() -> None:
    assert HEADERS.copies("link") == ["<a>; rel=self", "<b>; rel=next"]
    assert HEADERS.copies("date") == ["x"]
    assert HEADERS.copies("etag") == []


def test_one_header_is_all_of_its_copies() -> None:
    assert HEADERS.get("link") == "<a>; rel=self, <b>; rel=next"
    assert HEADERS.get("etag") == ""
    assert HEADERS.get("etag", "none") == "none"


def test_bytes_beyond_ascii_are_not_an_error() -> None:
    assert HEADERS.get("x-odd") == "é"
