"""A plan as machines read it: exactly the bytes of the plan file."""

from idsync.model.canonical import canonical_bytes
from idsync.plan.changes import Plan


def render_plan(plan: Plan) -> str:
    """What `plan -o` writes: canonical JSON and a newline."""
    return canonical_bytes(plan).decode() + "\n"
