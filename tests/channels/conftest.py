"""The messages of the channels' tests, and a mail server for each test that wants one."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.channels.sinks import Sink, open_sink
from upheld.channels.base import Message

FINN = Message(
    id="m_abcdefghij0123456789",
    sender="desk@courier.example",
    sender_name="Parcel courier",
    to="finn@harbour.example",
    subject="Your parcel – delivered",
    text="Hello Finn,\n\nsee https://courier.example/a?b=c\n.\n.. dots\n",
    html='<p>Hello Finn, <a href="https://courier.example/a?b=c">see</a></p>\n',
    at=datetime(2025, 3, 14, 9, 26, 53, tzinfo=UTC),
    headers=(("Auto-Submitted", "auto-generated"),),
)


@pytest.fixture
def finn() -> Message:
    """A message to Finn, with letters beyond ASCII and lines that begin with a dot."""
    return FINN


@pytest.fixture
def sink() -> Iterator[Sink]:
    yield from open_sink()
