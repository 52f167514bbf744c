"""What a policy file says about its site, read into frozen values; knows nothing of Django."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

from upheld.core.errors import Finding, PolicyError
from upheld.core.policy.model import Policy
from upheld.core.shipping.offers import find_shipping
from upheld.core.shipping.prices import FROM_SHIPPING, fill_prices

KEYS = (
    "host",
    "of",
    "trade-name",
    "after",
    "accent",
    "tone",
    "questions",
    "mail-cap",
    "proof",
    "home",
    "forms",
    "shipping",
)
TONES = ("plain", "courier", "clinic", "spa", "journal", "community")
PROOFS = ("staff", "public")
OF = re.compile(r"[a-z][a-z0-9-]{0,62}")
HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
ACCENT = re.compile(r"#[0-9a-f]{6}")
MAIL_CAP = re.compile(r"[1-9][0-9]? in [1-9][0-9]{0,2} days?")
DEFAULT_ACCENT = "#1f4f8b"


@dataclass(frozen=True, slots=True)
class Question:
    """A question that stands beside the policy as a link: words for people, the act and facts for the gate."""

    words: str
    act: str
    facts: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """One business's public host as its policy file declares it; `home` and `forms` are content of pages, not yet read.

    What it says under `shipping` is read where it is needed, by core/shipping. `proof` says who may read the proof. A
    policy that joins the site of another has no host and names that other one in `of`.
    """

    host: str
    trade_name: str
    after: str
    accent: str
    tone: str
    questions: tuple[Question, ...]
    home: Mapping[str, object]
    forms: Mapping[str, object]
    proof: str = PROOFS[0]
    of: str = ""

    @property
    def has_public_proof(self) -> bool:
        """Whether everybody may read how far the policy is upheld, and by which evidence."""
        return self.proof == "public"


def read_site(policy: Policy) -> Site:
    """The site of a policy; raises PolicyError with one finding for each thing that is wrong with it."""
    reader = SiteReader(policy.site, policy.file)
    site = Site(
        host=reader.read_text("host", HOST, "a host name in small letters, such as `parcels.localhost`"),
        trade_name=reader.read_text("trade-name") or policy.business,
        after=reader.read_text("after"),
        accent=reader.read_text("accent", ACCENT, "a colour such as `#b3122a`").lower() or DEFAULT_ACCENT,
        tone=reader.read_text("tone") or TONES[0],
        questions=reader.read_questions(),
        home=fill_home(reader.read_content("home", "keys such as `headline`"), policy, reader),
        forms=reader.read_content("forms", "the names of touchpoints"),
        proof=reader.read_text("proof") or PROOFS[0],
        of=reader.read_text("of", OF, "the name of the policy whose site it joins"),
    )
    # How often people hear from campaigns is read where it is needed, by core/notices; here only whether it can be.
    reader.read_text("mail-cap", MAIL_CAP, "a limit such as `4 in 28 days`")
    check_address(site, policy, reader)
    if site.tone not in TONES:
        reader.note("P204", f"there is no tone `{site.tone}`", "choose one of " + ", ".join(TONES))
    if site.proof not in PROOFS:
        reader.note("P204", f"`site: proof` cannot be `{site.proof}`", "choose one of " + ", ".join(PROOFS))
    if reader.findings:
        raise PolicyError(tuple(reader.findings))
    return site


def check_address(site: Site, policy: Policy, reader: SiteReader) -> None:
    """Note it unless a site has either a host of its own or another policy's site to stand on."""
    if site.host and site.of:
        reader.note("P016", "`site` has both `host` and `of`", "leave one of them out: a policy that joins has no host")
    elif site.of == policy.slug:
        reader.note("P016", "`site: of` names this policy itself", "name another policy, or give a `host`")
    elif not site.host and not site.of:
        reader.note("P203", "the site has no `host`", "add `host: NAME.localhost` under `site`")


def fill_home(home: Mapping[str, object], policy: Policy, reader: SiteReader) -> Mapping[str, object]:
    """The content of the first page, its table of prices filled where that comes from what can be booked.

    What is wrong under `site: shipping` is noted as well.
    """
    try:
        shipping = find_shipping(policy)
    except PolicyError as problem:
        reader.findings += problem.findings
        return home
    prices = home.get("prices")
    if not isinstance(prices, Mapping) or prices.get("rows") != FROM_SHIPPING:
        return home
    if shipping is None:
        reader.note(
            "P203", "the prices of `site: home` come from `site: shipping`, which is not there", "add it, or write rows"
        )
        return home
    return MappingProxyType({**home, "prices": fill_prices(prices, shipping)})


class SiteReader:
    """Reads the keys of one `site` mapping and collects what is wrong instead of stopping at the first."""

    def __init__(self, values: Mapping[str, object], file: str) -> None:
        self.values = values
        self.file = file
        self.findings: list[Finding] = []
        for key in values:
            if key not in KEYS:
                near = get_close_matches(str(key), KEYS, n=1)
                self.note(
                    "P202",
                    f"`site` has no key `{key}`",
                    f"did you mean `{near[0]}`" if near else "known: " + ", ".join(KEYS),
                )

    def note(self, code: str, text: str, hint: str) -> None:
        """Keep one finding; the declarations carry no line numbers here, so the text names the key."""
        self.findings.append(Finding(code, "error", text, None, hint))

    def read_text(self, key: str, pattern: re.Pattern[str] | None = None, wanted: str = "text") -> str:
        """The text under a key, empty when absent; noted when it is no text or has the wrong form."""
        value = self.values.get(key, "")
        if not isinstance(value, str) or (value and pattern and not pattern.fullmatch(value)):
            self.note("P204", f"`site: {key}` cannot be `{value}`", f"write {wanted}")
            return ""
        return value.strip()

    def read_questions(self) -> tuple[Question, ...]:
        """The questions beside the policy; each has `words` and `ask`."""
        questions = []
        listed = self.values.get("questions", ())
        for entry in listed if isinstance(listed, list | tuple) else (listed,):
            if not isinstance(entry, Mapping) or not all(isinstance(value, str) for value in entry.values()):
                self.note(
                    "P204", "a question of `site: questions` is not a mapping of texts", "write `{words: …, ask: …}`"
                )
            elif set(entry) - {"facts"} != {"words", "ask"}:
                self.note(
                    "P203", "a question of `site: questions` needs `words` and `ask`", "`facts` may stand beside them"
                )
            else:
                questions.append(Question(str(entry["words"]), str(entry["ask"]), str(entry.get("facts", ""))))
        return tuple(questions)

    def read_content(self, key: str, wanted: str) -> Mapping[str, object]:
        """The content of pages as it stands, a mapping; the pages read it further."""
        content = self.values.get(key, {})
        if not isinstance(content, Mapping):
            self.note("P204", f"`site: {key}` is not a mapping", f"write {wanted} below it")
            return MappingProxyType({})
        return MappingProxyType(dict(content))
