"""The formal proof can fail: faults put into the courier's policy, its table and the gate each break the right rule's proof."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.core.gate import proving
from tests.core.gate.proving import Proved, add, ask_second, drop, forget, heed, prove, rebuild, remove, shift, spoil
from tests.model.policies import Invented, invent_policies
from upheld.core.errors import PolicyError
from upheld.core.gate import Gate, decide, residual
from upheld.core.gate.cases import list_cases
from upheld.core.gate.formal import prove_formally
from upheld.core.gate.residual import Decision, Residual
from upheld.core.policy.compile import ACTIONS, Piece, Table, compile_policy
from upheld.core.policy.condition import ALWAYS, NEVER, FactNumbers
from upheld.core.policy.load import parse_policy
from upheld.core.policy.model import OTHER, Degree
from upheld.core.policy.words import print_body

ROOT = Path(__file__).parents[3]
COURIER = ROOT / "policies" / "lasership" / "2016-06-13.policy.md"
Change = Callable[[Table], Table]


@cache
def read_courier() -> str:
    return COURIER.read_text(encoding="utf-8")


def chain(*changes: Change) -> Change:
    def change_table(table: Table) -> Table:
        for change in changes:
            table = change(table)
        return table

    return change_table


def opens_always(piece: Piece, _table: Table) -> Piece:
    return replace(piece, masks=ALWAYS)


def opens_never(piece: Piece, _table: Table) -> Piece:
    return replace(piece, masks=NEVER)


def counts_as(line: str) -> Callable[[Piece, Table], Piece]:
    """The piece is said to come from another rule."""
    return lambda piece, table: replace(piece, rule=next(n for n, rule in enumerate(table.rules) if line in rule.text))


def flip_default(table: Table) -> Table:
    return replace(table, choices={"marketing": "opt-out"})


LEGAL = "share customer information with authorities, claimants for legal if demanded by law"
DELIVERY = "for fulfil share only addressee.name"
REPORTS_SHOW = "for reporting show only visit"
REPORTS_USE = "for reporting use only visit"
ANALYSTS = "show customer information, addressee identified only to"
MERGER_SHARE = "share customer information with successor for merger"
UNTOLD = "never share customer information with successor for merger"
USES = "never use anything for any purpose but"
VISIT_KEPT = "keep visit 30 days"
TO_SELF = "show what is on record about you to self"

# what is wrong, the change to the compiled table, the rule that fails
FAULTS: list[tuple[str, Change, str]] = [
    ("a ban is left out", spoil("never share anything with anyone for reporting", "cut", drop), "never share anything with anyone for reporting"),
    ("a ban on one recipient is left out", spoil(UNTOLD, "cut", drop), UNTOLD),
    ("a ban that a fact lifts is left out", spoil("never share anything with anyone for merger", "cut", drop), "never share anything with anyone for merger"),
    ("a ban is lifted by one fact too many", spoil(UNTOLD, "cut", heed("merging")), UNTOLD),
    ("a ban no longer asks what lifts it", spoil(UNTOLD, "cut", opens_always), UNTOLD),
    ("a ban spares one of the data", spoil("never share anything with anyone for reporting", "cut", remove("data", "person.email")), "never share anything with anyone for reporting"),
    ("a ban spares one recipient", spoil("never share anything with anyone for reporting", "cut", remove("counterparts", "affiliates")), "never share anything with anyone for reporting"),
    ("a ban forgets who is not named", spoil("never share anything with anyone for reporting", "cut", remove("counterparts", "(not named)")), "never share anything with anyone for reporting"),
    ("a ban holds only for the degree that tells most", spoil("never share anything with anyone for reporting", "cut", shift(0, -1)), "never share anything with anyone for reporting"),
    ("an only closes nothing else", spoil(DELIVERY, "cut", drop), DELIVERY),
    ("an only forgets its complement, and a permission is too wide",
     chain(spoil("use addressee.email only", "cut", drop), spoil("use customer information for research", "grant", add("data", "addressee.email"))),
     "claim addressee.email is used only for"),
    ("a purpose is left out of an only, and a permission is too wide",
     chain(spoil(USES, "cut", remove("purposes", "sale")), spoil("use customer information for research", "grant", add("purposes", "sale"))),
     "claim nothing uses anything for sale"),
    ("a permission forgets its ground", spoil(LEGAL, "grant", forget("demanded by law")), LEGAL),
    ("a permission forgets the approval", spoil(LEGAL, "grant", forget("approved by 2 of privacy-desk")), LEGAL),
    ("a permission is given by another ground", spoil(LEGAL, "grant", heed("demanded by safety")), LEGAL),
    ("a permission does not wait for the request", spoil(DELIVERY, "grant", opens_always), DELIVERY),
    ("a permission does not wait for the telling",
     chain(spoil(MERGER_SHARE, "grant", forget("told")), spoil(UNTOLD, "cut", drop)),
     "claim nobody outside gets customer information for merger"),
    ("a permission has one recipient more", spoil(DELIVERY, "grant", add("counterparts", "affiliates")), DELIVERY),
    ("a permission reaches who is not named", spoil(LEGAL, "grant", add("counterparts", "(not named)")), LEGAL),
    ("a permission has one of the data more", spoil(MERGER_SHARE, "grant", add("data", "sign-in.password")), MERGER_SHARE),
    ("a permission has one purpose more", spoil("record visit.ip", "grant", add("purposes", "sale")), "record visit.ip"),
    ("figures about one person fewer are shown", chain(spoil(REPORTS_SHOW, "grant", shift(-1)), spoil(REPORTS_SHOW, "cut", shift(0, -1))), REPORTS_SHOW),
    ("figures about one person fewer are used", chain(spoil(REPORTS_USE, "grant", shift(-1)), spoil(REPORTS_USE, "cut", shift(0, -1))), REPORTS_USE),
    ("reports show who it is", chain(spoil(REPORTS_SHOW, "grant", shift(-9)), spoil(REPORTS_SHOW, "cut", drop)), REPORTS_SHOW),
    ("more is collected at registration", spoil("collect company, person at account", "grant", add("counterparts", "registration")), "claim at registration only"),
    ("more is noted at a visit", spoil("record visit.ip", "grant", add("data", "message.feedback")), "claim at visit only"),
    ("a log that is the person's own is shown to staff", spoil("show message.mail-log to self", "grant", add("counterparts", "dispatch")), "show message.mail-log to self"),
    ("staff need no recorded need", spoil(ANALYSTS, "grant", forget("granted")), ANALYSTS),
    ("analysts see who it is", chain(spoil(ANALYSTS, "grant", add("counterparts", "analysts")), spoil(ANALYSTS, "cut", drop)), "claim only customer-service"),
    ("what is too old can still be used", spoil(VISIT_KEPT, "cut", drop), VISIT_KEPT),
    ("doubt about age opens", spoil(VISIT_KEPT, "cut", opens_always), VISIT_KEPT),
    ("what is too old is kept", spoil(VISIT_KEPT, "grant", opens_always), VISIT_KEPT),
    ("who was not asked counts as a yes", flip_default, "choice marketing is opt-in"),
]  # fmt: skip
# faults like another of the list: only in `make long`
TWINS = {
    "a ban on one recipient is left out", "a ban that a fact lifts is left out", "a ban spares one recipient",
    "a permission is given by another ground", "a permission has one of the data more",
    "figures about one person fewer are used", "reports show who it is", "more is noted at a visit",
    "staff need no recorded need", "what is too old is kept", "a ban no longer asks what lifts it",
    "a ban holds only for the degree that tells most", "a permission has one purpose more",
    "a permission does not wait for the telling", "doubt about age opens",
}  # fmt: skip
# the act is rightly permitted, by another rule; the sentence that is cited is wrong
MISCITED: list[tuple[str, Change, str]] = [
    ("the wrong sentence is cited", spoil("collect sign-in.password", "grant", counts_as("state")), "state"),
]  # fmt: skip
# the gate refuses what the policy permits
LOSSES: list[tuple[str, Change, str]] = [
    ("a permission loses one of the data", spoil("collect person at registration", "grant", remove("data", "person.zip")), "collect person at registration"),
    ("a permission loses a purpose", spoil("collect person at registration", "grant", remove("purposes", "contact.announcement")), "collect person at registration"),
    ("a permission never opens", spoil(TO_SELF, "grant", opens_never), TO_SELF),
    ("a ban closes one purpose more", spoil(USES, "cut", add("purposes", "research")), USES),
    ("a ban closes one of the data more", spoil("use addressee.email only", "cut", add("data", "person.email")), "use addressee.email only"),
]  # fmt: skip


def mark_twins(faults: list[tuple[str, Change, str]]) -> list[object]:
    assert {name for name, _, _ in faults} >= TWINS
    return [
        pytest.param(*fault, id=fault[0], marks=[pytest.mark.long] if fault[0] in TWINS else []) for fault in faults
    ]


def names_of_faults(faults: list[tuple[str, Change, str]]) -> list[str]:
    return [name for name, _, _ in faults]


@pytest.mark.parametrize(("_name", "change", "line"), mark_twins(FAULTS))
def test_a_fault_in_the_table_that_opens_something_breaks_the_proof(_name: str, change: Change, line: str) -> None:
    example = prove(read_courier(), change).show(line)
    assert example.verdict is not None
    assert example.verdict.is_permitted
    assert ask_second(read_courier(), example) in ("refused", "silent")


@pytest.mark.parametrize(("_name", "change", "line"), MISCITED, ids=names_of_faults(MISCITED))
def test_a_fault_that_cites_the_wrong_sentence_breaks_its_proof(_name: str, change: Change, line: str) -> None:
    example = prove(read_courier(), change).show(line)
    assert "the wrong sentence is cited" in example.why
    assert ask_second(read_courier(), example) == "permitted"


@pytest.mark.parametrize(("_name", "change", "line"), LOSSES, ids=names_of_faults(LOSSES))
def test_a_fault_that_takes_a_permission_away_breaks_a_proof(_name: str, change: Change, line: str) -> None:
    example = prove(read_courier(), change).show(line)
    assert example.verdict is not None
    assert not example.verdict.is_permitted
    assert ask_second(read_courier(), example) == "permitted"


# what is wrong in the text: the line that goes, what stands in its place, and the claim that fails
TEXTS = [
    ("(3) never share customer information with successor for merger unless told [LS-36]", "",
     "if merging and told", "if merging", "claim nobody outside gets customer information for merger"),
    ("(4) use addressee.email only for fulfil.proof-of-delivery [LS-17]", "use addressee for improve", "", "",
     "claim addressee.email is used only"),
    ("(2) never use anything for marketing unless chosen marketing settled marketing-default [LS-38]", "",
     "account holders if chosen marketing", "account holders unless refused marketing", "claim nothing uses anything for marketing"),
    ("(5) collect message.feedback at feedback for fulfil.service", "(5) collect message.feedback at registration for fulfil.service", "", "",
     "claim at registration only"),
    ("(1) show customer information, addressee identified only to customer-service, dispatch for fulfil if granted [LS-44]",
     "(1) show customer information to customer-service, analysts for fulfil if granted", "", "", "claim only customer-service"),
    ("(2) claim nothing employs third-party cookies [LS-37]", "(2) claim nothing employs fingerprinting", "", "", ""),
    ("(3) never share anything with anyone for reporting [LS-24]", "(3) share visit in aggregate of 1000 with affiliates for reporting",
     "for any purpose but fulfil, legal, merger unless permitted", "for any purpose but fulfil, legal, merger, reporting unless permitted",
     "claim nobody outside gets visit"),
]  # fmt: skip


@pytest.mark.parametrize(("gone", "instead", "old", "new", "claim"), TEXTS, ids=[row[0][:60] for row in TEXTS])
def test_a_fault_in_the_policy_breaks_the_claim(gone: str, instead: str, old: str, new: str, claim: str) -> None:
    text = read_courier()
    assert f"\n{gone}\n" in text
    text = text.replace(f"\n{gone}\n", f"\n{instead}\n" if instead else "\n")
    assert old in text
    text = text.replace(old, new) if old else text
    proved = prove(text)
    if not claim:
        assert proved.failing == ["claim nothing employs fingerprinting"]
        return
    example = proved.show(claim)
    assert ask_second(text, example) == "permitted"


# --- faults in the code


def prove_courier() -> Proved:
    return prove(read_courier())


def test_unknown_taken_for_true_breaks_the_permissions_that_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(FactNumbers, "known_true", lambda _self, _condition: ALWAYS)
        table = compile_policy(parse_policy(read_courier()))
    failing = [print_body(proof.rule) for proof in prove_formally(Gate(table)) if proof.state == "fails"]
    # of the six grounds one is enough: once it opens always, the others are not asked
    for line in (
        DELIVERY,
        MERGER_SHARE,
        ANALYSTS,
        LEGAL.partition(" if ")[0],
        "share customer information with anyone",
    ):
        assert any(text.startswith(line) for text in failing), line


def test_an_unknown_fact_that_lifts_a_ban_breaks_the_ban(monkeypatch: pytest.MonkeyPatch) -> None:
    def lifts_unless_false(self: FactNumbers, name: str) -> int:
        return 0 if name == "told" else 1 << (2 * self.index[name])

    with monkeypatch.context() as patch:
        patch.setattr(FactNumbers, "true_bit", lifts_unless_false)
        table = compile_policy(parse_policy(read_courier()))
    failing = [print_body(proof.rule) for proof in prove_formally(Gate(table)) if proof.state == "fails"]
    assert any(text.startswith(UNTOLD) for text in failing)


def test_a_closure_that_forgets_a_cut_breaks_the_bans(monkeypatch: pytest.MonkeyPatch) -> None:
    def forget_last_cut(found: Residual) -> Decision:
        return residual.compile_closure(replace(found, cuts=found.cuts[:-1]))

    monkeypatch.setattr(decide, "compile_closure", forget_last_cut)
    example = prove_courier().show(VISIT_KEPT)
    assert ask_second(read_courier(), example) == "refused"


def test_a_closure_that_takes_one_fact_for_all_breaks_the_permission(monkeypatch: pytest.MonkeyPatch) -> None:
    def say_any(masks: tuple[int, ...]) -> str:
        return " or ".join(f"facts & {mask}" for mask in masks)

    monkeypatch.setattr(residual, "_say_masks", say_any)
    example = prove_courier().show(LEGAL)
    assert ask_second(read_courier(), example) == "refused"


def test_a_closure_that_forgets_to_permit_breaks_the_permission(monkeypatch: pytest.MonkeyPatch) -> None:
    def forget_last_grant(found: Residual) -> Decision:
        return residual.compile_closure(replace(found, grants=found.grants[:-1]))

    monkeypatch.setattr(decide, "compile_closure", forget_last_grant)
    example = prove_courier().show(DELIVERY)
    assert ask_second(read_courier(), example) == "permitted"


@pytest.mark.parametrize("shift_by", [-1, 1])
def test_a_size_of_group_that_is_off_by_one_breaks_the_aggregate(
    shift_by: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Table.number_degree

    def number_degree(self: Table, degree: Degree) -> int:
        return real(self, replace(degree, k=degree.k + shift_by) if degree.name == "aggregate" else degree)

    monkeypatch.setattr(Table, "number_degree", number_degree)
    example = prove_courier().show(REPORTS_SHOW)
    assert example.act is not None
    assert example.act.degree.k in (9, 10)
    assert ask_second(read_courier(), example) == ("refused" if shift_by > 0 else "permitted")


def test_a_stranger_taken_for_a_known_recipient_breaks_the_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Table.find_pieces

    def find_pieces(self: Table, action: str, *cell: object) -> int:
        data, purpose, counterpart, degree = cell
        is_stranger = action == "share" and counterpart == OTHER
        return real(self, action, data, purpose, "carriers" if is_stranger else counterpart, degree)  # type: ignore[arg-type]

    monkeypatch.setattr(Table, "find_pieces", find_pieces)
    example = prove_courier().show(DELIVERY)
    assert example.act is not None
    assert example.act.counterpart == OTHER


# --- random faults in invented policies: whatever opens an act, or takes one away without a ban, is found


def find_changes(before: Gate, after: Gate) -> tuple[bool, bool]:
    """Whether some act is open that was closed; whether some act is closed, and not by a ban, that was open."""
    opened = lost = False
    seen: set[tuple[int, int]] = set()
    for action in ACTIONS:
        by_data, by_purpose, by_counterpart, by_degree = before.table.cells[action]
        others = [name for name in by_counterpart if action != "use" or name == "-"]
        for cell in ((d, p, o, n) for d in by_data for p in by_purpose for o in others for n in range(len(by_degree))):
            bits = (before.table.find_pieces(action, *cell), after.table.find_pieces(action, *cell))
            if bits in seen:
                continue
            seen.add(bits)
            old, new = before.find_residual(bits[0]), after.find_residual(bits[1])
            facts = Residual(old.cuts + new.cuts, old.grants + new.grants, old.otherwise)
            for mask in list_cases(before.table, facts) if old != new else ():
                was, now = old.decide(mask), new.decide(mask)
                opened = opened or (now.is_permitted and not was.is_permitted)
                lost = lost or (was.is_permitted and not now.is_permitted and not now.is_cut)
    return opened, lost


def spoil_somewhere(table: Table, chance: Random) -> Table:
    """The table with one of its pieces changed in one respect."""
    number = chance.randrange(len(table.pieces))
    piece = table.pieces[number]
    data, purposes, others, degrees = table.list_values(piece.action)
    others = others if piece.action != "use" else ("-",)
    every = {"data": data, "purposes": purposes, "counterparts": others}
    dimension = chance.choice(list(every))
    fact = chance.choice(table.facts.names)
    first, last = sorted(chance.choices(degrees, k=2))
    changes: list[Callable[[Piece, Table], Piece | None]] = [
        drop, opens_always, opens_never, forget(fact), heed(fact),
        add(dimension, chance.choice(every[dimension])),
        remove(dimension, chance.choice(sorted(getattr(piece, dimension)))),
        lambda piece, _table: replace(piece, degrees=range(first, last + 1)),
    ]  # fmt: skip
    spoiled = chance.choice(changes)(piece, table)
    pieces = [other for other in table.pieces if other is not piece]
    return rebuild(table, [*pieces, *([spoiled] if spoiled is not None else [])])


def search_faults(count: int) -> dict[str, int]:
    """Proves invented policies, then each with some faults; asserts that each fault that matters is found."""
    found = {"proved": 0, "opened": 0, "lost": 0, "harmless": 0}

    @settings(max_examples=count, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(invent_policies(), st.randoms(use_true_random=False))
    def search(invented: Invented, chance: Random) -> None:
        try:
            table = compile_policy(parse_policy(invented.text))
        except PolicyError:
            return
        gate = Gate(table)
        honest = {proof.rule.text for proof in prove_formally(gate) if proof.state == "fails"}
        # only what asserts about other rules can fail where nothing is spoiled
        assert not [text for text in honest if "claim" not in text and "choice" not in text], invented.text
        found["proved"] += 1
        for _ in range(3 if table.pieces else 0):
            spoiled = Gate(spoil_somewhere(table, chance))
            opened, lost = find_changes(gate, spoiled)
            failing = {proof.rule.text for proof in prove_formally(spoiled) if proof.state == "fails"}
            assert failing - honest or not (opened or lost), invented.text
            found["opened" if opened else "lost" if lost else "harmless"] += 1

    search()
    return found


@pytest.mark.timeout(300)
def test_whatever_a_random_fault_opens_is_found() -> None:
    found = search_faults(40)
    assert found["proved"] >= 20
    assert found["opened"] >= 5
    assert found["lost"] >= 10


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_whatever_thousands_of_random_faults_open_is_found() -> None:
    assert search_faults(3_000)["opened"] >= 500


def test_a_fault_is_put_where_it_is_said_to_be() -> None:
    table = compile_policy(parse_policy(proving.write_policy("share order with brokers for sale if told")))
    spoiled = spoil("share order", "grant", add("data", "visit"))(table)
    assert [piece.data for piece in spoiled.pieces] == [frozenset({"order", "visit"})]
    with pytest.raises(AssertionError, match="changes nothing"):
        spoil("share order", "cut", drop)(table)
