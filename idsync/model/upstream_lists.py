"""A group or app of Okta's as plans that write to Okta hold it."""

from idsync.model.ownership import our_labels
from idsync.model.resources import AccessList, AccessListSpec, Metadata
from idsync.model.resources import access_list as access_list_resource

KIND_LABEL = "okta/kind"
"""What a list is in Okta: `group` or `app`."""
GONE_LABEL = "okta/gone-here"
"""Marks a list that went here with its last member, of which Okta is still to be told who left."""


def list_in_okta(name: str, kind: str, title: str, org_url: str, *, is_gone: bool = False) -> AccessList:
    """The group or app of this Okta id."""
    labels = {**our_labels(org_url), KIND_LABEL: kind, **({GONE_LABEL: "true"} if is_gone else {})}
    return access_list_resource(Metadata(name, labels=labels), AccessListSpec(title))
