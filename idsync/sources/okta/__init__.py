"""An Okta organization, read through its API: paced, retried, typed, and never guessed at."""
