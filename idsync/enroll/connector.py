"""The SAML connector for Teleport (`kind: saml`, v2), made of the role rules; and the app that one points to."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from idsync.config.composer import Budget, compose
from idsync.config.mistakes import Mistakes
from idsync.config.nodes import find, text_of
from idsync.config.patterns import NamePattern
from idsync.config.settings import GroupRule, RoleRule, Settings, TraitRule
from idsync.config.source_files import TELEPORT_SUFFIXES
from idsync.config.yaml_writer import Plain, render_document

APP_LABEL = "teleport.internal/okta-app-id"
GROUPS = "groups"
_ATTRIBUTE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ACS_PATH = "/v1/webapi/saml/acs/"


def connector_name(acs_url: str) -> str:
    """The name that Teleport expects of the connector: the end of its address."""
    _, found, name = urlsplit(acs_url).path.partition(_ACS_PATH)
    return name if found and re.fullmatch(r"[A-Za-z0-9._-]+", name) else "okta"


def attributes(settings: Settings) -> tuple[tuple[str, str], ...]:
    """The attributes that the role rules look at: each trait with the profile attribute that it is made of."""
    prefix = settings.integration.users.traits.prefix
    traits = dict.fromkeys(rule.trait for rule in settings.role_rules if isinstance(rule, TraitRule))
    named = ((trait, trait.removeprefix(prefix)) for trait in traits if trait.startswith(prefix))
    return tuple((trait, attribute) for trait, attribute in named if _ATTRIBUTE.fullmatch(attribute))


def connector_text(settings: Settings, app: str, acs_url: str, audience: str, metadata: str) -> str:
    """The connector as YAML: default roles for everybody, then those of the role rules, in their order."""
    everybody: list[str] = [role.name for role in settings.integration.users.default_roles]
    rules: list[Plain] = [{"name": GROUPS, "value": "*", "roles": [*everybody]}] if everybody else []
    rules += [_mapping(rule) for rule in settings.role_rules]
    return "# Made by idsync enroll, for Teleport: tctl create -f. idsync itself does not read it.\n" + render_document(
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
                "attributes_to_roles": rules,
            },
        }
    )


def _mapping(rule: RoleRule) -> Plain:
    match rule:
        case TraitRule(trait=name, value=pattern):
            pass
        case GroupRule(group=pattern):
            name = GROUPS
    return {"name": name, "value": _whole(pattern), "roles": [role.source for role in rule.roles]}


def _whole(pattern: NamePattern) -> str:
    """The same filter for Teleport, which holds each branch of an expression against one end of the value alone."""
    return f"^(?:{pattern.source})$" if pattern.is_regex and "|" in pattern.source else pattern.source


def connectors_in(directory: Path) -> Iterator[tuple[str, str | None, str | None]]:
    """The SAML connectors in the files of a folder: file, the id of the app that it points to, and its address."""
    files = sorted(path for path in directory.glob("*") if path.name.endswith(TELEPORT_SUFFIXES) and path.is_file())
    for file in files:
        text = file.read_text("utf-8", "replace")
        for document in compose(text, file.name, Mistakes(), Budget()):
            if text_of(find(document, "kind")) == "saml":
                app = text_of(find(document, "metadata", "labels", APP_LABEL))
                yield file.name, app, text_of(find(document, "spec", "acs"))
