"""The courier's compiled table as a casbin model and policy: one policy line a grant or cut, the enforcer built once.

A grant is a line with effect allow, a cut one with effect deny that does not match once it is lifted; deny overrides.
The facts come as one number in the request, and a function of ours tests a line's bits in it, which spares casbin the
reading of a context.
"""

from __future__ import annotations

import casbin
from casbin.model import FastModel, Model

from bench.questions import Question
from upheld.core.policy.compile import Table

MODEL = """
[request_definition]
r = act, data, purpose, counterpart, degree, facts

[policy_definition]
p = act, number, eft

[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))

[matchers]
m = r.act == p.act && covers(p.number, r.data, r.purpose, r.counterpart, r.degree) && holds(p.number, r.facts)
"""

Request = tuple[str, str, str, str, int, int]


def build_enforcer(table: Table, *, is_fast: bool) -> casbin.Enforcer:
    """The enforcer with all lines of policy; the fast one looks only at lines of the request's action."""
    model = FastModel([0]) if is_fast else Model()
    model.load_model_from_text(MODEL)
    enforcer = casbin.FastEnforcer(model, cache_key_order=[0]) if is_fast else casbin.Enforcer(model)
    lines = [(p.action, str(n), "allow" if p.kind == "grant" else "deny") for n, p in enumerate(table.pieces)]
    enforcer.add_policies(lines)

    def covers(number: str, data: str, purpose: str, counterpart: str, degree: int) -> bool:
        piece = table.pieces[int(number)]
        return (
            data in piece.data
            and purpose in piece.purposes
            and counterpart in piece.counterparts
            and degree in piece.degrees
        )

    def holds(number: str, facts: int) -> bool:
        piece = table.pieces[int(number)]
        is_met = any(facts & mask == mask for mask in piece.masks)
        return is_met if piece.kind == "grant" else not is_met

    enforcer.add_function("covers", covers)
    enforcer.add_function("holds", holds)
    return enforcer


def write_request(question: Question) -> Request:
    """The question as casbin takes it."""
    cell = question.cell
    return cell.action, cell.data, cell.purpose, cell.counterpart, cell.degree, question.mask
