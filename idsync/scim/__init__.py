"""The language of SCIM: what a pushed resource means in Okta's terms. The protocol itself is a library's."""
