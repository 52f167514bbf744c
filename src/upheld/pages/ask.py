"""The page where anybody can put a question to the gate: of one policy, or of all policies of a site together."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from django.http import HttpResponse
from django.template.loader import render_to_string

from upheld.pages.addresses import SURFACE_WORDS, find_addresses, find_policy, list_policies
from upheld.pages.ask_form import AskForm, make_form, merge_forms
from upheld.pages.ask_view import answer_asked, answer_together, list_relevant
from upheld.pages.chrome import find_current, make_chrome, say_day
from upheld.pages.policy import list_questions
from upheld.pages.question import (
    Asked,
    QuestionError,
    Values,
    read_action,
    read_joint_question,
    read_question,
    take_one,
)
from upheld.web.guards import only_reads
from upheld.web.hosts import SiteRequest
from upheld.web.shelf import Good, Shelved

BOTH = "both"


@dataclass(frozen=True, slots=True)
class Asking:
    """Whom a question is put to: one policy of the site, or all of them together."""

    shelved: Shelved
    goods: tuple[Good, ...]
    chosen: str

    @property
    def is_together(self) -> bool:
        """Whether all policies of the site are asked."""
        return len(self.goods) > 1


@dataclass(frozen=True, slots=True)
class PolicyChoice:
    """One policy that can be asked, or all of them, as a link."""

    words: str
    href: str
    is_chosen: bool


@only_reads
def show_ask(request: SiteRequest, surface: str = "") -> HttpResponse:
    """The form, and the answer when something was asked; a word the policy does not know gets 400 and is not repeated.

    `?policy=` names one surface of the site or `both`: then the stricter policy answers, and it is said which one that is.
    """
    shelved = find_policy(request, surface)
    values = {key: request.GET.getlist(key) for key in request.GET}
    try:
        asking = find_asking(request, shelved, values)
        action = read_action(values)
        tables = tuple(good.table for good in asking.goods)
        asked = read_joint_question(values, tables) if asking.is_together else read_question(values, tables[0])
    except QuestionError as problem:
        return refuse_question(request, shelved, problem)
    context = {
        "chrome": make_chrome(request.shelved),
        "at": find_addresses(shelved),
        "chosen": asking.chosen,
        "policies": list_choices(asking),
        "form": make_asked_form(asking, action, asked),
        "answer": answer(asking, asked) if asked else None,
        "questions": list_questions(asking.shelved, asking.goods[0]),
        "since": "" if asking.is_together else say_day(asking.goods[0].since),
    }
    return HttpResponse(render_to_string("pages/ask.html", context), headers={"Cache-Control": "no-cache"})


def find_asking(request: SiteRequest, shelved: Shelved, values: Values) -> Asking:
    """Whom the address wants asked, by itself the policy it stands below; raises QuestionError for a policy there is none of."""
    wanted, policies = take_one(values, "policy"), request.shelved.policies
    if not wanted:
        return Asking(shelved, (find_current(shelved),), "")
    if wanted == BOTH and len(policies) > 1:
        return Asking(request.shelved, tuple(find_current(one) for one in policies), wanted)
    found = next((one for one in policies if one.surface == wanted), None)
    if found is None:
        raise QuestionError("the policy", "choose from the list")
    return Asking(found, (find_current(found),), wanted)


def list_choices(asking: Asking) -> tuple[PolicyChoice, ...]:
    """The policies of a site that can be asked, and all of them together; none where there is one."""
    links = list_policies(asking.shelved)
    if not links:
        return ()
    choices = [
        PolicyChoice(
            SURFACE_WORDS[link.surface].capitalize(),
            f"?policy={link.surface}",
            not asking.is_together and link.surface == asking.shelved.surface,
        )
        for link in links
    ]
    return (*choices, PolicyChoice("For both", f"?policy={BOTH}", asking.is_together))


def make_asked_form(asking: Asking, action: str, asked: Asked | None) -> AskForm:
    """The form with the words of whoever is asked."""
    forms = tuple(
        make_form(good.table, action, asked, list_relevant(good, asked.act) if asked else ()) for good in asking.goods
    )
    return merge_forms(forms) if asking.is_together else forms[0]


def answer(asking: Asking, asked: Asked) -> object:
    """The answer of whoever is asked."""
    if asking.is_together:
        return answer_together(asking.goods, list_policies(asking.shelved), asked)
    return answer_asked(asking.goods[0], asked)


def refuse_question(request: SiteRequest, shelved: Shelved, problem: QuestionError) -> HttpResponse:
    """The page for a question with a word that does not fit: which field, and what would fit."""
    context = {
        "chrome": make_chrome(request.shelved),
        "at": find_addresses(shelved),
        "field": problem.field,
        "hint": problem.hint,
    }
    return HttpResponse(render_to_string("pages/ask_refused.html", context), status=HTTPStatus.BAD_REQUEST)
