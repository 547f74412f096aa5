"""The published schema: one text for editors and for the validator, complete, and true to the settings' defaults."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from idsync.config.loader import load
from idsync.config.schema_check import kinds, schema_text
from idsync.config.settings import Settings

ROOT = Path(__file__).parents[2]
SCHEMA: dict[str, Any] = json.loads(schema_text())
REFERENCE = (ROOT / "docs" / "configuration.md").read_text()
MINIMAL = """\
apiVersion: idsync/v1
kind: Integration
spec:
  org_url: https://enzos-pizza.okta.com
  app: {id: 0oa1}
  auth: {api_token: {env: OKTA_API_TOKEN}}
---
apiVersion: idsync/v1
kind: DefaultOwners
spec: {owners: [alice@enzos-pizza.com]}
"""


def keys(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every key that the schema knows below a point, by its path."""
    while "$ref" in schema:
        schema = {
            **SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[1]],
            **{k: v for k, v in schema.items() if k != "$ref"},
        }
    for key, below in schema.get("properties", {}).items():
        here = f"{path}.{key}" if path else key
        yield here, below
        yield from keys(below, here)
    if isinstance(schema.get("items"), dict):
        yield from keys(schema["items"], f"{path}[]")


ALL_KEYS = [(kind, path, below) for kind in kinds() for path, below in keys(SCHEMA["$defs"][kind])]


def test_the_published_schema_is_the_one_that_validates() -> None:
    assert (ROOT / "schemas" / "config.v1.schema.json").read_text() == schema_text()


def test_the_schema_is_a_valid_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_every_kind_is_described_and_led_to() -> None:
    led_to = {branch["if"]["properties"]["kind"]["const"]: branch["then"] for branch in SCHEMA["allOf"]}
    assert set(led_to) == set(kinds())
    for kind in kinds():
        assert led_to[kind]["properties"]["spec"] == {"$ref": f"#/$defs/{kind}"}
        assert SCHEMA["$defs"][kind]["description"]
        assert SCHEMA["$defs"][kind]["additionalProperties"] is False


@pytest.mark.parametrize(("kind", "path", "below"), ALL_KEYS, ids=[f"{kind}:{path}" for kind, path, _ in ALL_KEYS])
def test_every_key_is_described_in_the_schema_and_in_the_reference(kind: str, path: str, below: dict[str, Any]) -> None:
    assert below["description"].endswith(".")
    section = re.split(r"^## ", REFERENCE.split(f"\n## {kind}\n")[1], maxsplit=1, flags=re.MULTILINE)[0]
    assert f"`{path}`" in section
    if "default" in below:
        (row,) = [line for line in section.splitlines() if line.startswith(f"| `{path}` |")]
        default = below["default"]
        written = default if isinstance(default, str) else json.dumps(default)
        assert row.split("|")[2].strip(" `").replace('"', "") == written.replace('"', "")


def test_the_reference_names_no_key_that_is_not_in_the_schema() -> None:
    known = {path for _, path, _ in ALL_KEYS} | {"metadata.name", "key", "env", "file"}
    rows = re.findall(r"^\| `([^`]+)` \|", REFERENCE, flags=re.MULTILINE)
    assert [key for key in rows if key not in known] == []


def settings_of(folder: Path, text: str) -> Settings:
    (folder / "idsync.yaml").write_text(text)
    loaded = load(folder)
    assert loaded.diagnostics == ()
    assert loaded.settings is not None
    return loaded.settings


def test_the_schemas_defaults_are_the_settings_defaults(tmp_path: Path) -> None:
    """A configuration with every default written out means what one means that leaves them all out."""

    def defaults(schema: dict[str, Any]) -> dict[str, Any]:
        return {
            key: below["default"] if "default" in below else defaults(below)
            for key, below in schema.get("properties", {}).items()
            if "default" in below or ("properties" in below and key not in ("app", "auth"))
        }

    integration, owners = MINIMAL.split("---\n")
    spec = json.loads(json.dumps(defaults(SCHEMA["$defs"]["Integration"])))
    extra = "".join(f"  {key}: {json.dumps(value)}\n" for key, value in spec.items())
    name = SCHEMA["allOf"][0]["then"]["properties"]["metadata"]["properties"]["name"]["default"]
    integration = integration.replace("spec:", f"metadata: {{name: {name}}}\nspec:")
    guards = f"apiVersion: idsync/v1\nkind: Guards\nspec: {json.dumps(defaults(SCHEMA['$defs']['Guards']))}\n"
    rule = {"group": "eng", "owners": [], "grants": {"roles": [], "traits": {}}}
    rules = "apiVersion: idsync/v1\nkind: AccessListRules\nspec: {rules: [%s]}\n"
    filters = "apiVersion: idsync/v1\nkind: ImportFilters\nspec: {groups: {exclude: []}, apps: {exclude: []}}\n"
    long = [integration + extra, owners, guards, rules % json.dumps(rule), filters]
    short = [MINIMAL, rules % "{group: eng}"]
    assert len(spec) >= 8
    written, left_out = settings_of(tmp_path, "---\n".join(long)), settings_of(tmp_path, "---\n".join(short))
    assert written.digest == left_out.digest
    assert written.integration.store == left_out.integration.store


EXAMPLES = re.findall(r"^```yaml\n(apiVersion.*?)^```$", REFERENCE, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("kind", kinds())
def test_the_reference_has_an_example_of_each_kind(kind: str) -> None:
    assert any(f"kind: {kind}\n" in example for example in EXAMPLES)


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"example-{number}" for number, _ in enumerate(EXAMPLES)])
def test_every_example_of_the_reference_loads_without_a_finding(example: str, tmp_path: Path) -> None:
    rest = [] if "kind: Integration" in example else MINIMAL.split("---\n")
    if "kind: DefaultOwners" in example:
        rest = rest[:1]
    assert msgspec.structs.asdict(settings_of(tmp_path, "---\n".join([example, *rest])))
