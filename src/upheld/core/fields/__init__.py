"""From a policy to what it asks of people: forms, choices, cookies, and what a visit leaves behind; knows gate and policy, nothing above."""

from upheld.core.fields.cookies import CookiePlan, find_cookie, list_cookies
from upheld.core.fields.form import ChoicePlan, FieldPlan, FormPlan, Option
from upheld.core.fields.plan import find_form, list_choices, list_forms, plan_form
from upheld.core.fields.questions import Question, ask_questions, gather_values
from upheld.core.fields.submission import FieldError, Submission, check_submission, judge_age, read_submission
from upheld.core.fields.visits import VisitField, list_visit_fields

__all__ = [
    "ChoicePlan",
    "CookiePlan",
    "FieldError",
    "FieldPlan",
    "FormPlan",
    "Option",
    "Question",
    "Submission",
    "VisitField",
    "ask_questions",
    "check_submission",
    "find_cookie",
    "find_form",
    "gather_values",
    "judge_age",
    "list_choices",
    "list_cookies",
    "list_forms",
    "list_visit_fields",
    "plan_form",
    "read_submission",
]
