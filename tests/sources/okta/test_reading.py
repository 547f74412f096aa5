"""What a reading finds in a simulated organization, and what it asks for."""


from tests.sources.okta.organizations import served, small


def by_name(snapshot):
    return {group.name: group for group in snapshot.groups}


def test_a_reading_holds_the_pool_groups_and_apps():
    with served(small()) as reader:
        snapshot = reader.source().fetch()
    logins = sorted(user.username for user in snapshot.users)
    assert logins == [f"{name}@enzos-pizza.com" for name in ("ada", "boris", "chloe", "dmitri", "elif")]
    assert {user.scope for user in snapshot.users} == {"GROUP"}
    assert sorted(by_name(snapshot)) == ["empty", "eng", "staff"]
    assert len(by_name(snapshot)["staff"].member_ids()) == 5
    assert [(app.label, len(app.user_ids()), len(app.groups)) for app in snapshot.apps] == [("Salesforce", 1, 1)]
    assert snapshot.app_label == "Teleport"
    assert snapshot.complete
