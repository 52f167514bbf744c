"""The gate's answer as frozen values: the verdict, the sentences it rests on, and what would change it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qs

from upheld.core.errors import Finding, GateError, PolicyError
from upheld.core.gate import Act, Gate, Verdict, parse_act, parse_facts
from upheld.core.gate.decide import meet_told
from upheld.core.gate.explain import facts_of, question_fact, say_changes
from upheld.core.policy.model import OTHER
from upheld.core.policy.saying.rules import say_rule
from upheld.pages.addresses import PolicyLink
from upheld.pages.policy_view import Mark, find_anchor
from upheld.pages.question import UNNAMED_PURPOSE, Asked, QuestionError, ask_for, read_question, write_query
from upheld.web.shelf import Good
from upheld.web.site import Question

HEADLINES = {
    "permitted": "Permitted",
    "refused": "Refused",
    "silent": "Silent, and so refused",
}


@dataclass(frozen=True, slots=True)
class Quoted:
    """A sentence an answer rests on."""

    ref: str
    anchor: str
    text: str
    section: str
    # Where several policies are asked together: which of them it stands in, and its page.
    policy: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    """What one of several policies answers by itself."""

    policy: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class Part:
    """The answer for one kind of data, where an act over several is answered piece by piece."""

    data: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class Answer:
    """The gate's answer to one question."""

    act: str
    outcome: str
    mark: Mark
    headline: str
    explanation: str
    sentences: tuple[Quoted, ...]
    rule: str
    ways_title: str
    ways: tuple[str, ...]
    parts: tuple[Part, ...]
    sides: tuple[Side, ...] = ()


def answer_asked(good: Good, asked: Asked) -> Answer:
    """The answer of this version's gate."""
    # A gate of its own for each question: a gate remembers every act it was asked, and strangers choose these.
    gate = Gate(good.table)
    verdict = gate.ask(asked.act, asked.list_facts(good.table))
    ways_title, ways = list_ways(gate, asked, verdict)
    return Answer(
        act=say_act(asked.act),
        outcome=verdict.outcome,
        mark=Mark(verdict.outcome, HEADLINES[verdict.outcome]),
        headline=HEADLINES[verdict.outcome],
        explanation=explain_verdict(verdict, can_change=bool(ways)),
        sentences=quote_sentences(good, verdict.because),
        rule=say_rule(good.table.rules[verdict.rule], good.policy) if verdict.rule >= 0 else "",
        ways_title=ways_title,
        ways=ways,
        parts=tuple(
            Part(good.table.words.label(data, "data"), Mark(part.outcome, part.outcome)) for data, part in verdict.parts
        ),
    )


def answer_together(goods: Sequence[Good], links: Sequence[PolicyLink], asked: Asked) -> Answer:
    """The answer of several policies that bind together: the stricter one, with whose it is and what each says alone."""
    gates = tuple(Gate(good.table) for good in goods)
    alone = [answer_asked(good, asked) for good in goods]
    told = tuple((gate, asked.list_facts(gate.table)) for gate in gates)
    verdict = meet_told(told, asked.act)
    speaking = [
        number for number, answer in enumerate(alone) if verdict.is_permitted or answer.outcome == verdict.outcome
    ]
    first = alone[speaking[0]] if speaking else alone[0]
    sentences = tuple(
        replace(sentence, policy=links[number].words, page=links[number].href)
        for number in speaking
        for sentence in alone[number].sentences
        if sentence.ref in verdict.because
    )
    decides = links[speaking[0]].words.lower() if speaking else ""
    return replace(
        first,
        outcome=verdict.outcome,
        mark=Mark(verdict.outcome, HEADLINES[verdict.outcome]),
        headline=HEADLINES[verdict.outcome],
        explanation="Both permit it." if verdict.is_permitted else f"{first.explanation} The {decides} decides.",
        sentences=sentences,
        rule="" if verdict.is_permitted else first.rule,
        parts=tuple(Part(say_data(goods, name), Mark(part.outcome, part.outcome)) for name, part in verdict.parts),
        sides=tuple(Side(link.words, answer.mark) for link, answer in zip(links, alone, strict=True)),
    )


def say_data(goods: Sequence[Good], name: str) -> str:
    """A category in the words of the first policy that has it."""
    found = next((good for good in goods if good.table.words.has("data", name)), goods[0])
    return found.table.words.label(name, "data")


def say_act(act: Act) -> str:
    """The act in the language's words, with people's words for what the policy does not name."""
    if act.counterpart == OTHER:
        act = replace(act, counterpart="somebody the policy does not name")
    if act.purpose == UNNAMED_PURPOSE:
        act = replace(act, purpose="another purpose")
    return str(act)


def explain_verdict(verdict: Verdict, *, can_change: bool) -> str:
    """Why the answer is as it is, in a sentence."""
    if verdict.outcome == "permitted" and can_change:
        return "A sentence permits it, and what it asks for is known to be so."
    if verdict.outcome == "permitted":
        return "A sentence permits it."
    if verdict.outcome == "silent":
        return "No sentence speaks of this. What the policy does not permit is refused, and reported as a gap."
    if verdict.is_cut and can_change:
        return "A rule stands against it, and nothing that would lift it is known to be so."
    if verdict.is_cut:
        return "A rule stands against it, whatever else is known."
    return "Sentences would permit it, but what they ask for is not known to be so. Doubt never opens."


def quote_sentences(good: Good, refs: Iterable[str]) -> tuple[Quoted, ...]:
    """The sentences of these references with where they stand, the deciding one first."""
    titles = {section.slug: section.title for section in good.policy.sections}
    found = (good.policy.find_sentence(ref) for ref in dict.fromkeys(refs))
    return tuple(Quoted(s.ref, find_anchor(s.ref), s.text, titles.get(s.section, "")) for s in found if s is not None)


def list_ways(gate: Gate, asked: Asked, verdict: Verdict) -> tuple[str, tuple[str, ...]]:
    """What would change the answer: a heading, and the ways, each in plain words."""
    facts = asked.list_facts(gate.table)
    if not verdict.is_permitted:
        ways = say_changes(gate, asked.act, facts)
        if ways:
            return "It would be permitted if:", ways
        return "Nothing that could be known would change this. Only another version of the policy could.", ()
    needed = [fact for fact in facts if not gate.ask(asked.act, {**facts, fact: None}).is_permitted]
    if needed:
        return "It would be refused if this were not known:", tuple(question_fact(gate, fact) for fact in needed)
    return "Nothing has to be known for it, and nothing that is known is against it.", ()


def list_relevant(good: Good, act: Act) -> tuple[str, ...]:
    """The facts that the answer to this act can depend on, in the order of their numbers."""
    return facts_of(Gate(good.table), act)


def read_listed(good: Good, question: Question) -> Asked:
    """A question of the policy file as it would stand in an address; raises GateError or QuestionError."""
    act = parse_act(question.act, good.table.words)
    asked = ask_for(act, parse_facts(question.facts, good.table), good.table)
    again = read_question(parse_qs(write_query(asked), keep_blank_values=True), good.table)
    if again is None:
        raise QuestionError("the data", "name some")
    return again


def check_questions(good: Good) -> None:
    """Raise PolicyError when a question of the policy file cannot be asked on the page."""
    findings = []
    for question in good.site.questions:
        try:
            read_listed(good, question)
        except GateError as problem:
            findings.append(Finding(problem.code, "error", f"`site: questions`: {problem.text}", None, problem.hint))
        except QuestionError as problem:
            text = f"`site: questions`: `{question.act}` cannot be asked on the page: {problem.field}"
            findings.append(Finding("G401", "error", text, None, problem.hint))
    if findings:
        raise PolicyError(tuple(findings))


def answer_question(good: Good, question: Question) -> Answer:
    """The answer to a question of the policy file."""
    return answer_asked(good, read_listed(good, question))


def find_link(good: Good, question: Question) -> str:
    """The query of the address where a question of the policy file is answered."""
    return write_query(read_listed(good, question))
