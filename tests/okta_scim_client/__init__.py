"""Okta's provisioning engine as a SCIM client: what it asks, in which order, and what it makes of the answers."""

from tests.okta_scim_client.client import OktaScimClient
from tests.okta_scim_client.engine import Engine
from tests.okta_scim_client.people import Assigned, Group, State
from tests.okta_scim_client.quirks import Dialect, Quirks, Switches

__all__ = ["Assigned", "Dialect", "Engine", "Group", "OktaScimClient", "Quirks", "State", "Switches"]
