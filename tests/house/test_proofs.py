"""The proofs beside the policies are of the texts that lie there, and say of their rules what their evidence gives."""

from tests.house.files import ROOT, name_file
from tests.house.proof_page import list_proofs, read_committed
from upheld.core.proof.states import BROKEN


def test_each_committed_proof_is_of_the_newest_version_and_its_states_follow_from_its_evidence() -> None:
    from upheld.core.policy.versions import load_versions
    from upheld.core.proof.verifying import check_states

    for path in list_proofs():
        proof, policy = read_committed(path), load_versions(path.parent).newest
        assert proof.digest == policy.digest, f"{name_file(path)}: the policy changed, run make proof"
        check_states(policy, proof)
        assert not proof.is_broken, f"{name_file(path)}: {[one.ref for one in proof.sentences if one.state == BROKEN]}"


def test_every_policy_has_a_committed_proof() -> None:
    folders = {path.parent.name for path in (ROOT / "policies").glob("*/*.policy.md")}
    assert {path.parent.name for path in list_proofs()} == folders
