"""Rules that look at what a sanitized snapshot replaced: what they give in such a plan says nothing."""

from collections.abc import Iterator

from idsync.compiler.roles import config_cause
from idsync.config.settings import Settings, TraitRule
from idsync.diagnostics import quoted
from idsync.model.findings import Finding
from idsync.model.identity import Snapshot


def sanitized_rules(settings: Settings, snapshot: Snapshot) -> Iterator[Finding]:
    """A finding for each role rule whose trait is not as it was before the snapshot was sanitized."""
    if not snapshot.sanitized or snapshot.kept_attributes is None:
        return
    prefix = settings.integration.users.traits.prefix
    whole = {prefix + attribute for attribute in snapshot.kept_attributes}
    for rule in settings.role_rules:
        if isinstance(rule, TraitRule) and rule.trait.startswith(prefix) and rule.trait not in whole:
            yield Finding(
                "sanitized_rule",
                "warning",
                f"A rule looks at {quoted(rule.trait)}, whose values the sanitized snapshot replaced, in full or where "
                "they say who a person is: whom the rule gives its roles in this plan means nothing. Plan with a "
                "snapshot that is not sanitized to see.",
                (config_cause(rule.position, "role rule"),),
            )
