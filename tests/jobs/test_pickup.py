"""The pickup: due messages become jobs, each message is in one at a time, and a job that ended is begun anew."""

from typing import Any

import pytest

from tests.web.sites import set_up_django


def list_due(count: int, turn: int = 1) -> list[Any]:
    set_up_django()
    from upheld.actions.sending import Due

    return [Due(f"m_{number}", f"m_{number}.{turn}") for number in range(count)]


@pytest.fixture
def pickup(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A pickup whose jobs are only remembered."""
    set_up_django()
    from upheld.jobs import pickup

    made = pickup.Pickup()
    started: list[list[str]] = []

    class NoJobs:
        @staticmethod
        def start_workflow(_work: Any, _site: str, messages: list[str], _run: str) -> None:
            started.append(messages)

        @staticmethod
        def get_workflow_status(_run: str) -> Any:
            return None

    monkeypatch.setattr(pickup, "DBOS", NoJobs)
    return made, started


@pytest.mark.parametrize(("count", "jobs", "largest"), [(0, 0, 0), (1, 1, 1), (8, 1, 8), (20, 3, 8), (512, 8, 64)])
def test_messages_are_shared_out_in_the_order_of_their_waiting(count: int, jobs: int, largest: int) -> None:
    due = list_due(count)
    from upheld.jobs.pickup import share_out

    shared = list(share_out(due))
    assert [one for some in shared for one in some] == due
    assert (len(shared), max(map(len, shared), default=0)) == (jobs, largest)


def test_a_message_that_stands_in_a_job_is_in_no_other(pickup: Any) -> None:
    made, started = pickup
    due = list_due(3)
    made.start("site", due)
    assert not any(made.may_start(one) for one in due)
    assert all(made.may_start(one) for one in list_due(3, turn=2)), "its next turn is another matter"
    assert started == [["m_0", "m_1", "m_2"]]


def test_a_job_that_ended_and_left_its_messages_is_begun_anew_for_all_of_them(
    pickup: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, _ = pickup
    due = list_due(3)
    made.start("site", due)
    monkeypatch.setattr("upheld.jobs.pickup.RUN_AGAIN_AFTER_SECONDS", 0.0)
    assert all(made.may_start(one) for one in due)


def test_how_many_are_begun_together_follows_how_fast_they_leave() -> None:
    set_up_django()
    from upheld.jobs.mail import AT_RISK_SECONDS, FIRST_AT_ONCE, MOST_AT_ONCE, find_size

    size = FIRST_AT_ONCE
    for _ in range(10):
        size = find_size(size, 0.01, size)
    assert size == MOST_AT_ONCE
    assert find_size(2, 0.01, 8) == 8, "a few that were left say nothing"
    for _ in range(10):
        size = find_size(size, AT_RISK_SECONDS * 2, size)
    assert size == 1, "a crash leaves one in doubt where each takes long"
