"""Rules in plain English, for the people a policy is about; every name is said by its label."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from upheld.core.policy.model import ANY_PURPOSE, ANYONE, ANYTHING, SELF, Condition, Policy, Rule

_FACTS = {
    "requested": "you asked for the service that needs it",
    "permitted": "you have permitted exactly this",
    "stated": "this purpose was stated when we took the data",
    "named": "you named this recipient",
    "bound": "the recipient has signed terms that are in force",
    "routed": "this recipient is the one responsible",
    "in scope": "the demand covers these data",
    "expired": "the time of keeping is over",
    "granted": "the need of this member of staff is on record",
    "assigned": "your case is assigned to this member of staff",
    "merging": "a merger or sale of the business is on record",
    "told": "you were told before",
    "known minor": "we know that you are under the age limit",
    "erasing": "your erasure has begun",
}
_MEASURE_OWN = {"encryption in transit": "encryption on every connection", "encryption at rest": "sealing in the store"}


def say_rule(rule: Rule, policy: Policy) -> str:
    """The rule as one or two plain sentences, conditions included."""
    text = _SAY[rule.form](_Said(rule, policy))
    return text[0].upper() + text[1:]


def say_fact(fact: str, policy: Policy) -> str:
    """One fact as a clause that can stand after "if"."""
    words = policy.words
    if fact in _FACTS:
        return _FACTS[fact]
    first, _, name = fact.partition(" ")
    if first in ("chosen", "refused") and words.has("choice", name):
        said = words.of_sort("choice")[name].value or words.label(name, "choice")
        return f"you said {'yes' if first == 'chosen' else 'no'} to {said}"
    if fact.startswith("demanded by "):
        ground = fact.removeprefix("demanded by ")
        word = words.of_sort("ground").get(ground)
        return f"it is demanded because of {words.label(ground, 'ground')}" if not word else _say_ground(word.value, ground)
    if fact.startswith("living in "):
        return f"you live in {words.label(fact.removeprefix('living in '), 'region')}"
    if fact.startswith("approved by "):
        count, role = fact.removeprefix("approved by ").split(" of ", 1)
        return f"{count} people of {words.label(role, 'role')} have agreed"
    word = words.of_sort("fact").get(fact)
    return (word.value.partition(":")[2].strip() or fact) if word else fact


def _say_ground(meaning: str, ground: str) -> str:
    return f"the ground is “{meaning or ground}”"


def say_condition(condition: Condition, policy: Policy) -> str:
    """A condition as clauses joined by "and" or "or"."""
    terms = []
    for term in condition.terms:
        if term.text == "demanded":
            terms.append("one of the grounds named on this page applies")
        else:
            terms.append(join_words([say_fact(fact, policy) for fact in term.facts], "or"))
    return join_words(terms, "and" if condition.mode == "all" else "or")


def join_words(names: Iterable[str], word: str = "and") -> str:
    """Names as people list them: a, b and c."""
    said = list(names)
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} {word} {said[-1]}" if said else ""


class _Said:
    """The parts of one rule, ready to be put into a sentence."""

    def __init__(self, rule: Rule, policy: Policy) -> None:
        self.rule = rule
        self.policy = policy

    def names(self, key: str, sort: str, word: str = "and") -> str:
        return join_words((self._label(name, sort) for name in self.rule.part(key)), word)

    def _label(self, name: str, sort: str) -> str:
        if name == ANYTHING:
            return "anything about you"
        if name == ANYONE:
            return "anyone else" if sort == "role" else "anyone outside"
        if name == SELF:
            return "you"
        if name == ANY_PURPOSE:
            return "any purpose"
        if sort == "touchpoint":
            return self._touchpoint(name)
        return self.policy.words.label(name, sort)

    def _touchpoint(self, name: str) -> str:
        own = {
            "every page": "on every page", "every form": "on every form", "policy": "on this page",
            "account": "in your account", "home": "on the first page", "anywhere": "anywhere",
            "every email address": "beside every e-mail address",
        }  # fmt: skip
        if name in own:
            return own[name]
        return self.policy.words.labels.get(f"touchpoint {name}", f"at {self.policy.words.label(name, 'touchpoint')}")

    @property
    def data(self) -> str:
        text = self.names("data", "data")
        if self.rule.degree and self.rule.degree.name != "identified":
            text += f" ({self.degree})"
        return text + (f", but not {self.names('but', 'data', 'or')}" if self.rule.part("but") else "")

    @property
    def degree(self) -> str:
        degree = self.rule.degree
        if degree is None:
            return ""
        if degree.name == "aggregate":
            return f"only as figures about groups of at least {self.value(degree.parameter or str(degree.k))} people"
        said = {"pseudonymous": "without your name", "de-identified": "without a link to you"}
        return said.get(degree.name, "in a way that shows who you are")

    @property
    def at(self) -> str:
        return self.names("at", "touchpoint", "or")

    def purposes(self, lead: str = ". It is for ", word: str = "and") -> str:
        if not self.rule.purposes:
            return ""
        text = lead + self.names("purposes", "purpose", word)
        return text + (f" but {self.names('purposes_but', 'purpose', 'or')}" if self.rule.part("purposes_but") else "")

    @property
    def only_if(self) -> str:
        parts = []
        if self.rule.holds:
            parts.append(say_condition(self.rule.holds, self.policy))
        if self.rule.approval:
            parts.append(say_fact(str(self.rule.approval), self.policy))
        text = f", only if {' and '.join(parts)}" if parts else ""
        if self.rule.unless:
            text += f", but not if {say_condition(self.rule.unless, self.policy)}"
        return text

    @property
    def except_if(self) -> str:
        """The condition of a ban: when it does not apply."""
        text = ""
        if self.rule.unless:
            text += f", unless {say_condition(self.rule.unless, self.policy)}"
        if self.rule.holds:
            text += f", if {say_condition(self.rule.holds, self.policy)} or if we are not sure"
        return text

    def value(self, name: str) -> str:
        parameter = self.policy.parameters.get(name)
        return parameter.value if parameter else name

    def time(self, key: str) -> str:
        return self.value(self.rule.part(key)[0]) if self.rule.part(key) else ""

    @property
    def timing(self) -> str:
        if self.rule.part("before"):
            lead = self.time("lead")
            return f", {lead + ' ' if lead else ''}before {self.event(self.rule.part('before')[0])}"
        return f", within {self.time('within')}" if self.rule.part("within") else ""

    def event(self, name: str) -> str:
        own = {
            "it takes effect": "it takes effect", "the transfer": "anything is handed over",
            "material change": "this policy changes in a significant way", "small change": "this policy changes a little",
            "any change": "this policy changes", "merging": "the business is sold or merged",
            "new purpose": "we want to use data for something new", "breach is believed": "we believe data got into wrong hands",
            "removal is asked": "you ask for removal", "the visit ends": "your visit ends", "use": "anything is used",
            "minor is known": "we learn that somebody is under the age limit", "posting": "it is posted",
        }  # fmt: skip
        return own.get(name, name)

    @property
    def events(self) -> str:
        return " and ".join(self.event(name) for name in self.rule.part("events"))

    def tagged(self, key: str) -> str:
        said = []
        for value in self.rule.part(key):
            kind, _, name = value.partition(":")
            label = self.policy.words.label(name)
            patterns = {
                "form": f"the {label} form", "document": f"the document {label}", "certificate": f"the certificate {label}",
                "question": f"the question about {label}", "notice": f"the notice “{name}”", "text": f"“{name}”",
                "sharing": f"sharing with {label}", "by": f"by {label}", "at": self._touchpoint(name), "part": f"the {name}",
            }  # fmt: skip
            said.append(patterns.get(kind, label))
        return join_words(said)


def _effects(said: _Said) -> str:
    names = {
        "on_posting": "as soon as it is posted here", "on_date": "on the day it names", "on_acceptance": "when you accept it",
        "use_after_posting": "when you use our services after it was posted",
        "use_after_date": "when you use our services after the day it names",
    }  # fmt: skip
    texts = []
    for value in said.rule.part("effects"):
        kind, _, time = value.partition(":")
        texts.append(names.get(kind) or f"{said.value(time)} after we told you")
    change = {"material": "a significant change", "small": "a small change"}.get("".join(said.rule.part("change")), "a change")
    return f"{change} of this page takes effect {' or '.join(texts)}" + (", whichever is first." if len(texts) > 1 else ".")


def _cookie(said: _Said) -> str:
    rule = said.rule
    life = "it goes when your visit ends" if rule.part("life") == ("visit",) else f"it stays for at most {said.time('life')}"
    own = "our own" if rule.part("party") == ("first_party",) else f"set by {said.names('recipients', 'recipient')}"
    needed = f" {join_words(rule.part('activities'))} does not work without it." if rule.part("activities") else ""
    return f"we may set the cookie “{rule.part('cookie')[0]}” for {said.names('purposes', 'purpose')}; {life}; it is {own}.{needed}"


def _choice_is(said: _Said) -> str:
    default = "yes until you say no" if said.rule.part("mode") == ("opt-out",) else "no until you say yes"
    return f"we ask you about {_choice_names(said)} {said.at}; the answer is {default}."


def _choice_names(said: _Said) -> str:
    words = said.policy.words
    return join_words(words.of_sort("choice")[name].value or words.label(name) for name in said.rule.part("choices"))


def _tell(said: _Said) -> str:
    routes = join_words(said.rule.part("routes"), "or")
    then = f", and if that fails by {join_words(said.rule.part('then'))}" if said.rule.part("then") else ""
    return f"we tell {said.names('people', 'audience')} by {routes}{then} when {said.events}{said.timing}."


def _send(said: _Said) -> str:
    when = f" when {said.events}" if said.rule.part("events") else ""
    cap = f", at most {said.rule.part('most')[0]} in {said.time('per_time')}" if said.rule.part("most") else ""
    people = join_words(
        said.policy.words.label(name, "audience" if said.policy.words.has("audience", name) else "data")
        for name in said.rule.part("receivers")
    )
    return f"we {'send' if when else 'may send'} {said.names('mails', 'mail')} to {people}{said.only_if}{when}{said.timing}{cap}."


def _keep(said: _Said) -> str:
    after = f", counted from: {said.names('after', 'event')}" if said.rule.part("after") else ""
    return f"we keep {said.data} for {said.time('duration')}{after}; then it may not be used and goes."


def _measures(said: _Said) -> str:
    return join_words(_MEASURE_OWN.get(name, name) for name in said.rule.part("measures"))


_SAY: dict[str, Callable[[_Said], str]] = {
    "state": lambda s: "nothing here needs a rule: it says what we aim at, or explains.",
    "applies": lambda s: f"this policy covers {s.data}, by way of {s.names('ways', 'way')}.",
    "applies_not": lambda s: f"this policy does not cover {s.data} by way of {s.names('ways', 'way')}.",
    "covers": lambda s: f"it protects {s.names('subjects', 'subject')}.",
    "counts": lambda s: f"“we” includes {s.names('parties', 'party')} and nobody else.",
    "leave_out": lambda s: f"something may be left out only on a recorded ground: {s.names('exclusions', 'exclusion', 'or')}.",
    "collect": lambda s: f"{s.at}, we may collect {s.data}{s.purposes()}{s.only_if}.",
    "collect_only": lambda s: f"{s.at}, and nowhere else, we may collect {s.data}{s.purposes()}{s.only_if}.",
    "at_collect_only": lambda s: f"{s.at}, we may collect only {s.data}{s.purposes()}{s.only_if}.",
    "record": lambda s: f"{s.at}, {s.data} may be recorded automatically{s.purposes()}{s.only_if}.",
    "record_only": lambda s: f"{s.at}, and at no other time, {s.data} may be recorded automatically{s.purposes()}{s.only_if}.",
    "at_record_only": lambda s: f"{s.at}, only {s.data} may be recorded automatically{s.purposes()}{s.only_if}.",
    "mark": lambda s: f"{s.at}, {s.data} is marked as {s.rule.part('marking')[0]}"
    + (f", because {s.rule.part('because')[0]}" if s.rule.part("because") else "") + ".",
    "set_cookie": _cookie,
    "work": lambda s: f"our pages work without {join_words(s.rule.part('needs'), 'or')}"
    + (f", except for {join_words(s.rule.part('activities'))}" if s.rule.part("activities") else "") + ".",
    "require_age": lambda s: f"{s.at}, you have to be at least {s.rule.part('number')[0]} years old.",
    "honour": lambda s: f"the browser signal {s.names('signals', 'signal')} counts as a no to {_choice_names(s)}.",
    "ignore": lambda s: f"the browser signal {s.names('signals', 'signal')} changes nothing.",
    "use": lambda s: f"we may use {s.data}{s.purposes(' for ')}{s.only_if}.",
    "use_only": lambda s: f"we may use {s.data}{s.purposes(' for ')} and for nothing else{s.only_if}.",
    "for_use_only": lambda s: f"{s.purposes('for ')}, we may use {s.data} and nothing else{s.only_if}.",
    "show": lambda s: f"{s.names('to', 'role')} may see {s.data}{s.purposes(' for ')}{s.only_if}.",
    "show_only": lambda s: f"only {s.names('to', 'role')} may see {s.data}{s.purposes(' for ')}{s.only_if}.",
    "for_show_only": lambda s: f"{s.purposes('for ')}, {s.names('to', 'role') or 'staff'} may see {s.data} and nothing else{s.only_if}.",
    "show_part": lambda s: f"{s.at} you find {s.tagged('things')}{s.only_if}.",
    "allow": lambda s: f"{s.at} there may be {join_words(s.rule.part('parts'))}.",
    "share": lambda s: f"{s.names('recipients', 'recipient')} may get {s.data}{s.purposes(' for ')}{s.only_if}.",
    "share_one": lambda s: f"the one responsible among {s.names('recipients', 'recipient')} may get {s.data}{s.purposes(' for ')}{s.only_if}.",
    "share_only": lambda s: f"only {s.names('recipients', 'recipient')} may get {s.data}{s.purposes(' for ')}{s.only_if}.",
    "for_share_only": lambda s: f"{s.purposes('for ')}, {s.names('recipients', 'recipient') or 'others'} may get {s.data} and nothing else{s.only_if}.",
    "send": _send,
    "keep": _keep,
    "keep_until": lambda s: f"we keep {s.data} until {s.names('end', 'event')}; then it may not be used and goes.",
    "keep_while": lambda s: f"we keep {s.data} as long as {say_condition(s.rule.holds, s.policy) if s.rule.holds else ''}.",
    "keep_apart": lambda s: f"{s.data} cannot be joined with {s.names('other', 'data')}.",
    "store": lambda s: f"{s.data} may be stored in {s.names('places', 'place')}.",
    "store_only": lambda s: f"{s.data} may be stored only in {s.names('places', 'place')}.",
    "never_collect": lambda s: f"we never collect {s.data}{' ' + s.at if s.at else ''}{s.purposes(' for ', 'or')}{s.except_if}.",
    "never_use": lambda s: f"we never use {s.data}{s.purposes(' for ', 'or')}{s.except_if}.",
    "never_show": lambda s: f"{s.data} is never shown{' to ' + s.names('to', 'role', 'or') if s.rule.part('to') else ''}{s.purposes(' for ', 'or')}{s.except_if}.",
    "never_share": lambda s: f"{s.data} never goes to {s.names('recipients', 'recipient', 'or') or 'anyone outside'}{s.purposes(' for ', 'or')}{s.except_if}.",
    "never_keep": lambda s: f"we never keep {s.data}{' in ' + s.names('places', 'place', 'or') if s.rule.part('places') else ''}{s.purposes(' for ', 'or')}{s.except_if}.",
    "never_employ": lambda s: f"we never use {join_words(s.rule.part('techniques'), 'or')}.",
    "never_certificate": lambda s: f"the certificate {s.names('certificates', 'certificate')} is not shown once it has expired.",
    "choice_is": _choice_is,
    "choice_changed": lambda s: f"you can change your answer about {_choice_names(s)} {s.tagged('changes')}"
    + (f"; it counts within {s.time('within')}" if s.rule.part("within") else "") + ".",
    "choice_stops": lambda s: f"a no to {_choice_names(s)} stops {s.tagged('targets')}.",
    "choice_spares": lambda s: f"a no to {_choice_names(s)} does not stop {s.tagged('targets')}.",
    "put": lambda s: f"{'at the end of' if s.rule.part('position') == ('at_end',) else 'in'} {s.names('mails', 'mail')} stands {s.tagged('putting')}.",
    "put_every": lambda s: f"{'at the end of' if s.rule.part('position') == ('at_end',) else 'in'} every e-mail stands {s.tagged('putting')}.",
    "let": lambda s: f"{s.names('people', 'audience')} can {s.rule.part('deed')[0]} {s.data}{' ' + s.at if s.at else ''}"
    + (f"; it counts within {s.time('within')}" if s.rule.part("within") else "") + ".",
    "erase": lambda s: f"we erase {s.data} when {s.events}{s.only_if}" + (f", within {s.time('within')}" if s.rule.part("within") else "") + ".",
    "answer": lambda s: f"we answer {s.names('requests', 'request')} requests"
    + (f" by {join_words(s.rule.part('routes'), 'or')}" if s.rule.part("routes") else "") + f" within {s.time('within')}{s.only_if}.",
    "tell": _tell,
    "delay": lambda s: f"telling {s.names('people', 'audience')} may wait{s.only_if}; this is looked at again every {s.time('every')}.",
    "change": _effects,
    "protect": lambda s: f"{s.data} is protected by {_measures(s)}.",
    "bind": lambda s: f"{s.names('recipients', 'recipient')} get something only under signed terms.",
    "attest": lambda s: f"{s.names('role', 'role')} confirms every {s.time('every')}: “{s.rule.part('text')[0]}”.",
    "review": lambda s: f"{s.names('role', 'role')} reviews {join_words(s.rule.part('reviewed'))} every {s.time('every')}.",
    "tag": lambda s: f"{s.data} carries its {join_words(s.rule.part('tags'))}.",
    "claim_outside": lambda s: f"checked in all cases: nobody outside gets {s.data}{s.purposes(' for ', 'or')}{s.except_if}.",
    "claim_see": lambda s: f"checked in all cases: only {s.names('roles', 'role')} see {s.data}{s.purposes(' for ', 'or')}{s.except_if}.",
    "claim_used": lambda s: f"checked in all cases: {s.data} is used only for {s.names('purposes', 'purpose')}.",
    "claim_for": lambda s: f"checked in all cases: {s.purposes('for ')}, only {s.data} is used.",
    "claim_collected": lambda s: f"checked in all cases: {s.data} is collected only {s.at}.",
    "claim_at": lambda s: f"checked in all cases: {s.at}, only {s.data} is collected.",
    "claim_stored": lambda s: f"checked in all cases: {s.data} is stored only in {s.names('places', 'place')}.",
    "claim_leaves": lambda s: f"checked in all cases: {s.data} leaves the house {s.degree}.",
    "claim_nothing_collects": lambda s: f"checked in all cases: nothing collects {s.data}{' ' + s.at if s.at else ''}{s.purposes(' for ', 'or')}{s.except_if}.",
    "claim_nothing_uses": lambda s: f"checked in all cases: nothing uses {s.data}{s.purposes(' for ', 'or')}{s.except_if}.",
    "claim_nothing_shows": lambda s: f"checked in all cases: nothing shows {s.data}{' to ' + s.names('to', 'role', 'or') if s.rule.part('to') else ''}{s.purposes(' for ', 'or')}{s.except_if}.",
    "claim_nothing_keeps": lambda s: f"checked in all cases: nothing keeps {s.data}{' in ' + s.names('places', 'place', 'or') if s.rule.part('places') else ''}{s.purposes(' for ', 'or')}{s.except_if}.",
    "claim_employs": lambda s: f"checked: nothing uses {join_words(s.rule.part('techniques'), 'or')}.",
    "claim_cookies": lambda s: f"checked: most of our lasting cookies stay between {s.time('duration')} and {s.time('longest')}.",
}  # fmt: skip
