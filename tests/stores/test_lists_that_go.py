"""Lists that go, on every implementation: with their members and owners, and nothing of another list."""

from idsync.stores.protocol import Store
from idsync.targets.local import LocalTarget
from tests.targets.world import ORG, our_list, our_user


def test_a_list_that_is_deleted_goes_with_its_members_and_owners(store: Store, other: Store) -> None:
    target = LocalTarget(store.directory, ORG)
    with target.transaction():
        for name in ("ann", "bob"):
            target.put_user(our_user(name))
        for name in ("one", "two"):
            target.put_access_list(our_list(name, title=name))
    target.delete_access_list("one")
    target.delete_access_list("never")
    left = LocalTarget(other.directory, ORG).state()
    assert left.access_lists.keys() == {"two"}
    assert left.access_lists["two"] == our_list("two", title="two")
    target.put_access_list(our_list("one", title="again"))
    assert LocalTarget(other.directory, ORG).state().access_lists["one"].spec.title == "again"
