"""Which role sees whom a parcel goes to: told by the gate, and by the sentence where it says no."""

from tests.actions.stage import open_courier
from upheld.core.shipping.seeing import find_seeing, refuse_seeing


def test_the_first_role_that_the_gate_lets_see_it_is_found_with_purpose_and_sentence() -> None:
    binding = open_courier()
    found = find_seeing(binding, ("analysts", "dispatch", "customer-service"))
    assert found is not None
    assert (found.role, found.purpose) == ("dispatch", "fulfil.service")
    assert found.because == ("lasership#how-we-protect-it.1",)


def test_a_role_that_may_not_is_told_the_sentence() -> None:
    binding = open_courier()
    for roles in (("analysts",), ("privacy-desk",), ("nobody",), ()):
        assert find_seeing(binding, roles) is None
    assert refuse_seeing(binding, ("privacy-desk",)) == ("lasership#how-we-protect-it.1",)
