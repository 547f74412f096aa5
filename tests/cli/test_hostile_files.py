"""Files that somebody damaged or made up never end in an unexpected error: they are refused with the right number."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idsync.cli.application import run
from tests.effort import examples

damage = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.binary(max_size=6), st.integers(0, 12)), min_size=1, max_size=4
)
hostile = settings(
    deadline=None,
    max_examples=examples(130),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def _damaged(data: bytes, places: list[tuple[float, bytes, int]]) -> bytes:
    """The data with some pieces cut out and others put in their place."""
    for place, piece, cut in places:
        at = int(place * len(data))
        data = data[:at] + piece + data[at + cut :]
    return data


@pytest.fixture(scope="module")
def plan_file(applied_example: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("plans") / "week.plan"
    snapshot = applied_example / "snapshot-next.json"
    assert run(["plan", "-q", "-c", str(applied_example), "--snapshot", str(snapshot), "-o", str(file)]) == 0
    return file


@hostile
@given(places=damage)
def test_a_damaged_plan_is_refused_or_unharmed(
    places: list[tuple[float, bytes, int]], plan_file: Path, tmp_path: Path
) -> None:
    whole = plan_file.read_bytes()
    damaged = tmp_path / "damaged.plan"
    damaged.write_bytes(_damaged(whole, places))
    unharmed = damaged.read_bytes() == whole
    assert run(["show", "-q", str(damaged)]) == (0 if unharmed else 6)


@hostile
@given(places=damage)
def test_a_damaged_snapshot_plans_or_exits_7(
    places: list[tuple[float, bytes, int]], applied_example: Path, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged.json"
    damaged.write_bytes(_damaged((applied_example / "snapshot.json").read_bytes(), places))
    assert run(["plan", "-q", "-c", str(applied_example), "--snapshot", str(damaged)]) in (0, 7)


@hostile
@given(places=damage)
def test_a_damaged_directory_plans_or_is_a_usage_error(
    places: list[tuple[float, bytes, int]],
    applied_example: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    whole = tmp_path / "whole.json"
    if not whole.exists():
        capsys.readouterr()
        assert run(["get", "all", "-c", str(applied_example), "--format", "json"]) == 0
        whole.write_text(capsys.readouterr().out)
    damaged = tmp_path / "damaged.json"
    damaged.write_bytes(_damaged(whole.read_bytes(), places))
    assert run(["plan", "-q", "-c", str(applied_example), "--current", str(damaged)]) in (0, 64)


@hostile
@given(data=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_anything_at_all_is_neither_plan_nor_snapshot_nor_configuration(
    data: bytes, applied_example: Path, tmp_path: Path
) -> None:
    file = tmp_path / "any.yaml"
    file.write_bytes(data)
    assert run(["show", "-q", str(file)]) == 6
    assert run(["plan", "-q", "-c", str(applied_example), "--snapshot", str(file)]) == 7
    assert run(["validate", "-q", "-c", str(file)]) == 3
