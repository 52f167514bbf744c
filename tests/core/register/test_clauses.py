"""The register loads whole, and says where it is wrong."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from upheld.core.errors import RegisterError, find_code
from upheld.core.register.clauses import COLUMNS, KINDS, MODALITIES, Clause, Piece, load_register, parse_register

REGISTER = Path(__file__).parents[3] / "policies" / "register.csv"
HEADER = ",".join(COLUMNS)
GOOD = 'LS-25,lasership,never-disclose,,MUST NOT,M+H,"sell nothing, share nothing",invariant,3:0123456789abcdef'


def read(*rows: str, header: str = HEADER) -> tuple[Clause, ...]:
    return parse_register([line + "\n" for line in (header, *rows)], "register.csv")


def refuse(*rows: str, header: str = HEADER) -> RegisterError:
    with pytest.raises(RegisterError) as caught:
        read(*rows, header=header)
    assert find_code(caught.value.code) is not None
    return caught.value


def test_it_works() -> None:
    assert read(GOOD) == (
        Clause(
            id="LS-25",
            policy="lasership",
            kind="never-disclose",
            also=(),
            modality="MUST NOT",
            proof="M+H",
            behaviour="sell nothing, share nothing",
            evidence="invariant",
            locator=(Piece(3, "0123456789abcdef"),),
        ),
    )


def test_the_project_keeps_all_432_clauses_of_six_policies() -> None:
    clauses = load_register(REGISTER)
    assert len(clauses) == 432
    assert Counter(clause.policy for clause in clauses) == {
        "american-laser": 33,
        "imagelab-web": 55,
        "imagelab-app": 58,
        "goodskin": 108,
        "new-image": 124,
        "lasership": 54,
    }
    assert {clause.modality for clause in clauses} == set(MODALITIES)


def test_every_one_of_the_37_kinds_is_some_clauses_first_kind() -> None:
    assert len(KINDS) == 37
    assert {clause.kind for clause in load_register(REGISTER)} == set(KINDS)


def test_a_statement_is_a_statement_in_kind_modality_and_proof() -> None:
    for clause in load_register(REGISTER):
        assert len({clause.kind == "statement-only", clause.modality == "STATE", clause.proof == "S"}) == 1, clause.id


def test_a_clause_may_have_several_pieces_and_further_kinds() -> None:
    clause = read('AL-30,american-laser,show,"access,correct",SHOW,M,do,see,3:0123456789abcdef 1:fedcba9876543210')[0]
    assert clause.also == ("access", "correct")
    assert clause.locator == (Piece(3, "0123456789abcdef"), Piece(1, "fedcba9876543210"))


def test_a_missing_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(RegisterError) as caught:
        load_register(tmp_path / "none.csv")
    assert caught.value.code == "R501"
    assert "none.csv" in caught.value.text
    assert caught.value.hint is not None
    assert "--register" in caught.value.hint


def test_a_folder_is_no_register(tmp_path: Path) -> None:
    with pytest.raises(RegisterError) as caught:
        load_register(tmp_path)
    assert caught.value.code == "R501"


def test_bytes_that_are_not_utf_8_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "register.csv"
    path.write_bytes(HEADER.encode() + b"\n\xff\xfe\n")
    with pytest.raises(RegisterError) as caught:
        load_register(path)
    assert (caught.value.code, caught.value.hint) == ("R501", "save it as UTF-8")


def test_a_byte_order_mark_and_carriage_returns_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "register.csv"
    path.write_bytes(b"\xef\xbb\xbf" + f"{HEADER}\r\n{GOOD}\r\n".encode())
    assert [clause.id for clause in load_register(path)] == ["LS-25"]


@pytest.mark.parametrize("header", ["id,policy,kind", "", HEADER.upper(), HEADER + ",more"])
def test_another_header_is_refused_with_the_right_one(header: str) -> None:
    error = refuse(header=header)
    assert error.code == "R501"
    assert error.hint is not None
    assert HEADER in error.hint
    assert error.place is not None
    assert error.place.line == 1


def test_an_id_that_stands_twice_names_both_lines() -> None:
    error = refuse(GOOD, GOOD)
    assert error.code == "R502"
    assert "`LS-25` stands twice" in error.text
    assert error.hint is not None
    assert "line 2" in error.hint
    assert error.place is not None
    assert error.place.line == 3


@pytest.mark.parametrize(
    ("before", "after", "text", "hint"),
    [
        ("never-disclose", "never-disclos", "unknown kind `never-disclos`", "`never-disclose`"),
        ("MUST NOT", "MUSTNOT", "unknown modality `MUSTNOT`", "`MUST NOT`"),
        ("M+H", "X", "unknown proof class `X`", "it is one of: M, M+H, H, S"),
        (",,MUST", ",whatever,MUST", "unknown kind `whatever`", "it is one of"),
        ("LS-25", "ls25", "`ls25` is no clause id", "`LS-25`"),
        ("lasership", "../lasership", "`../lasership` is no policy name", "hyphens"),
        ("3:0123456789abcdef", "", "the locator `` cannot be read", "16 hex digits"),
        ("3:0123456789abcdef", "3:0123", "the locator `3:0123` cannot be read", "16 hex digits"),
        ("3:0123456789abcdef", "0:0123456789abcdef", "the locator `0:0123456789abcdef` cannot", "16 hex digits"),
        ("3:0123456789abcdef", "3:0123456789abcdef  ", "cannot be read", "16 hex digits"),
    ],
)
def test_a_wrong_cell_is_named_with_its_line(before: str, after: str, text: str, hint: str) -> None:
    error = refuse(GOOD, GOOD.replace("LS-25", "LS-26").replace(before.replace("LS-25", "LS-26"), after))
    assert error.code == "R502"
    assert text in error.text
    assert error.hint is not None
    assert hint in error.hint
    assert error.place is not None
    assert (error.place.file, error.place.line) == ("register.csv", 3)


def test_a_row_with_too_few_columns_is_refused() -> None:
    error = refuse("LS-25,lasership")
    assert error.code == "R502"
    assert "2 columns, where 9 belong" in error.text


def test_a_quote_that_never_closes_is_refused() -> None:
    error = refuse('LS-25,"lasership')
    assert error.code == "R502"
    assert "not CSV" in error.text
