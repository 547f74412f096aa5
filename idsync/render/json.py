"""A plan as machines read it: exactly the bytes of the plan file."""

from idsync.plan.changes import Plan
from idsync.plan.planfile import encode_plan


def render_plan(plan: Plan) -> str:
    """What `plan -o` writes: canonical JSON and a newline."""
    return encode_plan(plan).decode()
