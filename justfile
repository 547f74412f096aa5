# What a contributor runs. Expects the virtual environment of CONTRIBUTING.md; `.ci/run` needs nothing.

python := ".venv/bin/python"
bin := ".venv/bin"

# list the recipes
default:
    @just --list

# everything that must be green before a commit
check: lint types floors test

# style, and what linters find
lint:
    {{bin}}/ruff check
    {{bin}}/ruff format --check

# types, strictly
types:
    {{bin}}/mypy

# no floor imports one above it
floors:
    {{bin}}/lint-imports

# the tests, in random order, on both cores
test *arguments:
    {{python}} -m pytest -n 3 {{arguments}}

# the tests that kill processes, live random weeks, drive a browser or another's client, build what is released, measure or upgrade whole services
long *arguments:
    IDSYNC_EFFORT=10 {{python}} -m pytest -n 3 -m long {{arguments}}

# the tests, long ones too, with twenty times as many random examples, seeds and deaths of a run, for a night
night *arguments:
    IDSYNC_EFFORT=100 {{python}} -m pytest -n 3 -m '' {{arguments}}

# the tests with branch coverage, as the pipeline runs them: 95 % of the core, 90 % of everything
coverage:
    {{python}} -m pytest -n 3 --cov --cov-report=
    {{bin}}/coverage report --skip-covered --fail-under=95 --include='idsync/errors.py,idsync/diagnostics.py,idsync/model/*,idsync/config/*,idsync/compiler/*,idsync/plan/*'
    {{bin}}/coverage report --skip-covered --fail-under=90

# a sample of mutants of the compiler and the planner: --count, --seed
mutate *arguments:
    {{python}} -m tests.mutants {{arguments}}

# speed and size, as ratios to a yardstick; sizes as arguments
bench *arguments:
    {{python}} -m benchmarks {{arguments}}

# write the generated documents
docs:
    {{python}} -m idsync.cli.reference > docs/cli.md

# the site of the documentation, in site/
site:
    {{bin}}/python -m mkdocs build --strict

# random weeks against the rules, for a night: --count, --weeks, --seed
lives *arguments:
    {{python}} -m tests.lives {{arguments}}

# memberships edited on both sides, and processes killed while they send, for a night: --count, --passes, --seed
both-ways *arguments:
    {{python}} -m tests.both_ways_lives {{arguments}}

# kill a service under load, over and over, for a night: --count, --seed, --store postgres, --replicas 3
serve-kills *arguments:
    {{python}} -m tests.serve_kills {{arguments}}

# push very many people at one time, for a night: --people 10000, --connections 8, --store postgres, --replicas 2
serve-many *arguments:
    {{python}} -m tests.serve_many {{arguments}}

# write the archive of older builds that upgrades are tried with, from this clone's history
older-builds:
    {{python}} -m tests.older_builds

# a year of weeks pushed to one service, for a night: nothing grows; --weeks, --seed
soak *arguments:
    {{python}} -m tests.serve_soak {{arguments}}
