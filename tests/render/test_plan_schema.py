"""The published schema of plans says exactly what plans are."""

import json
from collections.abc import Iterator
from importlib.resources import files as resource_files
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idsync.config.source_files import SourceFile
from idsync.model import directory, findings, measures, plain_resources, resources
from idsync.model.canonical import canonical_bytes
from idsync.plan import changes
from idsync.plan.changes import Plan
from tests.effort import examples
from tests.render.plans import STORIES, a_week
from tests.render.strategies import PLANS

PUBLISHED = Path(__file__).parents[2] / "schemas" / "plan.v1.schema.json"
SCHEMA = json.loads(PUBLISHED.read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
STRUCTS = {
    "inputs": changes.Inputs,
    "measures": measures.Measures,
    "unasked": measures.Unasked,
    "edit": changes.Edit,
    "both_sides": changes.BothSides,
    "source_file": SourceFile,
    "health": findings.Health,
    "finding": findings.Finding,
    "upstream_cause": directory.UpstreamCause,
    "config_cause": directory.ConfigCause,
    "counts": changes.Counts,
    "member_counts": changes.MemberCounts,
    "summary": changes.Summary,
    "user_change": changes.UserChange,
    "lock_change": changes.LockChange,
    "access_list_change": changes.AccessListChange,
    "role_change": changes.RoleChange,
    "app_change": changes.AppChange,
    "user_group_change": changes.UserGroupChange,
    "person_delta": changes.PersonDelta,
    "access": changes.Access,
    "guard": changes.GuardResult,
    "user": resources.User,
    "user_spec": resources.UserSpec,
    "login_status": resources.LoginStatus,
    "created_by": resources.CreatedBy,
    "user_reference": resources.UserReference,
    "connector_reference": resources.ConnectorReference,
    "external_identity": resources.ExternalIdentity,
    "lock": resources.Lock,
    "lock_spec": resources.LockSpec,
    "lock_target": resources.LockTarget,
    "access_list": resources.AccessList,
    "access_list_spec": resources.AccessListSpec,
    "owner": resources.Owner,
    "audit": resources.Audit,
    "recurrence": resources.Recurrence,
    "notifications": resources.Notifications,
    "grants": resources.Grants,
    "role": plain_resources.Role,
    "role_spec": plain_resources.RoleSpec,
    "role_conditions": plain_resources.RoleConditions,
    "access_requests": plain_resources.AccessRequests,
    "access_reviews": plain_resources.AccessReviews,
    "rule": plain_resources.Rule,
    "app": plain_resources.App,
    "app_spec": plain_resources.AppSpec,
    "user_group": plain_resources.UserGroup,
    "user_group_spec": plain_resources.UserGroupSpec,
    "membership": resources.Membership,
    "metadata": resources.Metadata,
}
UNIONS = {"cause", "change", "reason", "list_measure"}
MAPPINGS = {"labels", "traits", "carried", "serials", "lists", "attributes"}


def as_json(plan: Plan) -> Any:
    return json.loads(canonical_bytes(plan))


def test_the_published_schema_is_the_one_that_the_program_prints() -> None:
    printed = resource_files("idsync.plan").joinpath("plan.v1.schema.json").read_text("utf-8")
    assert printed == PUBLISHED.read_text("utf-8")


def test_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_describes_every_struct_of_a_plan_and_nothing_else() -> None:
    assert STRUCTS.keys() | UNIONS == SCHEMA["$defs"].keys()


@pytest.mark.parametrize(("name", "struct"), [*STRUCTS.items(), ("", Plan)])
def test_properties_are_the_fields_in_their_order(name: str, struct: Any) -> None:
    described = SCHEMA["$defs"][name] if name else SCHEMA
    config = struct.__struct_config__
    tag = [config.tag_field] if config.tag_field else []
    assert list(described["properties"]) == [*tag, *struct.__struct_encode_fields__]


@pytest.mark.parametrize(("name", "struct"), [*STRUCTS.items(), ("", Plan)])
def test_keys_are_required_when_they_are_always_written(name: str, struct: Any) -> None:
    described = SCHEMA["$defs"][name] if name else SCHEMA
    config = struct.__struct_config__
    always = [
        field.encode_name
        for field in msgspec.structs.fields(struct)
        if field.required or not (config.omit_defaults or field.default is msgspec.UNSET)
    ]
    assert set(described.get("required", [])) == {*always, *([config.tag_field] if config.tag_field else [])}


def test_reasons_are_those_of_the_program() -> None:
    assert SCHEMA["$defs"]["reason"]["enum"] == [reason.value for reason in directory.Reason]


def test_every_key_has_a_description() -> None:
    bare = [
        f"{name}.{key}"
        for name, described in [("", SCHEMA), *SCHEMA["$defs"].items()]
        for key, value in described.get("properties", {}).items()
        if not (value.get("description") or SCHEMA["$defs"][value["$ref"].rpartition("/")[2]]["description"])
    ]
    assert bare == []


@pytest.mark.parametrize("story", STORIES)
def test_accepts_the_stories(story: str) -> None:
    VALIDATOR.validate(as_json(STORIES[story]()))


@settings(
    max_examples=examples(200), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(PLANS)
def test_accepts_every_plan(plan: Plan) -> None:
    VALIDATOR.validate(as_json(plan))


def objects_in(value: Any) -> Iterator[dict[str, Any]]:
    """Every object of a plan that is a struct."""
    match value:
        case dict():
            yield value
            for key, item in value.items():
                if key not in MAPPINGS:
                    yield from objects_in(item)
        case list():
            for item in value:
                yield from objects_in(item)


@settings(max_examples=examples(200), deadline=None)
@given(st.data())
def test_refuses_an_unknown_key_anywhere(data: st.DataObject) -> None:
    plan = as_json(a_week())
    place = data.draw(st.sampled_from(list(objects_in(plan))))
    place["surprise"] = "x"
    assert not VALIDATOR.is_valid(plan)


@settings(max_examples=examples(330), deadline=None)
@given(st.data())
def test_refuses_a_value_of_another_type_anywhere(data: st.DataObject) -> None:
    plan = as_json(a_week())
    place = data.draw(st.sampled_from([place for place in objects_in(plan) if place]))
    place[data.draw(st.sampled_from(list(place)))] = [[12.5]]
    assert not VALIDATOR.is_valid(plan)


@pytest.mark.parametrize("key", SCHEMA["required"])
def test_refuses_a_plan_without_one_of_its_keys(key: str) -> None:
    plan = as_json(a_week())
    del plan[key]
    assert not VALIDATOR.is_valid(plan)


@pytest.mark.parametrize("action", ["create", "delete"])
def test_refuses_an_action_that_before_and_after_belie(action: str) -> None:
    plan = as_json(a_week())
    change = next(change for change in plan["changes"] if change["action"] == "update")
    change["action"] = action
    assert not VALIDATOR.is_valid(plan)


def test_refuses_another_major_version() -> None:
    assert not VALIDATOR.is_valid(as_json(a_week()) | {"format_version": "2.0"})
