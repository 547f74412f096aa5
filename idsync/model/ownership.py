"""Whose an object is: ours only when it carries our origin and our org, both."""

import uuid
from collections.abc import Mapping

ORIGIN_LABEL = "teleport.dev/origin"
ORIGIN = "okta"
ORG_LABEL = "okta/org"
USER_ID_LABEL = "okta/user-id"


def is_ours(labels: Mapping[str, str], org_url: str) -> bool:
    """Whether we may change or delete an object with these labels on behalf of `org_url`."""
    return labels.get(ORIGIN_LABEL) == ORIGIN and labels.get(ORG_LABEL) == org_url


def org_of(labels: Mapping[str, str]) -> str:
    """The organization by which an object with these labels is ours; empty for a foreign one."""
    return labels.get(ORG_LABEL, "") if labels.get(ORIGIN_LABEL) == ORIGIN else ""


def okta_id_of(labels: Mapping[str, str]) -> str:
    """The Okta id that an object with these labels stands for; empty for a foreign one."""
    return labels.get(USER_ID_LABEL, "") if org_of(labels) else ""


def our_labels(org_url: str) -> dict[str, str]:
    """The labels that make an object ours."""
    return {ORIGIN_LABEL: ORIGIN, ORG_LABEL: org_url}


def lock_name(org_url: str, user_name: str) -> str:
    """The one name of our lock on a user: UUIDv5 in the URL namespace, so that making it twice makes it once."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{org_url}/{user_name}"))
