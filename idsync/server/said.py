"""Words from one thread to another, which waits for them beside its other news: each once, however often it is said."""

import threading
from multiprocessing import Pipe
from multiprocessing.connection import Connection


class Said:
    """What was said and is not heard yet. To say something never waits for who is to hear it.

    `news` has something to receive while there is any, and is for waiting alone.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._words: list[str] = []
        self.news: Connection
        self.news, self._tell = Pipe(duplex=False)

    def say(self, word: str) -> None:
        """Say a word; one that still waits to be heard is not said twice."""
        with self._lock:
            if not self._words:
                self._tell.send(None)
            if word not in self._words:
                self._words.append(word)

    def heard(self) -> list[str]:
        """What was said since this was asked last, in its order; it does not wait."""
        with self._lock:
            words, self._words = self._words, []
            if words:
                self.news.recv()
        return words
