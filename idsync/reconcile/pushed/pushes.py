"""What a SCIM client pushes: it changes upstream facts, and then the one pass runs for the extent that it touched.

A push is wholly in the directory when it returns, or an error says why nothing of it was taken: NameTaken, and what an
apply raises. What guards hold is kept back, and the push is taken all the same.
"""

from idsync.reconcile.pushed.group_pushes import GroupPushes
from idsync.reconcile.pushed.push_passes import PushPasses
from idsync.reconcile.pushed.user_pushes import UserPushes


class Pushes:
    """Takes pushes of people and of groups, one after the other."""

    def __init__(self, passes: PushPasses) -> None:
        self.passes = passes
        self.users = UserPushes(passes)
        self.groups = GroupPushes(passes)
