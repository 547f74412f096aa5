"""`idsync serve` before it serves: what it needs, and what it says when that is missing."""

from pathlib import Path

import pytest

from idsync.cli.commands import serve
from tests.cli.running import Idsync


def test_a_missing_library_is_told_with_the_way_to_get_it(
    idsync: Idsync, org: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "find_spec", lambda name: None if name in ("starlette", "jinja2") else object())
    ended = idsync("serve", "-c", org)
    assert ended.code == 64
    assert "starlette, jinja2" in ended.err
    assert "pip install '.[serve]'" in ended.err
