"""Each fault that a broken house would have left turns the evidence of its own rules red, and of no other."""

from __future__ import annotations

import pytest

from tests.actions.observed import Teller
from tests.actions.observed_faults import FAULTS, Fault
from tests.actions.stage import NOW
from upheld.core.gate.binding import Binding
from upheld.core.proof.evidence import FAILS

pytestmark = pytest.mark.usefixtures("databases")


def find_failing(binding: Binding) -> dict[str, tuple[str, ...]]:
    """The rules whose evidence fails, each with the lines that show it."""
    from upheld.actions.observing import observe

    seen = observe(binding, NOW)
    assert not seen.faults
    rules = binding.policy.active_rules
    return {
        rules[number].text.partition(") ")[2]: found.lines
        for number, found in seen.evidence.items()
        if found.outcome == FAILS
    }


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name.replace(" ", "-") for fault in FAULTS])
def test_a_fault_turns_its_own_rules_red_and_no_other(fault: Fault, binding: Binding) -> None:
    teller = Teller()
    fault.leave(teller)
    failing = find_failing(binding)
    assert all(sum(text.startswith(rule) for text in failing) == 1 for rule in fault.rules), sorted(failing)
    assert len(failing) == len(fault.rules), sorted(failing)
    for rule in fault.rules:
        lines = next(lines for text, lines in failing.items() if text.startswith(rule))
        assert lines, rule
    assert any(teller.last in lines for lines in failing.values())


def test_what_a_whole_house_leaves_turns_nothing_red(binding: Binding) -> None:
    teller = Teller()
    teller.begin("2016-06-13", 60)
    teller.announce("2016-10-03", 50, starts=45)
    teller.begin("2016-10-03", 45)
    teller.register()
    teller.grant("s_2", "customer-service")
    teller.case()
    teller.show()
    teller.answer(is_yes=True, days=9)
    teller.mail("mail.queued", 8)
    teller.mail("mail.sent", 8)
    teller.answer(is_yes=False, days=7)
    teller.mail("mail.queued", 6, "administrative message")
    teller.book()
    teller.deliver()
    teller.prove()
    teller.disclose(["addressee.name"], "fulfil.service", "carriers", ("service", "sh_" + "a" * 20))
    teller.permit()
    teller.hand_over()
    teller.demand()
    teller.agree("s_5")
    teller.agree("s_6")
    teller.release()
    teller.merge(30)
    teller.transfer()
    teller.report(10)
    assert find_failing(binding) == {}


def test_a_message_that_was_being_handed_over_when_the_no_came_is_no_fault(binding: Binding) -> None:
    teller = Teller()
    teller.register()
    teller.answer(is_yes=True, days=1)
    teller.mail("mail.queued", 1)
    teller.answer(is_yes=False, days=1)
    teller.mail("mail.sent", 1)
    assert find_failing(binding) == {}
