"""A service that is pushed to and killed, over and over: what it took is there, and nothing is half done."""
