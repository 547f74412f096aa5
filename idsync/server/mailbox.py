"""Words from one thread to another, which waits for them beside its other news: each once, however often it is put."""

import threading
from multiprocessing import Pipe
from multiprocessing.connection import Connection


class Mailbox:
    """What was put and is not taken yet. To put something never waits for who is to take it.

    `news` has something to receive while there is any, and is for waiting alone.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._words: list[str] = []
        self.news: Connection
        self.news, self._tell = Pipe(duplex=False)

    def put(self, word: str) -> None:
        """Put a word; one that still waits to be taken is not there twice."""
        with self._lock:
            if not self._words:
                self._tell.send(None)
            if word not in self._words:
                self._words.append(word)

    def take(self) -> list[str]:
        """What was put since it was taken last, in its order; it does not wait."""
        with self._lock:
            words, self._words = self._words, []
            if words:
                self.news.recv()
        return words
