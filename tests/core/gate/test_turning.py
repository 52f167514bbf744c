"""Acts that somebody keeps an eye on: those that another version answers differently are found, the others are not named."""

from __future__ import annotations

from tests.actions.versions import NEWEST, SOON, WIDER, read_table
from upheld.core.gate import Gate
from upheld.core.gate.turning import Watched, compare_verdicts, read_watched

SEEN = Watched("show person.zip pseudonymous to analysts for improve", "granted", "May analysts see my zip code?")
SOLD = Watched("share person.email with anyone for sale")
NONSENSE = Watched("juggle person.email")


def test_what_opens_and_what_closes_is_said_with_its_sentence() -> None:
    old, new = Gate(read_table(NEWEST)), Gate(read_table(SOON, WIDER))
    turned, asked = compare_verdicts(old, new, (SOLD, SEEN, NONSENSE, SEEN))
    assert asked == 2
    assert [(one.watched, one.said, one.opens) for one in turned] == [(SEEN, "may now", True)]
    assert turned[0].after == ("lasership#something-new.1",)
    back, _ = compare_verdicts(new, old, (SEEN,))
    assert (back[0].said, back[0].closes) == ("may no longer", True)
    assert compare_verdicts(old, old, (SOLD, SEEN))[0] == ()


def test_a_word_that_only_one_version_has_is_no_answer_there() -> None:
    old = Gate(read_table(NEWEST))
    new = Gate(read_table(SOON, ("\ngroups:\n", "\ngroups:\n  crumbs: [person.zip, person.phone]\n")))
    watched = Watched('share crumbs with "a list broker" for sale')
    turned, asked = compare_verdicts(old, new, (watched,))
    assert (asked, [one.said for one in turned]) == (1, ["still refused; the policy now rules it out"])
    gone, _ = compare_verdicts(new, old, (watched,))
    assert [one.said for one in gone] == ["still refused; the policy no longer has these words"]


def test_a_file_of_acts_is_read_with_what_it_has() -> None:
    text = "act,facts,words\nuse person.email for sale,requested,Sold?\n,,\nshow x to y\n"
    assert read_watched(text) == (Watched("use person.email for sale", "requested", "Sold?"), Watched("show x to y"))
    assert read_watched("something else\nentirely\n") == ()
    assert read_watched("act\nshow x to y\n" + "z" * 200_000) == (Watched("show x to y"),)
