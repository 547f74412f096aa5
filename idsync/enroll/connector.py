"""The SAML connector for Teleport, made of the role rules and of Okta's metadata; one that is there is completed."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import msgspec

from idsync.config import nodes
from idsync.config.saml_connectors import APP_LABEL, MADE, Connector, mappings, read_connectors
from idsync.config.settings import Settings
from idsync.config.source_files import TELEPORT_SUFFIXES
from idsync.config.yaml_writer import Plain, render_document
from idsync.model.saml_metadata import provider_of

_ACS_PATH = "/v1/webapi/saml/acs/"


class Renewal(msgspec.Struct, frozen=True):
    """What a connector is to become, and what of it is new."""

    text: str
    what: tuple[str, ...]


def connector_name(acs_url: str) -> str:
    """The name that Teleport expects of the connector: the end of its address."""
    _, found, name = urlsplit(acs_url).path.partition(_ACS_PATH)
    # It becomes the name of a file, which is not to be hidden, or longer than file systems take.
    return name if found and re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}", name) else "okta"


def connector_text(settings: Settings, app: str, acs_url: str, audience: str, metadata: str) -> str:
    """The connector as YAML."""
    return _written(
        {
            "kind": "saml",
            "version": "v2",
            "metadata": {
                "name": connector_name(acs_url),
                "labels": {"teleport.dev/origin": "okta", APP_LABEL: app},
            },
            "spec": {
                "display": "Okta",
                "acs": acs_url,
                "audience": audience,
                "entity_descriptor": metadata,
                "attributes_to_roles": cast("Plain", mappings(settings)),
            },
        }
    )


def renewal(connector: Connector, settings: Settings, metadata: str) -> Renewal | None:
    """What is to be changed in a connector that enrollment made, now that Okta or the role rules have moved on.

    None where nothing is. Whatever else people wrote into it stays.
    """
    what: list[str] = []
    content = connector.content
    spec = content.get("spec") if isinstance(content, dict) else None
    if not isinstance(content, dict) or not isinstance(spec, dict):
        return None
    changed: dict[str, nodes.Plain] = {}
    if connector.metadata is not None and provider_of(connector.metadata) != provider_of(metadata):
        changed["entity_descriptor"] = metadata
        what.append("Okta's metadata (who signs, and with which certificate)")
    if connector.mappings != (wanted := mappings(settings)):
        changed["attributes_to_roles"] = wanted
        what.append("the roles of the role rules")
    if not changed:
        return None
    return Renewal(_written(cast("Plain", {**content, "spec": {**spec, **changed}})), tuple(what))


def _written(content: Plain) -> str:
    return MADE + render_document(content)


def connectors_in(directory: Path) -> Iterator[Connector]:
    """The SAML connectors in the files of a folder."""
    files = sorted(path for path in directory.glob("*") if path.name.endswith(TELEPORT_SUFFIXES) and path.is_file())
    for file in files:
        yield from read_connectors(file.name, file.read_text("utf-8", "replace"))
