"""How counts are put into words."""


def counted(number: int, singular: str, plural: str = "") -> str:
    """`1 person`, `2 people`, `100,000 users`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"
