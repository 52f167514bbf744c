"""A program of a customer: it sends JSON to the courier's API and reads the answer; and the whole way in to an account."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.actions.customers import CY, PASSWORD, REED_AND_CO, find_mail
from tests.actions.stage import COURIER
from tests.web.sites import open_workshop

HOST = "lasership.localhost"
REGISTRATION = {**CY, "sign-in.password": PASSWORD}
COMPANY = {**REED_AND_CO, **REGISTRATION}


class Program:
    """Calls the API; remembers the token once it has one."""

    def __init__(self) -> None:
        from django.test import Client

        self.client = Client(raise_request_exception=False)
        self.token = ""

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        sent = {"host": HOST, **({"authorization": f"Bearer {self.token}"} if self.token else {}), **headers}
        data = b"" if body is None else json.dumps(body).encode()
        return self.client.generic(method, f"/api/v1{path}", data, "application/json", headers=sent)

    def get(self, path: str) -> Any:
        return self.call("GET", path)

    def post(self, path: str, body: Any = None) -> Any:
        return self.call("POST", path, body)

    def register(self, values: Mapping[str, str] = REGISTRATION, choices: Mapping[str, bool] | None = None) -> Any:
        path = "/companies" if "company.name" in values else "/register"
        return self.post(path, {"values": dict(values), "choices": dict(choices or {})})

    def verify(self, email: str = CY["person.email"], password: str = PASSWORD) -> Any:
        token = find_mail(email, "verify-address").token
        return self.post("/verify", {"token": token, "password": password})

    def sign_in(self, email: str = CY["person.email"], password: str = PASSWORD) -> Any:
        answer = self.post("/sign-in", {"email": email, "password": password})
        if answer.status_code == 200:
            self.token = answer.json()["token"]
        return answer

    def come_in(self, values: Mapping[str, str] = REGISTRATION) -> None:
        """Register, confirm the address and sign in."""
        for answer in (
            self.register(values),
            self.verify(values["person.email"]),
            self.sign_in(values["person.email"]),
        ):
            assert answer.status_code in (200, 202), answer.content


@pytest.fixture
def program(databases: dict[str, Path], tmp_path: Path) -> Program:
    """A program before the courier's door."""
    shutil.copytree(COURIER, tmp_path / "policies" / COURIER.name)
    open_workshop(tmp_path)
    return Program()
