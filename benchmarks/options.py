"""The options that say how large an organization to measure on."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

import click

from benchmarks.organizations import Size

P = ParamSpec("P")
R = TypeVar("R")


def size_options(function: Callable[Concatenate[Size, P], R]) -> Callable[..., R]:
    """Options for the counts and the seed; the counts reach the function as one Size."""

    @click.option("--users", default=100_000, show_default=True, help="People who have the app.")
    @click.option("--groups", default=10_000, show_default=True, help="Groups.")
    @click.option("--memberships", default=1_000_000, show_default=True, help="People in groups, and assigned to apps.")
    @click.option("--apps", default=200, show_default=True, help="Apps.")
    @click.option("--seed", default=0, show_default=True, help="Another number makes another organization.")
    @wraps(function)
    def with_size(users: int, groups: int, memberships: int, apps: int, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            size = Size(users, groups, memberships, apps)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
        return function(size, *args, **kwargs)

    return with_size
