"""What goes wrong, as problem details (RFC 9457, July 2023); a refusal quotes the sentence, nothing quotes a value."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse

from upheld.core.errors import RefusedError, UpheldError
from upheld.core.fields import FieldError
from upheld.core.gate.binding import Binding

JSON_TYPE = "application/problem+json"


def answer_problem(
    status: HTTPStatus, title: str, *, code: str = "", hint: str | None = None, **more: object
) -> HttpResponse:
    """The problem as an answer; `code` is one of docs/errors.md, `more` what this kind of problem has beside it."""
    body: dict[str, object] = {"type": "about:blank", "title": title, "status": int(status)}
    if code:
        body["code"] = code
    if hint:
        body["detail"] = hint
    body |= more
    return HttpResponse(
        json.dumps(body, ensure_ascii=False),
        status=status,
        content_type=JSON_TYPE,
        headers={"Cache-Control": "no-store"},
    )


def answer_refusal(binding: Binding, refused: RefusedError) -> HttpResponse:
    """That the policy does not permit it: the act, and each deciding sentence with its text and where it stands."""
    policy, sentences = binding.policy, []
    for ref in refused.because:
        sentence = binding.find_sentence(ref)
        if sentence is not None:
            sentences.append({"ref": ref, "text": sentence.text})
    return answer_problem(
        HTTPStatus.FORBIDDEN,
        "the policy does not permit this",
        code=refused.code,
        hint=refused.hint,
        act=refused.act,
        version=policy.version.isoformat(),
        sentences=sentences,
    )


def answer_error(error: UpheldError, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> HttpResponse:
    """An error of ours with its code and hint."""
    return answer_problem(status, error.text, code=error.code, hint=error.hint)


def answer_fields(errors: Sequence[FieldError]) -> HttpResponse:
    """What is wrong with which field; the words name the field by its label and repeat no value."""
    fields = [{"field": error.field, "code": error.code, "words": error.words} for error in errors]
    title = "some of what was sent cannot be taken; nothing was stored"
    return answer_problem(HTTPStatus.UNPROCESSABLE_ENTITY, title, code=errors[0].code, fields=fields)


def answer_too_often(source: str = "network") -> HttpResponse:
    """That it came too often from this network, or this account."""
    answer = answer_problem(
        HTTPStatus.TOO_MANY_REQUESTS, f"this came too often from your {source}", hint="wait an hour"
    )
    answer.headers["Retry-After"] = "3600"
    return answer


def answer_unknown(_request: HttpRequest) -> HttpResponse:
    """Nothing is at this address, or the policy names no such thing."""
    return answer_problem(HTTPStatus.NOT_FOUND, "there is nothing here, or the policy does not name it")
