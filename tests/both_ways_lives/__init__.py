"""Lives of memberships that go both ways, against an oracle of their own; `just both-ways` for a night."""
