"""The commands that messages name find the configuration of the call that says them."""

import pytest

from idsync.render.hints import as_typed

OPTIONS = ("-c", "my access")


@pytest.mark.parametrize(
    ("told", "typed"),
    [
        ("See `idsync history`.", "See `idsync history -c 'my access'`."),
        ("`idsync unlock ann@x.com --reason TEXT` does", "`idsync unlock -c 'my access' ann@x.com --reason TEXT` does"),
        ("`idsync scim token revoke ID`, once", "`idsync scim token revoke -c 'my access' ID`, once"),
        ("`idsync keys create`, or not", "`idsync keys create -c 'my access'`, or not"),
        ("`idsync enroll okta`", "`idsync enroll okta -c 'my access'`"),
    ],
)
def test_a_command_gets_the_options_behind_its_words(told: str, typed: str) -> None:
    assert as_typed(told, OPTIONS) == typed
    assert as_typed(typed, OPTIONS) == typed
    assert as_typed(told, ()) == told


@pytest.mark.parametrize(
    "told",
    [
        "`idsync plan -c CONFIG`",
        "`idsync init`",
        "`idsync store copy A B`",
        "`idsync plan --help`",
        "idsync plan",
        "`idsync`",
    ],
)
def test_what_names_a_configuration_or_needs_none_stays_as_it_is(told: str) -> None:
    assert as_typed(told, OPTIONS) == told
