"""The published JSON Schema of snapshot files."""

from importlib import resources


def snapshot_schema() -> str:
    """The schema's text, as it is published in `schemas/`."""
    return resources.files("idsync.sources").joinpath("snapshot.v1.schema.json").read_text("utf-8")
