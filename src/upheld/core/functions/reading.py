"""A policy read for what it names: rules found by their form, and by the standard keys of what they speak of; decides nothing."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from upheld.core.fields.entrance import Entrance, find_entrance
from upheld.core.fields.form import FormPlan
from upheld.core.fields.kinds import CREDENTIALS
from upheld.core.fields.plan import find_path, list_forms
from upheld.core.gate.act import REFUSED, Act, Verdict
from upheld.core.gate.decide import Gate
from upheld.core.notices.audience import list_campaign_classes
from upheld.core.policy.compile import Table
from upheld.core.policy.forms import is_claim
from upheld.core.policy.model import BY_ITSELF, OTHER, Degree, Policy, Rule, Words
from upheld.core.shipping.offers import find_shipping
from upheld.core.shipping.ordering import Ordering, find_ordering

Rules = tuple[Rule, ...]
TAKING = ("collect", "collect_only", "at_collect_only", "record", "record_only", "at_record_only")
USING = ("use", "use_only", "for_use_only")
SHOWING = ("show", "show_only", "for_show_only")
SHARING = ("share", "share_one", "share_only", "for_share_only")
PLACING = ("show_part", "allow", "put", "put_every")
WIDE = frozenset({"anything", "any purpose"})
# what is known when everything that a business could arrange has been: so what stays closed is closed by a sentence
_ARRANGED = ("requested", "stated", "bound", "routed", "granted", "assigned", "told")


class Reading:
    """One table, read for all functions; what is found once is kept.

    `home` is the table of the policy on whose site this one stands, where it has none of its own: pages are made from that.
    """

    def __init__(self, table: Table, home: Table | None = None) -> None:
        self.table = table
        self.home = home
        self.rules: Rules = tuple(rule for rule in table.rules if rule.verb != "state" and not is_claim(rule.form))

    @property
    def policy(self) -> Policy:
        """The policy that is read."""
        return self.table.policy

    @property
    def words(self) -> Words:
        """Its names."""
        return self.table.policy.words

    # ------------------------------------------------------------------------------------------- what is there

    @cached_property
    def forms(self) -> tuple[FormPlan, ...]:
        """The forms that have a page."""
        forms = tuple(form for form in list_forms(self.table) if form.can_be_typed)
        if self.home is None:
            return forms
        there = {(form.path, form.sort) for form in list_forms(self.home) if form.can_be_typed}
        return tuple(form for form in forms if (form.path, form.sort) in there)

    @cached_property
    def entrance(self) -> Entrance | None:
        """How people sign in, or None where they cannot."""
        found = find_entrance(self.home or self.table)
        is_named = self.home is None or bool(self.asking(CREDENTIALS))
        return found if found is not None and is_named and found.registration.can_be_typed else None

    @cached_property
    def ordering(self) -> Ordering | None:
        """Where shipments are booked; None where none are, or nothing is offered."""
        is_offered = find_shipping(self.policy) is not None
        return find_ordering(self.table) if is_offered and self.entrance is not None else None

    @cached_property
    def campaigns(self) -> tuple[str, ...]:
        """The classes of message that can go to many: to those who have an account."""
        return tuple(found.name for found in list_campaign_classes(self.policy)) if self.entrance is not None else ()

    def list_forms_asking(self, *keys: str) -> tuple[FormPlan, ...]:
        """The forms with a page that ask for data of one of these standard keys."""
        return tuple(form for form in self.forms if any(self.has_key("data", leaf, keys) for leaf in form.data))

    def list_forms_of(self, sort: str) -> tuple[FormPlan, ...]:
        """The forms with a page that are of this sort."""
        return tuple(form for form in self.forms if form.sort == sort)

    # ------------------------------------------------------------------------------------------- what is named

    def having(self, *forms: str) -> Rules:
        """The rules of these forms."""
        return tuple(rule for rule in self.rules if rule.form in forms)

    def taking(self, *keys: str, forms: Iterable[str] = TAKING) -> Rules:
        """The rules that take in data of one of these keys, each by name or by what holds it."""
        return tuple(rule for rule in self.having(*forms) if self.speaks_of(rule, keys))

    def asking(self, *keys: str) -> Rules:
        """The same, of touchpoints that have a page."""
        return tuple(rule for rule in self.taking(*keys) if self.list_paths(rule))

    def noting(self, *keys: str) -> Rules:
        """The same, of touchpoints where a server notes by itself."""
        touchpoints = self.words.of_sort("touchpoint")
        return tuple(
            rule
            for rule in self.taking(*keys)
            if any(name in touchpoints and touchpoints[name].value in BY_ITSELF for name in rule.part("at"))
        )

    def for_purposes(self, *keys: str, forms: Iterable[str] = (*USING, *SHOWING, *TAKING)) -> Rules:
        """The rules that name a purpose of one of these keys."""
        return tuple(rule for rule in self.having(*forms) if self.has_purpose(rule, keys))

    def sending(self, *keys: str, words: Iterable[str] = ()) -> Rules:
        """The rules that have messages sent for a purpose of one of these keys, or with one of these words in their name."""
        wanted = tuple(words)
        return tuple(
            rule
            for rule in self.having("send")
            if any(self.is_mail_for(mail, keys) or has_word(mail, wanted) for mail in rule.part("mails"))
        )

    def sharing(self, *kinds: str, purposes: Iterable[str] = (), keys: Iterable[str] = ()) -> Rules:
        """The rules that give something to recipients of one of these kinds (none: to whomever), as narrowed."""
        wanted, about = tuple(purposes), tuple(keys)
        return tuple(
            rule
            for rule in self.having(*SHARING)
            if (not kinds or self.is_to(rule, kinds))
            and (not wanted or self.has_purpose(rule, wanted))
            and (not about or self.speaks_of(rule, about))
        )

    def placing(self, *parts: str) -> Rules:
        """The rules that have one of these parts put on a page or into a message."""
        wanted = {name for part in parts for name in (part, f"part:{part}")}
        return tuple(
            rule
            for rule in self.having(*PLACING)
            if wanted.intersection((*rule.part("things"), *rule.part("parts"), *rule.part("putting")))
        )

    def asking_fact(self, fact: str, forms: Iterable[str] = SHARING) -> Rules:
        """The rules whose condition asks for a fact that begins like this."""
        return tuple(rule for rule in self.having(*forms) if any(name.startswith(fact) for name in list_facts(rule)))

    def telling(self, *, events: Iterable[str] = (), routes: Iterable[str] = ()) -> Rules:
        """The rules that have people told of one of these events, or by one of these routes."""
        wanted, ways = set(events), set(routes)
        return tuple(
            rule
            for rule in self.having("tell", "delay")
            if wanted.intersection(rule.part("events")) or ways.intersection((*rule.part("routes"), *rule.part("then")))
        )

    # ------------------------------------------------------------------------------------------- what shuts out

    def shut(self, *acts: Act) -> tuple[str, ...]:
        """The sentences that close all of these acts, whatever the business arranges; empty when one is not closed by any."""
        found: dict[str, None] = {}
        for act in acts:
            verdict = self.ask(act)
            if not (verdict.outcome == REFUSED and verdict.is_cut):
                return ()
            found.update(dict.fromkeys(verdict.because))
        return tuple(found)

    def ask(self, act: Act) -> Verdict:
        """The gate's word on an act when all that a business could arrange is arranged, and nobody permitted anything."""
        known: dict[str, bool | None] = dict.fromkeys(self.table.facts.names, False)
        for name in known:
            known[name] = name in _ARRANGED or name.startswith("chosen ")
        return Gate(self.table).ask(act, known)

    def shut_outside(self, *keys: str) -> tuple[str, ...]:
        """The sentences that let nobody outside have data of these keys (the first that the policy has) for a purpose that
        it does not name.
        """
        leaf = self.find_leaf(*keys)
        return self.shut(Act("share", (leaf,), OTHER, OTHER)) if leaf else ()

    def shut_grouped(self, keys: Iterable[str], degree: Degree) -> tuple[str, ...]:
        """The sentences that let nobody outside have even figures about such data for reports, which the policy names or not."""
        leaf = self.find_leaf(*keys)
        purposes = [
            name for name in self.words.leaves("purpose") if self.has_key("purpose", name, ("analytics.reporting",))
        ]
        purpose = purposes[0] if purposes else OTHER
        return self.shut(Act("share", (leaf,), purpose, OTHER, degree)) if leaf else ()

    def shut_use(self, *keys: str) -> tuple[str, ...]:
        """The sentences that let data of these keys be used for nothing that the policy does not name."""
        leaf = self.find_leaf(*keys)
        return self.shut(Act("use", (leaf,), OTHER)) if leaf else ()

    def shut_technique(self, *techniques: str) -> tuple[str, ...]:
        """The sentences that ban one of these techniques."""
        rules = self.having("never_employ")
        return join_sentences(rule for rule in rules if set(techniques) & set(rule.part("techniques")))

    # ------------------------------------------------------------------------------------------- keys and words

    def find_leaf(self, *keys: str) -> str:
        """The first category of one of these keys, in the order of the keys; empty when there is none."""
        leaves = self.words.leaves("data")
        return next((leaf for key in keys for leaf in leaves if self.has_key("data", leaf, (key,))), "")

    def has_key(self, sort: str, leaf: str, keys: Iterable[str]) -> bool:
        """Whether the standard key of a name is one of these, or below one."""
        word = self.words.of_sort(sort).get(leaf)
        return word is not None and any(is_below(word.value, key) for key in keys)

    def speaks_of(self, rule: Rule, keys: Iterable[str]) -> bool:
        """Whether a rule speaks of data of one of these keys, and not of everything at once."""
        wanted = tuple(keys)
        if WIDE.intersection(rule.data):
            return False
        left_out = self.words.expand("data", rule.part("but"))
        return any(
            leaf not in left_out and self.has_key("data", leaf, wanted) for leaf in self.words.expand("data", rule.data)
        )

    def has_purpose(self, rule: Rule, keys: Iterable[str]) -> bool:
        """Whether a rule names a purpose of one of these keys, and not every purpose at once."""
        wanted = tuple(keys)
        if WIDE.intersection(rule.purposes):
            return False
        return any(self.has_key("purpose", leaf, wanted) for leaf in self.words.expand("purpose", rule.purposes))

    def is_mail_for(self, mail: str, keys: Iterable[str]) -> bool:
        """Whether a class of message goes out for a purpose of one of these keys."""
        word = self.words.of_sort("mail").get(mail)
        wanted = tuple(keys)
        purposes = (word.members or (word.value,)) if word is not None else ()
        return any(self.has_key("purpose", leaf, wanted) for leaf in self.words.expand("purpose", tuple(purposes)))

    def is_to(self, rule: Rule, kinds: Iterable[str]) -> bool:
        """Whether a rule names a recipient of one of these kinds."""
        declared = self.words.of_sort("recipient")
        return any(name in declared and declared[name].value in kinds for name in rule.part("recipients"))

    def list_paths(self, rule: Rule) -> tuple[str, ...]:
        """The addresses of the touchpoints that a rule names."""
        return tuple(path for name in rule.part("at") if (path := find_path(self.words, name)) is not None)

    def list_choices_about(self, *targets: str) -> Rules:
        """The rules about choices that stop, or leave alone, targets of these sorts (`mail`, `purpose`, `sharing`)."""
        wanted = {
            choice
            for rule in self.having("choice_stops", "choice_spares")
            if any(target.partition(":")[0] in targets for target in rule.part("targets"))
            for choice in rule.part("choices")
        }
        return tuple(
            rule
            for rule in self.having("choice_is", "choice_changed", "choice_stops")
            if wanted.intersection(rule.part("choices"))
        )


def is_below(key: str, above: str) -> bool:
    """Whether a standard key is another one, or below it."""
    return key == above or key.startswith(f"{above}.")


def has_word(name: str, words: Iterable[str]) -> bool:
    """Whether one of these words stands in a declared name, whole or as its beginning."""
    parts = name.replace(".", " ").replace("-", " ").split()
    return any(part.startswith(word) for part in parts for word in words)


def list_facts(rule: Rule) -> tuple[str, ...]:
    """The facts that a rule's condition asks for, those that lift it included."""
    conditions = (condition for condition in (rule.holds, rule.unless) if condition is not None)
    return tuple(fact for condition in conditions for term in condition.terms for fact in term.facts)


def join_sentences(rules: Iterable[Rule]) -> tuple[str, ...]:
    """The references of the sentences of these rules, each once."""
    return tuple(dict.fromkeys(ref for rule in rules for ref in rule.sentences))
