"""What captures and profile values come to: not given where the configuration itself might not say it.

People who may name a group or fill in a profile would else give what no configuration may say.
"""

from collections.abc import Iterable, Iterator, Sequence

from idsync.config.templates import Template
from idsync.config.texts import is_usable_text, text_complaint
from idsync.diagnostics import quoted
from idsync.model.directory import Cause, UpstreamCause
from idsync.model.findings import Finding

SHOWN = 20


def usable(texts: Iterable[str]) -> list[str]:
    """The texts that may be given; what came out empty is dropped without a word."""
    return [text for text in texts if is_usable_text(text)]


def unusable(
    what: str, templates: Iterable[Template], captures: Sequence[str], causes: tuple[Cause, ...]
) -> Iterator[Finding]:
    """A warning for each of these texts with captures that comes to something that is not given; `what` it is."""
    for template in templates:
        text = template.expand(captures)
        if text and not is_usable_text(text):
            told = f"The {what} {quoted(text)}, from {quoted(str(template))},"
            message = f"{told} {text_complaint(text)[0]}; it is not given."
            yield Finding("unusable_expansion", "warning", message, causes)


def unusable_values(trait: str, people: Sequence[tuple[str, str]]) -> Finding:
    """A warning about values of one trait that are not given, to people by name and Okta id."""
    ordered = sorted(people)
    shown = ", ".join(name for name, _ in ordered[:SHOWN])
    more = f" and {len(ordered) - SHOWN:,} more" if len(ordered) > SHOWN else ""
    return Finding(
        "unusable_expansion",
        "warning",
        f"A value of the trait {trait} begins or ends with white space, or holds a control character; it is not given"
        f" to {shown}{more}. Correct the profile in Okta.",
        tuple(UpstreamCause("user", okta_id, name) for name, okta_id in ordered[:SHOWN]),
    )
