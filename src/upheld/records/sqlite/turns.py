"""Turns: whoever waits longest is next; knows nothing of databases.

SQLite itself lets the one write who asks at the right moment: whoever waits looks again and again, up to a tenth of a
second apart, and in a busy process some wait until they give up. Here they are woken one after the other.
"""

from __future__ import annotations

import threading
from collections import deque


class Turns:
    """One holder at a time, in the order in which they asked."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.waiting: deque[threading.Event] = deque()
        self.is_taken = False

    def take(self, timeout_seconds: float) -> bool:
        """Whether it is the caller's turn, after at most so long a wait; who got it gives it back."""
        with self.lock:
            if not self.is_taken:
                self.is_taken = True
                return True
            mine = threading.Event()
            self.waiting.append(mine)
        if mine.wait(timeout_seconds):
            return True
        with self.lock:
            if mine not in self.waiting:
                return True  # it came in the moment in which we gave up
            self.waiting.remove(mine)
            return False

    def give_back(self) -> None:
        """Hand over to the one who waits longest."""
        with self.lock:
            if self.waiting:
                self.waiting.popleft().set()
            else:
                self.is_taken = False
