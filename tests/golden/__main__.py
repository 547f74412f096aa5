"""`python -m tests.golden` writes the expected plans anew; `git diff tests/golden` then shows what became of them."""

from tests.golden.stories import regenerate

regenerate()
