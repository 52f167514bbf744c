"""Blind indexes: one identifier has one form, and its index says nothing but that two are equal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upheld.core.seal.index import INDEX_BYTES, index_identifier, normalise_identifier

KEY = bytes(range(32))


@pytest.mark.parametrize(
    ("kind", "text", "normal"),
    [
        ("email", " Pat.Doe@Shop.EXAMPLE ", "pat.doe@shop.example"),
        ("email", "pat@bücher.example", "pat@xn--bcher-kva.example"),
        ("email", "pat@xn--bcher-kva.example", "pat@xn--bcher-kva.example"),
        ("email", "pat@BÜCHER.example", "pat@xn--bcher-kva.example"),
        ("email", "pat@faß.example", "pat@xn--fa-hia.example"),
        ("email", "\uff50at@shop.example", "pat@shop.example"),
        ("email", '"a@b"@shop.example', '"a@b"@shop.example'),
        ("email", "no at sign", "no at sign"),
        ("phone", "+1 (555) 010-0199", "+15550100199"),
        ("phone", "555 010 0199", "5550100199"),
        ("phone", "\uff0b1 \u0665\u0665\u0665 0100199", "+15550100199"),
        ("username", " PatDoe ", "patdoe"),
        ("username", "straße", "strasse"),
        ("plain", "  Order   A-17 ", "order a-17"),
    ],
)
def test_an_identifier_has_one_form(kind: str, text: str, normal: str) -> None:
    assert normalise_identifier(kind, text) == normal


def test_addresses_that_differ_stay_apart() -> None:
    addresses = ["pat@faß.example", "pat@fass.example", "pat@shop.example", "p.at@shop.example"]
    assert len({index_identifier(KEY, "shop", "email", text) for text in addresses}) == 4


@given(st.sampled_from(["email", "phone", "username", "plain"]), st.text(max_size=30))
def test_the_form_of_a_form_is_itself(kind: str, text: str) -> None:
    normal = normalise_identifier(kind, text)
    assert normalise_identifier(kind, normal) == normal


def test_an_index_is_bound_to_key_site_and_kind() -> None:
    made = {
        index_identifier(key, site, kind, "pat")
        for key in (KEY, KEY[::-1])
        for site in ("shop", "stall")
        for kind in ("email", "username")
    }
    assert len(made) == 8
    assert all(len(index) == INDEX_BYTES for index in made)
    assert index_identifier(KEY, "shop", "email", "PAT@shop.example") == index_identifier(
        KEY, "shop", "email", "pat@SHOP.example "
    )


def test_an_index_stays_as_it_is_across_releases() -> None:
    # a table of indexes is found again only by the same function; a change here needs a new INDEX_VERSION
    assert index_identifier(KEY, "shop", "email", "pat@shop.example").hex() == "10f42ddfc4508819f9235ae9341c6953"


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="no identifier of this kind"):
        normalise_identifier("shoe size", "44")
