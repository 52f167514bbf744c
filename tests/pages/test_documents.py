"""Documents that the policy points to: shown because a rule says so, and only then."""

from tests.web.sites import NEW, Workshop

RULE = "```rules\n(1) show terms document at policy beyond\n```\n"


def name_terms(workshop: Workshop) -> None:
    """The workshop's policy with a document that a rule has shown."""
    text = workshop.path(NEW).read_text(encoding="utf-8")
    head, _, rest = text.partition("---\n")[2].partition("---\n")
    (workshop.path(NEW).parent / "terms.md").write_text(
        "# Terms <of> use\n\nBe kind.\n\n## What not\n\n- no theft\n- no noise\n", encoding="utf-8"
    )
    sentence = "\n## The small print\n\nOur terms stand on a page of their own.\n\n"
    workshop.write(f"---\n{head}documents: {{terms: terms.md}}\n---\n{rest}{sentence}{RULE}")


def test_it_works(workshop: Workshop) -> None:
    name_terms(workshop)
    page = workshop.read("/privacy/documents/terms")
    assert "<h1>Terms &lt;of&gt; use</h1>" in page
    assert "<h2>What not</h2>" in page
    assert "no theft" in page


def test_the_policy_page_links_to_it(workshop: Workshop) -> None:
    name_terms(workshop)
    assert 'href="/privacy/documents/terms">Terms</a>' in workshop.read("/privacy")


def test_a_document_that_no_rule_names_is_not_there(workshop: Workshop) -> None:
    assert workshop.get("/privacy/documents/terms").status_code == 404


def test_a_path_out_of_the_folder_is_not_there(workshop: Workshop) -> None:
    name_terms(workshop)
    for path in ("/privacy/documents/..%2Fterms", "/privacy/documents/terms.md", "/privacy/documents/"):
        assert workshop.get(path).status_code == 404


def test_a_version_whose_document_is_missing_is_not_taken(workshop: Workshop) -> None:
    name_terms(workshop)
    (workshop.path(NEW).parent / "terms.md").unlink()
    workshop.write(workshop.path(NEW).read_text(encoding="utf-8") + "\n")
    faults = workshop.shelf.find_slug("lantern").faults
    assert [finding.code for finding in faults[0].findings] == ["P308"]
    assert workshop.get("/privacy").status_code == 200
