"""Assessment results follow from the bundle alone, have the structure that OSCAL asks for, and give the bundle back.

The structure is written down here by hand from NIST's model of assessment results, version 1.1: the parts that we write,
which of them are required, and nothing besides.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any
from uuid import UUID, uuid5

import jsonschema
import pytest

from tests.core.proof.invented import SMALL, change_evidence, invent_bundle, invent_house
from upheld.core.errors import SealError
from upheld.core.proof.evidence import FAILS, OBSERVED
from upheld.core.proof.oscal import NAMESPACE, is_oscal, open_oscal, write_oscal
from upheld.core.seal.entries import write_canonical

UUID4_OR_5 = {"type": "string", "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-[45][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"}
TEXT = {"type": "string", "pattern": r"^\S(.*\S)?$"}
MARKUP = {"type": "string", "minLength": 1}
TOKEN = {"type": "string", "pattern": r"^[A-Za-z_][A-Za-z0-9._-]*$"}
MOMENT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
LINK = {"type": "string", "pattern": r"^#?\S+$"}


def make_object(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": required | optional,
        "required": sorted(required),
        "additionalProperties": False,
    }


def make_list(inner: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "items": inner}


PROPS = make_list(make_object({"name": TOKEN, "value": TEXT}, ns={"type": "string", "pattern": "^urn:[a-z:]+$"}))
STATUS = make_object({"state": {"enum": ["satisfied", "not-satisfied"]}}, reason=TOKEN, remarks=MARKUP)
TARGET = make_object(
    {"type": {"enum": ["statement-id", "objective-id"]}, "target-id": TOKEN, "status": STATUS}, description=MARKUP
)
FINDING = make_object(
    {"uuid": UUID4_OR_5, "title": MARKUP, "description": MARKUP, "target": TARGET},
    **{"props": PROPS, "related-observations": make_list(make_object({"observation-uuid": UUID4_OR_5}))},
)
OBSERVATION = make_object(
    {
        "uuid": UUID4_OR_5,
        "description": MARKUP,
        "methods": make_list({"enum": ["EXAMINE", "INTERVIEW", "TEST"]}),
        "collected": MOMENT,
    },
    **{
        "title": MARKUP,
        "props": PROPS,
        "expires": MOMENT,
        "remarks": MARKUP,
        "relevant-evidence": make_list(make_object({"description": MARKUP}, href=LINK)),
    },
)
SELECTION = make_object({}, **{"description": MARKUP, "include-all": {"type": "object", "maxProperties": 0}})
RESULT = make_object(
    {
        "uuid": UUID4_OR_5,
        "title": MARKUP,
        "description": MARKUP,
        "start": MOMENT,
        "reviewed-controls": make_object({"control-selections": make_list(SELECTION)}),
    },
    end=MOMENT,
    props=PROPS,
    findings=make_list(FINDING),
    observations=make_list(OBSERVATION),
)
HASH = make_object({"algorithm": {"const": "SHA-256"}, "value": {"type": "string", "pattern": "^[0-9a-f]{64}$"}})
RESOURCE = make_object(
    {"uuid": UUID4_OR_5},
    title=MARKUP,
    description=MARKUP,
    rlinks=make_list(make_object({"href": LINK}, **{"media-type": TEXT, "hashes": make_list(HASH)})),
    base64=make_object({"value": MARKUP}, **{"filename": TOKEN, "media-type": TEXT}),
)
PARTY = make_object({"uuid": UUID4_OR_5, "type": {"enum": ["person", "organization"]}}, name=TEXT)
METADATA = make_object(
    {"title": MARKUP, "last-modified": MOMENT, "version": TEXT, "oscal-version": {"const": "1.1.3"}},
    parties=make_list(PARTY),
)
WHOLE = make_object(
    {
        "assessment-results": make_object(
            {
                "uuid": UUID4_OR_5,
                "metadata": METADATA,
                "import-ap": make_object({"href": LINK}, remarks=MARKUP),
                "results": make_list(RESULT),
            },
            **{"back-matter": make_object({"resources": make_list(RESOURCE)})},
        )
    }
)


def list_uuids(told: Any) -> list[str]:
    if isinstance(told, dict):
        own = [told["uuid"]] if "uuid" in told else []
        return own + [found for value in told.values() for found in list_uuids(value)]
    return [found for value in told for found in list_uuids(value)] if isinstance(told, list) else []


def test_the_results_have_the_structure_that_is_asked_for() -> None:
    text = SMALL.replace("(4) state", '(4) attest "we mean well" by office every 365 days')
    told = json.loads(write_oscal(invent_bundle(text)))
    jsonschema.Draft202012Validator.check_schema(WHOLE)
    jsonschema.validate(told, WHOLE)
    [result] = told["assessment-results"]["results"]
    uuids = list_uuids(told)
    assert len(set(uuids)) == len(uuids)
    known = {one["uuid"] for one in result["observations"]}
    assert {found["observation-uuid"] for one in result["findings"] for found in one["related-observations"]} == known
    resources = {one["uuid"] for one in told["assessment-results"]["back-matter"]["resources"]}
    assert told["assessment-results"]["import-ap"]["href"][1:] in resources
    links = {link["href"][1:] for one in result["observations"] for link in one["relevant-evidence"]}
    assert links <= resources
    assert {one["methods"][0] for one in result["observations"]} == {"EXAMINE", "TEST", "INTERVIEW"}
    assert [one["title"] for one in result["findings"]] == [f"shop#what-we-promise.{n}" for n in range(1, 5)]


def test_a_broken_sentence_is_not_satisfied_and_says_why() -> None:
    house, proof = invent_house()
    changed = change_evidence(proof, 0, OBSERVED, outcome=FAILS, says="a line goes against it")
    told = json.loads(write_oscal(house.bundle(house.prove(changed))))
    jsonschema.validate(told, WHOLE)
    statuses = {one["title"]: one["target"]["status"] for one in told["assessment-results"]["results"][0]["findings"]}
    assert statuses["shop#what-we-promise.1"]["state"] == "not-satisfied"
    assert statuses["shop#what-we-promise.1"]["reason"] == "fail"
    assert "a line goes against it" in statuses["shop#what-we-promise.1"]["remarks"]
    assert statuses["shop#what-we-promise.2"] | {"remarks": ""} == {
        "state": "satisfied",
        "reason": "pass",
        "remarks": "",
    }
    assert statuses["shop#what-we-promise.4"]["reason"] == "other"


def test_they_follow_from_the_bundle_alone_and_give_it_back() -> None:
    raw = invent_bundle()
    written = write_oscal(raw)
    assert is_oscal(written[:50])
    assert written == write_oscal(raw)
    assert open_oscal(written) == raw
    told = json.loads(written)
    digest = hashlib.sha256(raw).hexdigest()
    space = uuid5(UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8"), f"{NAMESPACE}:{digest}")
    assert told["assessment-results"]["uuid"] == str(uuid5(space, "results"))
    [resource] = [one for one in told["assessment-results"]["back-matter"]["resources"] if "base64" in one]
    assert base64.b64decode(resource["base64"]["value"]) == raw
    assert resource["rlinks"][0]["hashes"][0]["value"] == digest


def test_what_holds_no_bundle_is_refused() -> None:
    for raw in (b"", b"{}", b"[]", b"\xff", b'{"assessment-results":{"back-matter":{"resources":[{"base64":7}]}}}'):
        with pytest.raises(SealError, match="V805 no bundle lies in these assessment results"):
            open_oscal(raw)
    told = json.loads(write_oscal(invent_bundle()))
    told["assessment-results"]["back-matter"]["resources"] *= 2
    with pytest.raises(SealError, match="no bundle lies"):
        open_oscal(write_canonical(told))
    with pytest.raises(SealError, match="this is not a bundle"):
        write_oscal(b"{}")
