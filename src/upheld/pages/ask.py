"""The page where anybody can put a question to the gate."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpResponse
from django.template.loader import render_to_string

from upheld.pages.ask_form import make_form
from upheld.pages.ask_view import answer_asked, list_relevant
from upheld.pages.chrome import find_current, make_chrome, say_day
from upheld.pages.policy import list_questions
from upheld.pages.question import QuestionError, read_action, read_question
from upheld.web.guards import only_reads
from upheld.web.hosts import SiteRequest
from upheld.web.shelf import Good


@only_reads
def show_ask(request: SiteRequest) -> HttpResponse:
    """The form, and the answer when something was asked; a word the policy does not know gets 400 and is not repeated."""
    good = find_current(request.shelved)
    values = {key: request.GET.getlist(key) for key in request.GET}
    try:
        action = read_action(values)
        asked = read_question(values, good.table)
    except QuestionError as problem:
        return refuse_question(request, good, problem)
    relevant = list_relevant(good, asked.act) if asked else ()
    context = {
        "chrome": make_chrome(request.shelved),
        "form": make_form(good.table, action, asked, relevant),
        "answer": answer_asked(good, asked) if asked else None,
        "questions": list_questions(request.shelved, good),
        "since": say_day(good.since),
    }
    return HttpResponse(render_to_string("pages/ask.html", context), headers={"Cache-Control": "no-cache"})


def refuse_question(request: SiteRequest, good: Good, problem: QuestionError) -> HttpResponse:
    """The page for a question with a word that does not fit: which field, and what would fit."""
    context = {
        "chrome": make_chrome(request.shelved),
        "field": problem.field,
        "hint": problem.hint,
        "since": say_day(good.since),
    }
    return HttpResponse(render_to_string("pages/ask_refused.html", context), status=HTTPStatus.BAD_REQUEST)
