"""The log: vectors of others, the definition written down slowly, a second library, and proofs that must not hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree
from pymerkle import verify_consistency as confirm_consistency
from pymerkle import verify_inclusion as confirm_inclusion

from tests.core.seal.trees import MemoryLog, define_path, define_proof, define_root
from upheld.core.seal.log import (
    EMPTY_ROOT,
    RollingRoot,
    append_leaves,
    hash_leaf,
    prove_consistency,
    prove_inclusion,
    root_of,
    root_of_leaves,
    verify_consistency,
    verify_inclusion,
)

# The eight leaves and roots that implementations of RFC 6962 have shared since Certificate Transparency began.
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
SIZES = (1, 2, 3, 7, 8, 9, 255, 256, 257, 511, 512, 513, 600)


def write_entries(count: int) -> list[bytes]:
    return [b"line %d" % number for number in range(count)]


def make_log(count: int, step: int = 97) -> MemoryLog:
    log, entries = MemoryLog(), write_entries(count)
    for start in range(0, count, step):
        log.append(entries[start : start + step])
    return log


@pytest.mark.parametrize("size", range(9))
def test_the_roots_are_those_that_everybody_has(size: int) -> None:
    log = MemoryLog()
    log.append(LEAVES[:size])
    assert log.root().hex() == ROOTS[size]
    assert define_root(LEAVES[:size]).hex() == ROOTS[size]
    assert root_of_leaves(map(hash_leaf, LEAVES[:size])).hex() == ROOTS[size]


def test_the_proofs_are_those_that_everybody_has() -> None:
    log = MemoryLog()
    log.append(LEAVES)
    assert [step.hex()[:8] for step in prove_inclusion(5, 8, log.read_tile)] == ["bc1a0643", "ca854ea1", "d37ee418"]
    assert [step.hex()[:8] for step in prove_inclusion(0, 8, log.read_tile)] == ["96a296d2", "5f083f0a", "6b47aaf2"]
    assert [step.hex()[:8] for step in prove_consistency(6, 8, log.read_tile)] == ["0ebc5d34", "ca854ea1", "d37ee418"]
    assert prove_consistency(1, 1, log.read_tile) == ()


@given(st.lists(st.integers(0, 40), max_size=8), st.data())
def test_a_log_in_batches_is_the_tree_of_the_definition(batches: list[int], data: st.DataObject) -> None:
    entries = write_entries(sum(batches))
    log = MemoryLog()
    for batch in batches:
        log.append(entries[log.size : log.size + batch])
    assert log.size == len(entries)
    assert log.root() == define_root(entries)
    if not entries:
        assert log.root() == EMPTY_ROOT
        return
    new = data.draw(st.integers(1, len(entries)))
    index, old = data.draw(st.integers(0, new - 1)), data.draw(st.integers(1, new))
    path, proof = prove_inclusion(index, new, log.read_tile), prove_consistency(old, new, log.read_tile)
    assert list(path) == define_path(index, entries[:new])
    assert list(proof) == define_proof(old, entries[:new])
    assert log.root(new) == define_root(entries[:new])


@pytest.mark.parametrize("size", SIZES)
def test_every_proof_over_the_edges_of_tiles_verifies(size: int) -> None:
    log, entries = make_log(size), write_entries(size)
    root = log.root()
    assert root == root_of_leaves(map(hash_leaf, entries))
    for index in {0, 1, 127, 254, 255, 256, 257, 510, 511, 512, size // 2, size - 1} & set(range(size)):
        path = prove_inclusion(index, size, log.read_tile)
        assert verify_inclusion(hash_leaf(entries[index]), index, size, path, root)
    for old in {0, 1, 2, 127, 128, 255, 256, 257, 511, 512, size} & set(range(size + 1)):
        proof = prove_consistency(old, size, log.read_tile)
        assert verify_consistency(old, size, log.root(old), root, proof)


def test_a_large_log_of_three_levels_proves_from_a_few_tiles() -> None:
    size, log = 70_000, MemoryLog()
    entries = write_entries(size)
    log.append(entries)
    assert {level for level, _ in log.tiles} == {0, 1, 2}
    root = log.root()
    assert root == root_of_leaves(map(hash_leaf, entries))
    log.reads = 0
    path = prove_inclusion(65_535, size, log.read_tile)
    assert verify_inclusion(hash_leaf(entries[65_535]), 65_535, size, path, root)
    assert log.reads <= 8
    log.append([b"one more"])
    assert verify_consistency(size, size + 1, root, log.root(), prove_consistency(size, size + 1, log.read_tile))


@pytest.mark.parametrize("size", [1, 2, 5, 8, 13, 64, 100, 257, 300])
def test_a_second_library_makes_and_takes_the_same(size: int) -> None:
    log, entries = make_log(size), write_entries(size)
    tree = InmemoryTree(algorithm="sha256")
    tree.append_entries(entries)
    assert tree.get_root() == log.root()
    for index in {0, 1, size // 3, size // 2, size - 1} & set(range(size)):
        theirs = tree.prove_inclusion(index + 1)
        ours = prove_inclusion(index, size, log.read_tile)
        assert theirs.path == [hash_leaf(entries[index]), *ours]
        theirs.path[1:] = list(ours)
        confirm_inclusion(hash_leaf(entries[index]), log.root(), theirs)
    for old in {1, 2, 3, size // 2, size - 1, size} & set(range(1, size)):
        theirs = tree.prove_consistency(old)
        ours = prove_consistency(old, size, log.read_tile)
        # its proof goes down to a leaf where the RFC's stops at a whole tree: another form, so each is held to the other's roots
        confirm_consistency(log.root(old), log.root(), theirs)
        assert verify_consistency(old, size, tree.get_root(old), tree.get_root(), ours)


@given(st.integers(1, 60), st.data())
def test_a_proof_holds_for_nothing_else(size: int, data: st.DataObject) -> None:
    log, entries = make_log(size), write_entries(size)
    index, root = data.draw(st.integers(0, size - 1)), log.root()
    path, leaf = prove_inclusion(index, size, log.read_tile), hash_leaf(entries[index])
    for other in range(size):
        assert verify_inclusion(leaf, other, size, path, root) == (other == index)
    assert not verify_inclusion(hash_leaf(b"another"), index, size, path, root)
    assert not verify_inclusion(leaf, index, size, (*path, root), root)
    assert not verify_inclusion(leaf, index, size, (*path[:-1], path[-1][:-1]) if path else (b"",), root)
    if path:
        assert not verify_inclusion(leaf, index, size, path[:-1], root)
        assert not verify_inclusion(leaf, index, size, path[::-1], root) or path == path[::-1]
    assert not verify_inclusion(leaf, size, size, path, root)
    assert not verify_inclusion(leaf, -1, size, path, root)


@given(st.integers(2, 60), st.data())
def test_a_log_that_was_written_anew_is_not_consistent(size: int, data: st.DataObject) -> None:
    log, forged = make_log(size), MemoryLog()
    old = data.draw(st.integers(1, size - 1))
    entries = write_entries(size)
    entries[data.draw(st.integers(0, old - 1))] = b"changed afterwards"
    forged.append(entries)
    proof = prove_consistency(old, size, forged.read_tile)
    assert not verify_consistency(old, size, log.root(old), forged.root(), proof)
    honest = prove_consistency(old, size, log.read_tile)
    assert verify_consistency(old, size, log.root(old), log.root(), honest)
    for other in range(size + 1):
        if other != old:
            assert not verify_consistency(other, size, log.root(old), log.root(), honest)
    assert not verify_consistency(old, size, log.root(old), log.root(), (*honest, log.root()))
    assert not verify_consistency(old, size, log.root(old), log.root(), honest[:-1])


def test_the_empty_log_goes_before_every_other_and_nothing_else_does() -> None:
    log = make_log(5)
    assert verify_consistency(0, 5, EMPTY_ROOT, log.root(), ())
    assert verify_consistency(0, 0, EMPTY_ROOT, EMPTY_ROOT, ())
    assert not verify_consistency(0, 5, log.root(), log.root(), ())
    assert not verify_consistency(5, 5, log.root(), EMPTY_ROOT, ())
    assert not verify_consistency(6, 5, log.root(), log.root(), ())


def test_a_root_can_be_asked_for_at_any_moment() -> None:
    rolling = RollingRoot()
    for size, root in enumerate(ROOTS):
        assert rolling.root().hex() == root
        assert rolling.size == size
        if size < len(LEAVES):
            rolling.add(hash_leaf(LEAVES[size]))


def test_nonsense_is_refused() -> None:
    log = make_log(5)
    with pytest.raises(ValueError, match="hash_leaf"):
        append_leaves(5, [b"not a hash"], log.read_tile)
    for index in (5, -1):
        with pytest.raises(ValueError, match="no leaf"):
            prove_inclusion(index, 5, log.read_tile)
    for old in (6, -1):
        with pytest.raises(ValueError, match="cannot go on"):
            prove_consistency(old, 5, log.read_tile)
    with pytest.raises(LookupError, match="tile 0 of level 0 holds less than 5 hashes"):
        root_of(5, lambda _level, _index, _width: b"")
