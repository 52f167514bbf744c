"""The database that Django opens: a transaction begins when it is its turn in this process; knows no model.

Another process may be writing. SQLite by itself would look again after longer and longer pauses, up to a tenth of a
second, and find the file free or not; here it is looked at each millisecond, so nobody waits longer than the other writes.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

from upheld.records.sqlite.turns import Turns

# Far longer than any transaction of ours; two that wait for each other end here instead of never.
LONGEST_WAIT_SECONDS = 30.0
LOOK_AGAIN_SECONDS = 0.001
_turns: dict[str, Turns] = {}
_lock = threading.Lock()


def find_turns(name: str) -> Turns:
    """The turns of one file, the same for all threads of this process."""
    with _lock:
        return _turns.setdefault(name, Turns())


class DatabaseWrapper(base.DatabaseWrapper):
    """One thread's connection; holds a turn from the beginning of a transaction to its end."""

    turns: Turns | None = None

    def _start_transaction_under_autocommit(self) -> None:
        turns = find_turns(str(self.settings_dict["NAME"]))
        if not turns.take(LONGEST_WAIT_SECONDS):
            raise OperationalError("database is locked: no turn to write")
        self.turns = turns
        try:
            self._begin(time.monotonic() + LONGEST_WAIT_SECONDS)
        except BaseException:
            self._end_turn()
            raise

    def _begin(self, end: float) -> None:
        """Begin to write as soon as no other process does; raises OperationalError when that takes too long."""
        connection: sqlite3.Connection = self.connection
        patience = int(1000 * self.settings_dict["OPTIONS"].get("timeout", 5))
        connection.execute("PRAGMA busy_timeout=0")
        try:
            while True:
                try:
                    with self.wrap_database_errors:  # without Django's cursor, which costs as much as the statement
                        connection.execute(f"BEGIN {self.transaction_mode or ''}")  # type: ignore[attr-defined]  # the stubs leave it out
                except OperationalError as problem:
                    if not is_busy(problem) or time.monotonic() > end:
                        raise
                    time.sleep(LOOK_AGAIN_SECONDS)
                else:
                    return
        finally:
            connection.execute(f"PRAGMA busy_timeout={patience}")

    def _commit(self) -> Any:
        try:
            return super()._commit()  # type: ignore[misc]  # the stubs leave it out
        finally:
            if not self.is_writing():
                self._end_turn()

    def _rollback(self) -> Any:
        try:
            return super()._rollback()  # type: ignore[misc]  # the stubs leave it out
        finally:
            self._end_turn()

    def _close(self) -> Any:
        try:
            return super()._close()  # type: ignore[misc]  # the stubs leave it out
        finally:
            self._end_turn()

    def is_writing(self) -> bool:
        """Whether a transaction is open: a commit that failed leaves it so, until it is rolled back."""
        return self.connection is not None and bool(self.connection.in_transaction)

    def _end_turn(self) -> None:
        if self.turns is not None:
            turns, self.turns = self.turns, None
            turns.give_back()


def is_busy(problem: OperationalError) -> bool:
    """Whether another process writes just now."""
    return getattr(problem.__cause__, "sqlite_errorname", "").startswith("SQLITE_BUSY")
