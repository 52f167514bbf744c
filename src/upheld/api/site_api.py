"""Puts the API together: its routers, and one answer for each way in which something can go wrong."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import URLPattern, URLResolver
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.parser import Parser
from ninja.renderers import JSONRenderer
from ninja.responses import NinjaJSONEncoder

from upheld.api import (
    agreements,
    choices,
    disclosures,
    entering,
    forms,
    held,
    ledger,
    moving,
    programs,
    releases,
    shipments,
    users,
)
from upheld.api.calls_here import only_where_it_works
from upheld.api.doorway import find_doorway
from upheld.api.problems import (
    JSON_TYPE,
    answer_error,
    answer_problem,
    answer_refusal,
    answer_too_often,
    answer_unknown,
)
from upheld.api.tries import TooOftenError
from upheld.core.errors import AccountError, FormError, RefusedError, ShipmentError, UpheldError

logger = logging.getLogger(__name__)
NO_SHIPMENT = "B106"


class JsonParser(Parser):
    """Reads JSON that says it is JSON: a form on another site cannot send that, so it cannot act in a visitor's name."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The body; raises ValueError, which is answered with 400, for another type and for what is no JSON."""
        if request.content_type != "application/json":
            raise ValueError("not JSON")
        try:
            return super().parse_body(request)
        except RecursionError:
            raise ValueError("not JSON") from None


class JsonRenderer(JSONRenderer):
    """Writes JSON as the framework does, with an encoder that is made once, and as the bytes that are sent."""

    encoder = NinjaJSONEncoder()

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        """The body of an answer."""
        return self.encoder.encode(data).encode()


class SiteAPI(NinjaAPI):
    """The API, whose document says of problems that they are problem details, and which answers with them always."""

    def create_temporal_response(self, request: HttpRequest) -> HttpResponse:
        """The answer that a call fills; empty bytes, because of an empty text Django would first look up how to write it."""
        return HttpResponse(content_type=self.get_content_type())

    @property
    def urls(self) -> tuple[list[URLResolver | URLPattern], str, str]:
        """The addresses; the framework would say in plain text that a method is not for one of them.

        A call about a function that does not work on a site is not there.
        """
        patterns, app, namespace = super().urls
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                pattern.callback = only_where_it_works(answer_wrong_method(pattern.callback), str(pattern.pattern))
        return patterns, app, namespace

    def get_openapi_schema(self, **given: Any) -> OpenAPISchema:
        """The document as it is committed."""
        schema = super().get_openapi_schema(**given)
        for methods in schema["paths"].values():
            for operation in methods.values():
                describe_problems(operation["responses"])
        return schema


def answer_wrong_method(view: Callable[..., Any]) -> Callable[..., Any]:
    """The view, whose answer to a method that it does not take is a problem like every other."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        answered = view(request, *args, **kwargs)
        if not isinstance(answered, HttpResponseNotAllowed):
            return answered
        allowed = ", ".join(sorted(answered.headers["Allow"].split(", ")))
        title = f"this address does not take {request.method}"
        problem = answer_problem(HTTPStatus.METHOD_NOT_ALLOWED, title, hint=f"it takes {allowed}")
        problem.headers["Allow"] = allowed
        return problem

    return answer


def describe_problems(responses: dict[Any, Any]) -> None:
    """Give problems their type, and add those that any call can meet."""
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    for status in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE):
        responses.setdefault(int(status), {"description": status.phrase})
    for status, response in responses.items():
        content = response.get("content", {})
        if status >= HTTPStatus.BAD_REQUEST or content.get("application/json") == problem:
            response["content"] = {JSON_TYPE: problem}


api = SiteAPI(
    parser=JsonParser(),
    renderer=JsonRenderer(),
    title="Upheld",
    version="1",
    description=(
        "What customers can do on a site, for programs. Every call goes through the same gate as the pages; what the "
        "policy does not permit is answered with 403 and the sentence that says so. Names of fields, choices and "
        "touchpoints are those of the site's policy."
    ),
    urls_namespace="api",
    docs_url=None,  # its page would fetch scripts from elsewhere; the document is docs/openapi.json
)
# In the order in which their addresses are tried: what is called most comes first.
for room in (
    choices,
    held,
    forms,
    entering,
    moving,
    disclosures,
    agreements,
    releases,
    ledger,
    users,
    shipments,
    programs,
):
    api.add_router("", room.router)


@api.exception_handler(RefusedError)
def answer_refused(request: HttpRequest, refused: RefusedError) -> HttpResponse:
    """The gate said no: the sentences."""
    return answer_refusal(find_doorway(request).binding, refused)


@api.exception_handler(AccountError)
@api.exception_handler(FormError)
def answer_asked_wrongly(_request: HttpRequest, error: UpheldError) -> HttpResponse:
    """What was asked cannot be done as it was asked."""
    return answer_error(error, HTTPStatus.UNPROCESSABLE_ENTITY)


@api.exception_handler(ShipmentError)
def answer_shipment(request: HttpRequest, error: ShipmentError) -> HttpResponse:
    """What cannot be booked or reported as it was; a shipment that is not there for the caller is not found."""
    if error.code == NO_SHIPMENT:
        return answer_unknown(request)
    return answer_error(error, HTTPStatus.UNPROCESSABLE_ENTITY)


@api.exception_handler(TooOftenError)
def answer_often(_request: HttpRequest, _error: TooOftenError) -> HttpResponse:
    """Too many tries from one network."""
    return answer_too_often()


@api.exception_handler(UpheldError)
def answer_own_error(_request: HttpRequest, error: UpheldError) -> HttpResponse:
    """A fault on our side, such as a locked vault; the log has its code."""
    logger.error("%s %s", error.code, error.text)
    return answer_error(error, HTTPStatus.SERVICE_UNAVAILABLE)


@api.exception_handler(ValidationError)
def answer_invalid(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    """The body or the address does not have the shape that the document says; what was sent is not repeated."""
    wrong = [
        {"field": ".".join(str(part) for part in found["loc"][2:3]), "code": "F901", "words": str(found["msg"])}
        for found in error.errors
        if found["type"] != "extra_forbidden"
    ] or [{"field": "", "code": "F901", "words": "something was sent that is not asked for here"}]
    title = "what was sent does not have the shape that is asked for"
    return answer_problem(HTTPStatus.UNPROCESSABLE_ENTITY, title, code="F901", fields=wrong)


@api.exception_handler(AuthenticationError)
def answer_stranger(_request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    """Nobody is signed in with this token."""
    answer = answer_problem(HTTPStatus.UNAUTHORIZED, "sign in first, and send the token with each call")
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


@api.exception_handler(HttpError)
def answer_http(_request: HttpRequest, error: HttpError) -> HttpResponse:
    """What the framework refuses, such as a body that is no JSON."""
    return answer_problem(HTTPStatus(error.status_code), "the request cannot be read", hint="send JSON as documented")


@api.exception_handler(Http404)
def answer_nothing(request: HttpRequest, _error: Http404) -> HttpResponse:
    """Nothing here."""
    return answer_unknown(request)
