"""SAML connectors for Teleport (`kind: saml`, v2) as files hold them, and the role mappings that one should have."""

import re
from collections.abc import Iterator
from typing import cast

import msgspec

from idsync.config.composer import Budget, compose
from idsync.config.mistakes import Mistakes
from idsync.config.nodes import Node, Plain, find, plain, text_of
from idsync.config.patterns import NamePattern
from idsync.config.settings import GroupRule, RoleRule, Settings, TraitRule

APP_LABEL = "teleport.internal/okta-app-id"
GROUPS = "groups"
"""The attribute by which the app tells groups."""
MADE = "# Made by idsync enroll, for Teleport: tctl create -f. idsync itself does not read it.\n"
"""How the files begin that enrollment makes, and may bring up to date."""
_ATTRIBUTE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Connector(msgspec.Struct, frozen=True):
    """A connector in a file: the app that it points to, where answers go and for whom, who signs them, and who gets
    which roles. `metadata` is None where it stands elsewhere. `is_made_here` tells what enrollment made from what
    people did.
    """

    file: str
    is_made_here: bool
    content: Plain
    app: str | None
    acs_url: str | None
    audience: str | None
    metadata: str | None
    mappings: Plain

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attributes that its mappings look at."""
        rules = self.mappings if isinstance(self.mappings, list) else []
        names = (rule.get("name") for rule in rules if isinstance(rule, dict))
        return tuple(dict.fromkeys(name for name in names if isinstance(name, str)))


def read_connectors(file: str, text: str) -> Iterator[Connector]:
    """The connectors of one file; what cannot be read is passed over."""
    documents = tuple(compose(text, file, Mistakes(), Budget()))
    is_made_here = text.startswith(MADE) and len(documents) == 1
    for document in documents:
        if text_of(find(document, "kind")) == "saml":
            yield _connector(file, document, is_made_here=is_made_here)


def _connector(file: str, document: Node, *, is_made_here: bool) -> Connector:
    mappings = find(document, "spec", "attributes_to_roles")
    return Connector(
        file,
        is_made_here,
        plain(document),
        text_of(find(document, "metadata", "labels", APP_LABEL)),
        text_of(find(document, "spec", "acs")),
        text_of(find(document, "spec", "audience")),
        text_of(find(document, "spec", "entity_descriptor")),
        None if mappings is None else plain(mappings),
    )


def attributes(settings: Settings) -> tuple[tuple[str, str], ...]:
    """The attributes that the role rules look at: each trait with the profile attribute that it is made of."""
    prefix = settings.integration.users.traits.prefix
    traits = dict.fromkeys(rule.trait for rule in settings.role_rules if isinstance(rule, TraitRule))
    named = ((trait, trait.removeprefix(prefix)) for trait in traits if trait.startswith(prefix))
    return tuple((trait, attribute) for trait, attribute in named if _ATTRIBUTE.fullmatch(attribute))


def mappings(settings: Settings) -> list[Plain]:
    """`attributes_to_roles`: default roles for everybody, then those of the role rules, in their order."""
    everybody: list[Plain] = [role.name for role in settings.integration.users.default_roles]
    rules: list[Plain] = [{"name": GROUPS, "value": "*", "roles": everybody}] if everybody else []
    return rules + [_mapping(rule) for rule in settings.role_rules]


def _mapping(rule: RoleRule) -> Plain:
    match rule:
        case TraitRule(trait=name, value=pattern):
            pass
        case GroupRule(group=pattern):
            name = GROUPS
    return {"name": name, "value": _whole(pattern), "roles": cast("list[Plain]", [role.source for role in rule.roles])}


def _whole(pattern: NamePattern) -> str:
    """The same filter for Teleport, which holds each branch of an expression against one end of the value alone."""
    return f"^(?:{pattern.source})$" if pattern.is_regex and "|" in pattern.source else pattern.source
