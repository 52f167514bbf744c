"""The database that Django opens: a transaction begins when it is its turn in this process; knows no model."""

from __future__ import annotations

import threading
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

from upheld.records.sqlite.turns import Turns

# Far longer than any transaction of ours; two that wait for each other end here instead of never.
LONGEST_WAIT_SECONDS = 30.0
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
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # the stubs leave it out
        except BaseException:
            self._end_turn()
            raise

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
