"""The formal proof: what holds is said to hold, what does not is shown by an act that the gate and the second reading confirm."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from tests.core.gate.proving import ask_second, prove, write_policy
from upheld.core.gate import Gate
from upheld.core.gate import cases as cases_room
from upheld.core.gate.cases import list_cases
from upheld.core.gate.formal import prove_formally
from upheld.core.policy.compile import compile_policy
from upheld.core.policy.forms import FORMS, is_claim
from upheld.core.policy.load import load_policy

POLICIES = sorted((Path(__file__).parents[3] / "policies").glob("*/*.policy.md"))


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: f"{path.parent.name} {path.name}")
def test_every_version_we_publish_holds_in_all_cases(path: Path) -> None:
    gate = Gate(compile_policy(load_policy(path)))
    proofs = prove_formally(gate)
    assert [proof.rule.text for proof in proofs if proof.state != "holds"] == []
    proved = {proof.rule.text for proof in proofs}
    for rule in gate.table.rules:
        form = FORMS[rule.form]
        if form.grants or form.cuts or is_claim(rule.form):
            assert rule.text in proved


# a claim, rules under which it holds, a rule that breaks it, and the act (and facts) that show it
CLAIMS = [
    ("claim nobody outside gets person for sale", ["share person with carriers for fulfil if requested"],
     "share person.email with brokers for sale", "share person.email with brokers for sale", ""),
    ("claim nobody outside gets anything for sale", ["share person with carriers for fulfil"],
     "share order with anyone for any purpose if told", "share order with brokers for sale", "told"),
    ("claim brokers never get person", ["share person with carriers for fulfil", "share order with brokers for sale"],
     "share person with carriers, brokers for sale if told", "share person.name with brokers for sale", "told"),
    ("claim nobody outside gets person unless requested", ["share person with carriers for fulfil if requested and told"],
     "share person.name with carriers for fulfil unless known minor", "share person.name with carriers for fulfil", "not known minor"),
    ("claim nobody outside gets person if told", ["share person with carriers for fulfil unless told"],
     "share person with carriers for sale if requested", "share person.name with carriers for sale", "requested"),
    ("claim nobody outside gets order pseudonymous", ["share order de-identified with carriers for reporting"],
     "share order pseudonymous with carriers for reporting", "share order pseudonymous with carriers for reporting", ""),
    ("claim nobody outside gets order", ["show order to desk, analysts, self for fulfil"],
     "show order to anyone for fulfil", "show order to someone else for fulfil", ""),
    ("claim only desk see person for fulfil", ["show person to desk for fulfil", "show person to self", "show person to analysts for reporting"],
     "show person.name to analysts for fulfil if granted", "show person.name to analysts for fulfil", "granted"),
    ("claim only desk see person pseudonymous", ["show person de-identified to analysts for reporting"],
     "show person.email pseudonymous to analysts for reporting", "show person.email pseudonymous to analysts for reporting", ""),
    ("claim person.email is used only for fulfil", ["use person for fulfil", "use order for sale"],
     "use person for sale", "use person.email for sale", ""),
    ("claim order is used only for fulfil, reporting", ["collect order at order for fulfil, reporting"],
     "use order for any purpose", "use order for sale", ""),
    ("claim for reporting only visit in aggregate of 10 is used", ["use visit in aggregate of group-size for reporting"],
     "use visit in aggregate of 9 for reporting", "use visit in aggregate of 9 for reporting", ""),
    ("claim for reporting only visit is used", ["use visit for reporting", "use order for fulfil"],
     "use order for reporting", "use order for reporting", ""),
    ("claim person is collected only at order", ["collect person at order for fulfil"],
     "collect person.name at survey for fulfil", "collect person.name at survey for fulfil", ""),
    ("claim at survey only order is collected", ["collect order at survey for fulfil", "collect person at order for fulfil"],
     "collect person.email at survey for fulfil", "collect person.email at survey for fulfil", ""),
    ("claim person is stored only in vault", ["store person in vault", "keep person 30 days after ordering"],
     "store person in anywhere", "keep person.name in abroad for fulfil", ""),
    ("claim visit leaves only in aggregate of group-size for reporting", ["share visit in aggregate of 10 with carriers for reporting"],
     "share visit in aggregate of 5 with carriers for reporting", "share visit in aggregate of 5 with carriers for reporting", ""),
    ("claim person leaves only de-identified unless told", ["share person with carriers for fulfil if told"],
     "share person with carriers for fulfil if requested", "share person.name with carriers for fulfil", "requested"),
    ("claim nothing collects person at survey", ["collect person at order for fulfil"],
     "collect person.email at survey for fulfil", "collect person.email at survey for fulfil", ""),
    ("claim nothing uses anything for marketing unless chosen news", ["send offer mail to customers if chosen news"],
     "send newsletter mail to customers unless refused news", "use person.email for marketing.newsletter", "news unasked"),
    ("claim nothing shows person to analysts", ["show person to desk for fulfil"],
     "show person.name to analysts for reporting", "show person.name to analysts for reporting", ""),
    ("claim nothing shows order", ["use order for fulfil"], "show order to self", "show order to self for fulfil", ""),
    ("claim nothing keeps order in abroad", ["store order in vault"],
     "store order in abroad", "keep order in abroad for fulfil", ""),
]  # fmt: skip


@pytest.mark.parametrize("line", CLAIMS, ids=lambda line: f"{line[0]} | {line[2]}")
def test_a_claim_holds_until_a_rule_breaks_it_and_then_shows_the_act(
    line: tuple[str, list[str], str, str, str],
) -> None:
    claim, rules, breaking, act, facts = line
    good = prove(write_policy(claim, *rules)).of(claim)
    assert (good.state, good.counterexample, good.failing) == ("holds", None, 0)
    assert good.cells
    assert good.cases
    text = write_policy(claim, *rules, breaking)
    example = prove(text).show(claim)
    assert (str(example.act), example.facts.removesuffix("expired unknown").rstrip(", ")) == (act, facts)
    assert ask_second(text, example) == "permitted"


def test_every_form_of_a_claim_about_acts_is_tried_above() -> None:
    text = write_policy(*(claim for claim, *_ in CLAIMS))
    tried = {proof.rule.form for proof in prove(text).proofs}
    others = {"claim_employs", "claim_cookies", "claim_certificate"}
    assert tried | others == {name for name in FORMS if is_claim(name)}


def test_a_claim_makes_nothing() -> None:
    claims = [claim for claim, *_ in CLAIMS]
    assert prove(write_policy(*claims)).gate.table.pieces == ()


def test_the_person_may_see_their_own_data_whoever_else_may_not() -> None:
    proved = prove(write_policy("claim only desk see person", "show person to self", "show person to desk for fulfil"))
    assert proved.failing == []


# --- what a permission opens


def test_a_permission_that_is_cut_in_all_cases_is_unused_and_says_by_what() -> None:
    proved = prove(write_policy("share order with brokers for sale if told", "never share order with anyone for sale"))
    proof = proved.of("share order")
    assert proof.state == "unused"
    assert "never share order with anyone for sale" in proof.note
    assert proved.of("never share").state == "holds"


def test_a_permission_whose_own_condition_keeps_its_ban_from_lifting_is_unused() -> None:
    proved = prove(
        write_policy("share order with brokers for sale unless told", "never share order with brokers unless told")
    )
    assert proved.of("share order").state == "unused"


def test_a_permission_without_a_purpose_is_unused() -> None:
    proof = prove(write_policy("share order with brokers")).of("share order")
    assert (proof.state, proof.note) == ("unused", "it names no purpose, so it permits nothing")


def test_a_permission_that_another_one_makes_needless_is_not_unused() -> None:
    proved = prove(write_policy("use order for fulfil", "use order for fulfil if told"))
    assert [proof.state for proof in proved.proofs] == ["holds", "holds"]


def test_only_at_anywhere_closes_the_own_pages_too_where_no_touchpoint_is_declared() -> None:
    text = write_policy("at anywhere collect only person for fulfil", "collect order at account for fulfil")
    text = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("touchpoints:"))
    proved = prove(text)
    assert [proof.state for proof in proved.proofs] == ["holds", "unused"]


# --- choices


def test_an_opt_in_choice_fails_when_somebody_never_asked_is_treated_better_than_after_a_no() -> None:
    rules = ["choice news is opt-in, asked at order", "choice news stops offer mail"]
    assert prove(write_policy(*rules, "send offer mail to customers if chosen news")).failing == []
    text = write_policy(*rules, "send offer mail to customers")
    example = prove(text).show("choice news is opt-in")
    assert (str(example.act), example.facts) == ("use person.email for marketing.offer", "news unasked")
    assert example.known == ("you were never asked about news by e-mail",)
    assert ask_second(text, example) == "permitted"


def test_an_opt_out_choice_treats_who_was_not_asked_as_after_a_yes() -> None:
    rules = ["choice news is opt-out, asked at order", "send offer mail to customers if chosen news"]
    assert prove(write_policy(*rules)).of("choice news is").state == "holds"


def test_a_choice_that_no_act_depends_on_is_unused() -> None:
    proof = prove(write_policy("choice news is opt-in, asked at order")).of("choice news")
    assert (proof.state, proof.note) == ("unused", "no act depends on this choice")


def test_a_choice_that_is_said_not_to_stop_a_message_and_does_fails() -> None:
    spared = "choice news does not stop newsletter mail"
    rules = ["send newsletter mail, offer mail to customers", "choice news stops offer mail"]
    assert prove(write_policy(spared, *rules)).failing == []
    text = write_policy(spared, *rules, "never use person.email for marketing unless chosen news")
    example = prove(text).show(spared)
    assert (str(example.act), example.facts) == ("use person.email for marketing.newsletter", "news no")
    assert ask_second(text, example) == "refused"


# --- what is not about acts


def test_nothing_employs_what_a_rule_bans() -> None:
    claim, ban = "claim nothing employs fingerprinting, spyware", "never employ fingerprinting, spyware"
    assert prove(write_policy(claim, ban)).of("claim").state == "holds"
    proof = prove(write_policy(claim, "never employ spyware")).of("claim")
    assert proof.state == "fails"
    assert proof.counterexample is not None
    assert proof.counterexample.why == "no rule says `never employ fingerprinting`"


def test_an_expired_certificate_is_off_the_pages_only_if_a_rule_says_so() -> None:
    claim, ban = "claim nothing shows seal certificate once expired", "never show seal certificate once expired"
    front = "certificates: {seal: {programme: Seal, number: S-1, until: 2027-01-01}}\nsettle:"
    assert prove(write_policy(claim, ban).replace("settle:", front)).of("claim").state == "holds"
    proof = prove(write_policy(claim).replace("settle:", front)).of("claim")
    assert proof.counterexample is not None
    assert proof.counterexample.why == f"no rule says `{ban}`"


def test_cookies_of_other_hosts_break_the_ban_and_the_claim() -> None:
    rules = ["never employ third-party cookies", "claim nothing employs third-party cookies"]
    own = "set cookie own for fulfil, up to 30 days, first-party"
    assert prove(write_policy(*rules, own)).failing == []
    assert len(prove(write_policy(*rules, own, "set cookie other for sale, up to 30 days, from brokers")).failing) == 2


def test_most_cookies_are_more_than_half_of_those_that_outlive_the_visit() -> None:
    claim = "claim most cookies last 1 days to 12 months"
    short = "set cookie a for fulfil, up to the end of the visit, first-party"
    within = [
        "set cookie b for fulfil, up to 30 days, first-party",
        "set cookie c for fulfil, up to 360 days, first-party",
    ]
    long = [
        "set cookie d for fulfil, up to 361 days, first-party",
        "set cookie e for fulfil, up to 12 hours, first-party",
    ]
    assert prove(write_policy(claim, short)).of("claim").state == "unused"
    assert prove(write_policy(claim, short, *within, long[0])).of("claim").state == "holds"
    proof = prove(write_policy(claim, short, *within, *long)).of("claim")
    assert proof.state == "fails"
    assert proof.counterexample is not None
    assert "`set cookie d" in proof.counterexample.why


# --- how much is looked at


def test_a_rule_of_a_reading_that_is_not_chosen_has_no_proof() -> None:
    proved = prove(
        write_policy("never share order literal reading", "share order with carriers for fulfil settled reading")
    )
    assert [proof.rule.form for proof in proved.proofs] == ["share"]


def test_every_consistent_combination_of_facts_is_asked() -> None:
    gate = prove(
        write_policy("send offer mail to customers if chosen news and told", "keep person 30 days after ordering")
    ).gate
    ((_, bits),) = gate.open_cells(prove_act(gate, "use person.email for marketing.offer"))
    cases = list_cases(gate.table, gate.find_residual(bits))
    # expired and told are true, false or unknown; the choice is yes, no, unasked or unknown
    assert len(cases) == len(set(cases)) == 3 * 3 * 4


def prove_act(gate: Gate, text: str):  # noqa: ANN201 - only a short name for what parse_act gives
    from upheld.core.gate import parse_act

    return parse_act(text, gate.table.words)


TERMS = [
    "told",
    "merging",
    "granted",
    "assigned",
    "stated",
    "named",
    "bound",
    "in scope",
    "permitted",
    "requested",
    "erasing",
]


@pytest.mark.parametrize("limit", [60_000, 10])
def test_with_too_many_cases_the_smallest_that_open_are_enough(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases_room, "MAX_CASES", limit)
    grants = [f"share person with carriers for fulfil if {one} and {two}" for one, two in pairwise(TERMS)]
    rules = [*grants, "choice news stops sharing with carriers", "choice news is opt-in, asked at order"]
    claim = f"claim nobody outside gets person unless {', '.join(TERMS[:-1])} or {TERMS[-1]}"
    assert prove(write_policy(claim, *rules)).of(claim).state == "holds"
    narrower = f"claim nobody outside gets person unless {', '.join(TERMS[2:-1])} or {TERMS[-1]}"
    text = write_policy(narrower, *rules)
    proved = prove(text)
    example = proved.show(narrower)
    assert {"told", "merging"} <= set(example.facts.split(", "))
    assert ask_second(text, example) == "permitted"
    # the rules that make it fail hold for themselves; the choice is opt-in and yet stops only after a no
    assert all(proved.of(grant).state == "holds" for grant in grants)
    assert proved.show("choice news is opt-in").known[0] == "you were never asked about news by e-mail"


def test_the_proof_says_how_much_it_looked_at() -> None:
    proved = prove(
        write_policy("claim nobody outside gets order for sale", "share person with carriers for fulfil if told")
    )
    proof = proved.of("claim")
    # two named recipients and one that is not, four degrees; and showing to somebody without a role
    assert proof.cells == 3 * 4 + 4
    assert proof.cases == 1
    assert proved.of("share person").cases == 3
