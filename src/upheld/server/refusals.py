"""How the log tells of a request that Django refused to read: one line, with nothing in it that the request held."""

from __future__ import annotations

import logging


class RefusalFormatter(logging.Formatter):
    """A warning in one line; the logger's name says what was wrong. Strangers cause these, so a traceback helps nobody."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without the record's own message, which may repeat the request."""
        told = {"levelno": logging.WARNING, "levelname": "WARNING", "msg": "a request was refused", "args": None}
        kept = {"exc_info": None, "exc_text": None, "stack_info": None}
        return super().format(logging.makeLogRecord({**record.__dict__, **told, **kept}))
