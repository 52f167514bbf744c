"""What holds for all tests: how long Hypothesis searches, and that in CI nothing is skipped."""

import gc
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.postgres import ASKED

STARTING = Path(__file__).parent / "server"
REHEARSING = Path(__file__).parent / "rehearsal"  # on the embedded database, whatever the house's own is

# In `make test` the search is the same each time: a change is never red for what somebody else's code did all along.
# `make long` searches anew each time and much longer.
settings.register_profile("quick", derandomize=True, deadline=None, max_examples=100, print_blob=True)
settings.register_profile(
    "long", deadline=None, max_examples=20_000, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skips", action="store_true", help="a skipped test fails the run")
    parser.addoption("--postgresql", action="store_true", help="only the tests with databases, on PostgreSQL")
    parser.addoption(
        "--pictures", action="store_true", help="journeys leave pictures of the pages in tests/journeys/shots"
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.option.postgresql:
        os.environ[ASKED] = "yes"
    settings.load_profile("long" if config.option.markexpr == "long" else "quick")


@pytest.hookimpl(tryfirst=True)  # before the command line's `-m` is looked at
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        # what opens databases or starts the server is no unit test: it has a tier of its own
        is_starting = item.path.is_relative_to(STARTING) and item.get_closest_marker("bare") is None
        if "databases" in getattr(item, "fixturenames", ()) or is_starting:
            item.add_marker("database")
    if config.option.postgresql:
        keep(config, items, runs_on_both)


def runs_on_both(item: pytest.Item) -> bool:
    """Whether a test runs on SQLite and on PostgreSQL."""
    is_sqlite = item.get_closest_marker("sqlite") is not None or item.path.is_relative_to(REHEARSING)
    return "databases" in getattr(item, "fixturenames", ()) and not is_sqlite


def keep(config: pytest.Config, items: list[pytest.Item], is_kept: Callable[[pytest.Item], bool]) -> None:
    left = [item for item in items if not is_kept(item)]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if is_kept(item)]


def pytest_collection_finish(session: pytest.Session) -> None:
    # Thousands of collected tests stay for the whole run: looking through them for garbage again and again takes a sixth of it.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not session.config.getoption("--no-skips"):
        return
    if reporter.stats.get("skipped") and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    count = len(terminalreporter.stats.get("skipped", []))
    if count and config.getoption("--no-skips"):
        terminalreporter.write_line(f"{count} skipped: a run of `make test` skips nothing", red=True)
