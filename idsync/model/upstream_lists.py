"""A group or app of Okta's as plans that write to Okta hold it."""

from idsync.model.ownership import our_labels
from idsync.model.resources import AccessList, AccessListSpec, Metadata
from idsync.model.resources import access_list as access_list_resource

KIND_LABEL = "okta/kind"
"""What a list is in Okta: `group` or `app`."""


def list_in_okta(name: str, kind: str, title: str, org_url: str) -> AccessList:
    """The group or app of this Okta id."""
    labels = {**our_labels(org_url), KIND_LABEL: kind}
    return access_list_resource(Metadata(name, labels=labels), AccessListSpec(title))
