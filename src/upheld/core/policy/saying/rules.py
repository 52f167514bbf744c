"""Rules in plain English, for the people a policy is about: one pattern for each form of the language."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from upheld.core.policy.model import SELF, Policy, Rule
from upheld.core.policy.saying import phrases
from upheld.core.policy.saying.names import capitalise, join_words, say_condition, say_fact, say_name, say_time

__all__ = ["capitalise", "join_words", "say_condition", "say_fact", "say_name", "say_rule", "say_time"]


def say_rule(rule: Rule, policy: Policy) -> str:
    """The rule as one or two plain sentences, conditions included."""
    text = capitalise(_SAY[rule.form](_Said(rule, policy)))
    return text[:-1] if text.endswith((".”.", "!”.", "?”.")) else text


class _Said:
    """The parts of one rule, ready to be put into a sentence."""

    def __init__(self, rule: Rule, policy: Policy) -> None:
        self.rule = rule
        self.policy = policy

    def name(self, name: str, sort: str) -> str:
        return say_name(name, sort, self.policy.words)

    def names(self, key: str, sort: str, word: str = "and") -> str:
        # two names may be said alike, such as `person.phone` and `message.phone`: said once
        return join_words(dict.fromkeys(self.name(name, sort) for name in self.rule.part(key)), word)

    def has(self, key: str) -> bool:
        return bool(self.rule.part(key))

    def text(self, key: str) -> str:
        return self.rule.part(key)[0]

    @property
    def data(self) -> str:
        """The data of a permission."""
        degree = f" ({self.degree})" if self.rule.degree else ""
        return self.bare_data + degree

    @property
    def banned(self) -> str:
        """The data of a ban, which holds for its degree and for all that tells more."""
        return self._say_data("or") + (f" ({self._say_banned_degree()})" if self.rule.degree else "")

    @property
    def seen(self) -> str:
        """The data that only some may see."""
        return self.bare_data + (f" ({self._say_banned_degree()})" if self.rule.degree else "")

    @property
    def bare_data(self) -> str:
        return self._say_data("and")

    @property
    def all_data(self) -> str:
        """The data of a duty, which is about all of it."""
        return self.bare_data.replace("anything about you", "everything about you")

    def _say_data(self, word: str) -> str:
        said = self.names("data", "data", word)
        return said + (f" (except {self.names('but', 'data', 'or')})" if self.has("but") else "")

    @property
    def degree(self) -> str:
        said = {
            "identified": "in a way that shows who you are",
            "pseudonymous": "only with your name taken off",
            "de-identified": "only with every link to you cut",
        }
        return (
            said.get(self.rule.degree.name if self.rule.degree else "") or f"only as {self._say_figures('at least ')}"
        )

    def _say_banned_degree(self) -> str:
        said = {
            "identified": "in a way that shows who you are",
            "pseudonymous": "even with your name taken off",
            "de-identified": "even with every link to you cut",
        }
        return said.get(self.rule.degree.name if self.rule.degree else "") or f"not even as {self._say_figures('')}"

    def _say_figures(self, least: str) -> str:
        degree = self.rule.degree
        count = self.value(degree.parameter or str(degree.k)) if degree else ""
        return f"figures about groups of {least}{count} people" if count.isdigit() else "figures about groups"

    @property
    def at(self) -> str:
        return self._say_places("or")

    def _say_places(self, word: str) -> str:
        places = [self.name(name, "touchpoint") for name in self.rule.part("at")]
        shared = all(place.startswith("at ") for place in places)
        return join_words(
            [*places[:1], *(place.removeprefix("at ") if shared else place for place in places[1:])], word
        )

    @property
    def nowhere(self) -> str:
        """The points that a ban is about, when it says so, as an opening."""
        return f"{self._say_places('or')}, " if self.has("at") else ""

    @property
    def at_no_other(self) -> str:
        """The points that a claim names, as an end: "only whenever" is no English."""
        return self.at.replace("whenever ", "when ")

    @property
    def there(self) -> str:
        """Where something stands, in each of the places, as an opening: a clause ("when you register") has a comma."""
        places = self._say_places("and")
        return places + ("" if places.startswith(("on ", "in ", "at ", "beside ", "anywhere")) else ",")

    def purposes(self, lead: str = " for ", word: str = "and") -> str:
        if not self.rule.purposes:
            return ""
        text = lead + self.names("purposes", "purpose", word)
        return text + (f" but {self.names('purposes_but', 'purpose', 'or')}" if self.has("purposes_but") else "")

    @property
    def banned_for(self) -> str:
        return self.purposes(" for ", "or")

    def where(self, key: str, sort: str, lead: str) -> str:
        """Whom or where a ban is about, when it says so."""
        return lead + self.names(key, sort, "or") if self.has(key) else ""

    @property
    def only_if(self) -> str:
        """The condition of a permission or duty."""
        parts = [say_condition(self.rule.holds, self.policy)] if self.rule.holds else []
        if self.rule.approval:
            parts.append(say_fact(str(self.rule.approval), self.policy))
        text = f", but only if {' and '.join(parts)}" if parts else ""
        if self.rule.unless:
            text += f", but not if {say_condition(self.rule.unless, self.policy)}"
        return text

    @property
    def except_if(self) -> str:
        """The condition of a ban: when it does not apply."""
        text = f", unless {say_condition(self.rule.unless, self.policy)}" if self.rule.unless else ""
        if self.rule.holds:
            text += f", if {say_condition(self.rule.holds, self.policy)}, or if we are not certain"
        return text

    @property
    def once(self) -> str:
        return ", one time only" if self.has("once") else ""

    def value(self, name: str) -> str:
        parameter = self.policy.parameters.get(name)
        return parameter.value if parameter else name

    def time(self, key: str) -> str:
        return say_time(self.value(self.text(key))) if self.has(key) else ""

    @property
    def every(self) -> str:
        return f"every {say_time(self.value(self.text('every')), every=True)}"

    @property
    def timing(self) -> str:
        if self.has("before"):
            lead = f"at least {self.time('lead')} " if self.has("lead") else ""
            return f", {lead}before {self.event(self.text('before'))}"
        return f", within {self.time('within')}" if self.has("within") else ""

    @property
    def in_time(self) -> str:
        return f"; we act on it within {self.time('within')}" if self.has("within") else ""

    def event(self, name: str) -> str:
        return phrases.EVENTS.get(name) or self.name(name, "event")

    def events(self, key: str = "events") -> str:
        return " and ".join(self.event(name) for name in self.rule.part(key))

    def routes(self, key: str = "routes", word: str = "or") -> str:
        return self.names(key, "route", word)

    def people(self, key: str = "people") -> str:
        return join_words(self.audience(name) for name in self.rule.part(key))

    def audience(self, name: str) -> str:
        label = self.policy.words.find_label(name, "audience")
        return label or phrases.AUDIENCES.get(name) or self.name(name, "audience")

    def tagged(self, key: str, word: str = "and") -> str:
        """A list of things of several sorts, kept as `kind:name`."""
        return join_words((self._say_tagged(*value.split(":", 1)) for value in self.rule.part(key)), word)

    def _say_tagged(self, kind: str, name: str) -> str:
        sorts = {"by": "route", "at": "touchpoint", "part": "part", "mail": "mail", "purpose": "purpose"}
        if kind in sorts:
            return self.name(name, sorts[kind])
        if kind in ("text", "notice"):
            return f"{'the notice ' if kind == 'notice' else ''}“{name}”"
        if kind == "sharing":
            return f"sharing with {self.name(name, 'recipient')}"
        if kind == "question":
            return f"a question for your yes or no to {self.name(name, 'choice')}"
        plain = name.replace("-", " ")
        document = self.policy.words.find_label(name, "document") or plain
        return {"form": f"the {plain} form", "document": f"our {document}"}.get(kind, f"the certificate “{plain}”")

    @property
    def choices(self) -> str:
        return self.names("choices", "choice")


def _say_mark(said: _Said) -> str:
    text = f"{said.at}, we mark {said.bare_data} as {said.text('marking')}"
    text += f": {said.text('because').rstrip('.')}." if said.has("because") else "."
    return text + (
        f" Without it there is no {said.names('activities', 'activity', 'or')}." if said.has("activities") else ""
    )


def _say_cookie(said: _Said) -> str:
    life = (
        "it goes when your visit ends"
        if said.rule.part("life") == ("visit",)
        else f"it stays for at most {said.time('life')}"
    )
    own = (
        "it is our own"
        if said.rule.part("party") == ("first_party",)
        else f"it comes from {said.names('recipients', 'recipient')}"
    )
    holding = f" with {said.names('holding', 'data')} in it" if said.has("holding") else ""
    needed = f" Without it there is no {said.names('activities', 'activity', 'or')}." if said.has("activities") else ""
    return f"we may set the cookie “{said.text('cookie')}”{holding}{said.purposes()}; {life}, and {own}.{needed}"


def _say_choice_is(said: _Said) -> str:
    each = ", for each recipient by itself" if said.has("per") else ""
    default = "no, it counts as a yes" if said.rule.part("mode") == ("opt-out",) else "yes, it counts as a no"
    return f"{said.at}, we ask for your yes or no to {said.choices}{each}; until you say {default}."


def _say_send(said: _Said) -> str:
    cap = f", at most {said.text('most')} in {said.time('per_time')}" if said.has("most") else ""
    audiences = said.policy.words.of_sort("audience")
    people = join_words(
        said.audience(name) if name in audiences else said.name(name, "data") for name in said.rule.part("receivers")
    )
    when = f" when {said.events()}" if said.has("events") else ""
    if _YOU.search(when) and audiences.keys() >= set(said.rule.part("receivers")):
        return f"we send you {said.names('mails', 'mail')}{when}{said.timing}{cap}{said.only_if}."
    return f"we {'send' if when else 'may send'} {said.names('mails', 'mail')} to {people}{when}{said.timing}{cap}{said.only_if}."


def _say_keep(said: _Said) -> str:
    after = f", counted from when {said.events('after')}" if said.has("after") else ""
    return f"we keep {said.data} for {said.time('duration')}{after}{_say_keep_for(said)}. {_KEPT}"


def _say_keep_for(said: _Said) -> str:
    return f", to use for {said.names('purposes', 'purpose')}{said.only_if}" if said.rule.purposes else said.only_if


_KEPT = "After that, we no longer use any of it and erase it."


def _say_put(said: _Said, mails: str) -> str:
    place = "at the end of" if said.rule.part("position") == ("at_end",) else "in"
    return f"{place} {mails} you find {said.tagged('putting')}."


def _say_let(said: _Said) -> str:
    people = join_words(
        phrases.PEOPLE_WHO_CAN.get(name) or f"as one of our {said.name(name, 'audience')}, you can"
        for name in said.rule.part("people")
    )
    if said.has("at"):
        people = f"{said.at}, {people.removeprefix('with an account, ')}"
    return f"{people} {phrases.DEEDS[said.text('deed')]} {said.bare_data}{said.in_time}."


def _say_answer(said: _Said) -> str:
    asked = said.rule.part("requests")
    plain = [f"requests for {join_words(phrases.REQUESTS[name] for name in asked if name in phrases.REQUESTS)}"]
    if not set(asked) & set(phrases.REQUESTS):
        plain = []
    about = f" about {said.names('about', 'data')}" if said.has("about") else ""
    by = f", sent {said.routes()}" if said.has("routes") else ""
    requests = join_words([*plain, *(text for name, text in phrases.PLAIN_REQUESTS.items() if name in asked)])
    return f"we answer {requests}{about}{by}, within {said.time('within')}{said.only_if}."


def _say_tell(said: _Said) -> str:
    then = f", and, if that fails, {said.routes('then', 'and')}" if said.has("then") else ""
    return f"we tell {said.people()} {said.routes()} when {said.events()}{said.timing}{then}{said.only_if}."


def _say_change(said: _Said) -> str:
    texts = []
    for value in said.rule.part("effects"):
        kind, _, time = value.partition(":")
        texts.append(phrases.EFFECTS.get(kind) or f"{say_time(said.value(time))} after we told you")
    change = {"material": "a significant change", "small": "a small change"}.get(
        "".join(said.rule.part("change")), "a change"
    )
    return f"{change} to this page takes effect {' or '.join(texts)}" + (
        ", whichever is first." if len(texts) > 1 else "."
    )


def _say_show_only(said: _Said) -> str:
    roles = said.names("to", "role")
    besides = "" if SELF in said.rule.part("to") else "besides you, "
    but = said.only_if.replace(", but only if", ", and only if", 1)
    return f"{besides}only {roles} may see {said.data}{said.purposes()}{but}."


def _say_bind(said: _Said) -> str:
    renewed = f", renewed every {say_time(said.value(said.text('renewed')), every=True)}" if said.has("renewed") else ""
    people = said.names("recipients", "recipient", "or")
    return f"we give nothing to {people}{said.banned_for} without signed terms that bind them{renewed}."


_CHECKED = "checked in all cases: "
_YOU = re.compile(r"\byou\b")
_SAY: Mapping[str, Callable[[_Said], str]] = {
    "state": lambda _: "nothing here needs a rule: it says what we aim at, or explains.",
    "applies": lambda s: f"this policy covers what we learn {s.names('ways', 'way', 'or')}{' ' + s.at if s.has('at') else ''}: {s.all_data}.",
    "applies_not": lambda s: f"this policy does not cover what we learn {s.names('ways', 'way', 'or')}: {s.bare_data}.",
    "covers": lambda s: f"this policy protects {s.names('subjects', 'subject')}.",
    "counts": lambda s: f"“We” includes {s.names('parties', 'party')}, and nobody else.",
    "leave_out": lambda s: f"we leave something out only on a ground that we write down: {s.names('exclusions', 'exclusion', 'or')}.",
    "collect": lambda s: f"{s.at}, we may collect {s.data}{s.purposes()}{s.only_if}.",
    "collect_only": lambda s: f"{s.at}, and at no other point, we may collect {s.data}{s.purposes()}{s.only_if}.",
    "at_collect_only": lambda s: f"{s.at}, we may collect {s.data}{s.purposes()}, and nothing else{s.only_if}.",
    "record": lambda s: f"{s.at}, we may automatically record {s.data}{s.purposes()}{s.only_if}.",
    "record_only": lambda s: f"{s.at}, and at no other point, we may automatically record {s.data}{s.purposes()}{s.only_if}.",
    "at_record_only": lambda s: f"{s.at}, we may automatically record {s.data}{s.purposes()}, and nothing else{s.only_if}.",
    "mark": _say_mark,
    "set_cookie": _say_cookie,
    "work": lambda s: f"our pages work without {s.names('needs', 'need', 'or')}"
    + (f", except for {s.names('activities', 'activity')}" if s.has("activities") else "") + ".",
    "require_age": lambda s: f"{s.at}, you have to be at least {s.text('number')} years old.",
    "honour": lambda s: f"when your browser sends {_say_signals(s)}, we take it as a no to {s.choices}.",
    "ignore": lambda s: f"when your browser sends {_say_signals(s)}, it changes nothing.",
    "use": lambda s: f"we may use {s.data}{s.purposes()}{s.only_if}.",
    "use_only": lambda s: f"we may use {s.data}{s.purposes()}, and for nothing else{s.only_if}.",
    "for_use_only": lambda s: f"{s.purposes('for ')}, we may use {s.data}, and nothing else{s.only_if}.",
    "show": lambda s: f"{s.names('to', 'role')} may see {s.data}{s.purposes()}{s.only_if}.",
    "show_only": _say_show_only,
    "for_show_only": lambda s: f"{s.purposes('for ')}, {s.names('to', 'role') or 'our staff'} may see {s.data}, and nothing else{s.only_if}.",
    "show_part": lambda s: f"{s.there} you find {s.tagged('things')}{s.only_if}.",
    "allow": lambda s: f"{s.there} there may be {s.names('parts', 'part')}{', up to ' + s.text('limit') if s.has('limit') else ''}.",
    "share": lambda s: f"{s.names('recipients', 'recipient')} may get {s.data}{s.purposes()}{s.once}{s.only_if}.",
    "share_one": lambda s: f"whichever of {s.names('recipients', 'recipient', 'or')} is responsible may get {s.data}{s.purposes()}{s.once}{s.only_if}.",
    "share_only": lambda s: f"{s.names('recipients', 'recipient')}, and nobody else outside, may get {s.data}{s.purposes()}{s.once}{s.only_if}.",
    "for_share_only": lambda s: f"{s.purposes('for ')}, {s.names('recipients', 'recipient') or 'anyone outside'} may get {s.data}, and nothing else{s.only_if}.",
    "send": _say_send,
    "keep": _say_keep,
    "keep_until": lambda s: f"we keep {s.data} until {s.events('end')}{_say_keep_for(s)}. {_KEPT}",
    "keep_while": lambda s: f"we keep {s.data}{s.purposes(', to use for ')}{',' if s.rule.purposes else ''} as long as {say_condition(s.rule.holds, s.policy) if s.rule.holds else ''}.",
    "keep_apart": lambda s: f"we keep {s.bare_data} apart from {s.names('other', 'data')}, so that nobody can join the two.",
    "store": lambda s: f"we may store {s.all_data} in {s.names('places', 'place')}.",
    "store_only": lambda s: f"we store {s.all_data} in {s.names('places', 'place')}, and nowhere else.",
    "never_collect": lambda s: f"{s.nowhere}we never collect {s.banned}{s.banned_for}{s.except_if}.",
    "never_use": lambda s: f"we never use {s.banned}{s.banned_for}{s.except_if}.",
    "never_show": lambda s: f"we never show {s.banned}{s.where('to', 'role', ' to ')}{s.banned_for}{s.except_if}.",
    "never_share": lambda s: f"we never give {s.banned} to {s.names('recipients', 'recipient', 'or') or 'anyone outside'}{s.banned_for}{s.except_if}.",
    "never_keep": lambda s: f"we never keep {s.banned}{s.where('places', 'place', ' in ')}{s.banned_for}{s.except_if}.",
    "never_employ": lambda s: f"we never use {s.names('techniques', 'technique', 'or')}.",
    "never_certificate": lambda s: f"once our certificate “{s.names('certificates', 'certificate')}” has expired, we no longer show it.",
    "choice_is": _say_choice_is,
    "choice_changed": lambda s: f"you can change your answer to {s.choices} {s.tagged('changes', 'or')}{s.in_time}.",
    "choice_stops": lambda s: f"a no to {s.choices} stops {s.tagged('targets')}.",
    "choice_spares": lambda s: f"a no to {s.choices} does not stop {s.tagged('targets', 'or')}.",
    "put": lambda s: _say_put(s, s.names("mails", "mail")),
    "put_every": lambda s: _say_put(s, "every e-mail"),
    "let": _say_let,
    "erase": lambda s: f"we erase {s.all_data} when {s.events()}{s.timing}{s.only_if}.",
    "answer": _say_answer,
    "tell": _say_tell,
    "delay": lambda s: f"when {s.events()}, telling {s.people()} may wait{s.only_if}; we look at it again {s.every}.",
    "change": _say_change,
    "protect": lambda s: f"we protect {s.all_data}{' ' + s.at if s.has('at') else ''} by {s.names('measures', 'measure')}.",
    "bind": _say_bind,
    "attest": lambda s: f"{s.names('role', 'role')} must confirm {s.every}"
    + (f", signed by {s.text('signed')} people" if s.has("signed") else "") + f": “{s.text('text')}”.",
    "review": lambda s: f"{s.names('role', 'role')} must look again {s.every} at {s.names('reviewed', 'reviewed')}.",
    "tag": lambda s: f"with {s.all_data} we store {s.names('tags', 'tag')}{' ' + s.at if s.has('at') else ''}.",
    "claim_outside": lambda s: f"{_CHECKED}nobody outside gets {s.banned}{s.banned_for}{s.except_if}.",
    "claim_gets": lambda s: f"{_CHECKED}we never give {s.banned} to {s.names('recipients', 'recipient', 'or')}{s.banned_for}{s.except_if}.",
    "claim_see": lambda s: f"{_CHECKED}only {s.names('roles', 'role')} can see {s.seen}{s.banned_for}{s.except_if}.",
    "claim_used": lambda s: f"{_CHECKED}we use {s.data}{s.purposes(' only for ')}.",
    "claim_for": lambda s: f"{_CHECKED}{s.purposes('for ')}, we use {s.data}, and nothing else.",
    "claim_collected": lambda s: f"{_CHECKED}we collect {s.data} only {s.at_no_other}.",
    "claim_at": lambda s: f"{_CHECKED}{s.at}, we collect {s.data}, and nothing else.",
    "claim_stored": lambda s: f"{_CHECKED}we store {s.all_data} only in {s.names('places', 'place')}.",
    "claim_leaves": lambda s: f"{_CHECKED}we give out {s.data}{s.purposes()}{s.except_if}.",
    "claim_nothing_collects": lambda s: f"{_CHECKED}{s.nowhere}nothing collects {s.banned}{s.banned_for}{s.except_if}.",
    "claim_nothing_uses": lambda s: f"{_CHECKED}nothing uses {s.banned}{s.banned_for}{s.except_if}.",
    "claim_nothing_shows": lambda s: f"{_CHECKED}nothing shows {s.banned}{s.where('to', 'role', ' to ')}{s.banned_for}{s.except_if}.",
    "claim_nothing_keeps": lambda s: f"{_CHECKED}nothing keeps {s.banned}{s.where('places', 'place', ' in ')}{s.banned_for}{s.except_if}.",
    "claim_employs": lambda s: f"checked: nothing uses {s.names('techniques', 'technique', 'or')}.",
    "claim_certificate": lambda s: f"checked: our certificate “{s.names('certificates', 'certificate')}” is not shown once it has expired.",
    "claim_cookies": lambda s: f"checked: most of our lasting cookies stay between {s.time('duration')} and {s.time('longest')}.",
}  # fmt: skip


def _say_signals(said: _Said) -> str:
    names = {name: word.value for name, word in said.policy.words.of_sort("signal").items()}
    return join_words((f"“{names.get(name) or name}”" for name in said.rule.part("signals")), "or")
