"""How the console says moments."""

import pytest

from upheld.console.moments import say_distance

DAY = 86_400


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "now"),
        (-1, "1 second ago"),
        (3 * DAY, "in 3 days"),
        (-40 * DAY, "5 weeks ago"),
        (-400 * DAY, "13 months ago"),
        (-3700 * DAY, "10 years ago"),
    ],
)
def test_a_distance_is_said_in_whole_units(seconds: float, words: str) -> None:
    assert say_distance(seconds) == words
