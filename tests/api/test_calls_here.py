"""A call is there where its function works: on a site without accounts nobody signs in, and its document says so."""

import pytest

from tests.api.programs import Program
from tests.core.functions.policies import compile_newest
from upheld.api import calls_here


def test_a_site_has_the_calls_of_what_works_there(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = program.get("/openapi.json").json()
    assert program.get("/shipping").status_code == 200
    laser = calls_here.find_working(compile_newest("american-laser"))
    skin = calls_here.find_working(compile_newest("goodskin"))
    monkeypatch.setattr(calls_here, "find_working", lambda _table: laser)
    assert sorted(program.get("/openapi.json").json()["paths"]) == ["/api/v1/forms", "/api/v1/forms/{touchpoint}"]
    assert program.get("/openapi.json").json()["components"] == whole["components"]
    body = {"email": "a@b.example", "password": "x"}
    for method, path in (("POST", "/sign-in"), ("POST", "/register"), ("GET", "/me/held"), ("GET", "/shipping"), ("PUT", "/me/choices/x")):  # fmt: skip
        answer = program.call(method, path, body)
        assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json"), path
    assert program.get("/forms").status_code == 200

    monkeypatch.setattr(calls_here, "find_working", lambda _table: skin)
    paths = {path.removeprefix("/api/v1") for path in program.get("/openapi.json").json()["paths"]}
    assert {"/sign-in", "/me/held", "/me/mails", "/me/choices", "/ledger"} <= paths
    assert not {path for path in paths if path.startswith(("/shipments", "/feed", "/compan", "/me/permissions"))}
    assert program.call("POST", "/sign-in", body).status_code == 401


def test_every_call_but_forms_is_about_a_function() -> None:
    for route, about in (
        ("me/permissions/{permission}", "F-72"),
        ("me/held", "F-23"),
        ("join/account", "F-31"),
        ("shipments/{number}/events", "F-52"),
        ("forms/{touchpoint}", ""),
        ("openapi.json", ""),
    ):
        assert calls_here.find_about(route) == about
