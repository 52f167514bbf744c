"""No file names a machine, a folder of one, or where packages come from; requirements are whole and pinned."""

import re
import tomllib

import pytest

from tests.house.files import ROOT, list_texts, list_under, name_file, read_text

# In two pieces, so that this file does not hold what it looks for.
REGISTRIES = [
    "".join(pair)
    for pair in (
        ("pypi", ".org"),
        ("python", "hosted"),
        ("npm", "js.org"),
        ("npm", "js.com"),
        ("arti", "factory"),
        ("nexus", ".repo"),
        ("index", "-url"),
        ("extra-", "index"),
    )
]
FOLDERS = re.compile(r"(?<![\w.~:>}\]-])/(?:work|tmp|root|home|opt|mnt|Users)/[\w.]")
# The Makefile tells pip-compile to leave the index out, in the words of its options.
MAY_NAME_THE_OPTION = frozenset(("Makefile",))


def test_no_file_says_where_packages_come_from() -> None:
    named = [
        f"{name_file(path)}: {registry}"
        for path in list_texts()
        if name_file(path) not in MAY_NAME_THE_OPTION
        for registry in REGISTRIES
        if registry in read_text(path).lower()
    ]
    assert not named


def test_no_file_names_a_folder_of_one_machine() -> None:
    named = [
        f"{name_file(path)}:{number}: {line.strip()[:100]}"
        for path in list_texts()
        for number, line in enumerate(read_text(path).splitlines(), 1)
        if FOLDERS.search(line)
    ]
    assert not named


SETS = ("base", "server", "test", "visitor", "bench", "long")
NAME = re.compile(r"^([A-Za-z0-9][\w.-]*)", re.MULTILINE)


def list_names(text: str) -> set[str]:
    return {name.lower().replace("_", "-") for name in NAME.findall(text)}


@pytest.mark.parametrize("name", SETS)
def test_a_set_is_pinned_with_hashes_and_names_no_host(name: str) -> None:
    text = read_text(ROOT / "requirements" / f"{name}.txt")
    assert "://" not in text
    pinned = re.split(r"\n(?=[a-zA-Z0-9])", text)[1:]
    assert pinned
    for entry in pinned:
        assert re.match(r"[\w.-]+==[\w.]+ \\\n", entry), entry.splitlines()[0]
        assert "--hash=sha256:" in entry, entry.splitlines()[0]


@pytest.mark.parametrize("name", SETS)
def test_a_set_holds_what_was_asked_for(name: str) -> None:
    folder = ROOT / "requirements"
    assert list_names(read_text(folder / f"{name}.in")) <= list_names(read_text(folder / f"{name}.txt"))


def test_the_sets_agree_on_versions() -> None:
    pins: dict[str, set[str]] = {}
    for name in SETS:
        for package, version in re.findall(
            r"^([\w.-]+)==([\w.]+)", read_text(ROOT / "requirements" / f"{name}.txt"), re.MULTILINE
        ):
            pins.setdefault(package, set()).add(version)
    assert {package: versions for package, versions in pins.items() if len(versions) > 1} == {}


def test_the_project_asks_for_the_same_parts_as_the_sets() -> None:
    project = tomllib.loads(read_text(ROOT / "pyproject.toml"))["project"]
    asked = {"base": project["dependencies"], **project["optional-dependencies"]}
    for name, parts in asked.items():
        wanted = {part.lower() for entry in parts for part in NAME.findall(entry)} - {"upheld"}
        assert wanted <= list_names(read_text(ROOT / "requirements" / f"{name}.in")) | {"hatchling"}, name


def test_the_version_stands_in_one_way() -> None:
    project = tomllib.loads(read_text(ROOT / "pyproject.toml"))["project"]
    assert f'__version__ = "{project["version"]}"' in read_text(ROOT / "src/upheld/__init__.py")


def test_nothing_is_called_what_only_a_court_could_say() -> None:
    word = re.compile(r"\bcompl" + r"iant\b", re.IGNORECASE)
    files = list_under(
        "src", "docs", "policies", "README.md", "CHANGELOG.md", suffixes=(".py", ".md", ".html", ".js", ".svg")
    )
    assert [name_file(path) for path in files if word.search(read_text(path))] == []
