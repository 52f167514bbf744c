"""Lines about what was taken, used, shown, counted and sent, each weighed by the rules of its version."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from upheld.core.gate.binding import COMPANY_RECIPIENT
from upheld.core.policy.model import NO_COUNTERPART, SELF, Degree
from upheld.core.policy.saying.names import join_words, say_name
from upheld.core.proof.book import Book, Line, find_rules, read_days
from upheld.core.proof.happenings import Said, add_time
from upheld.core.proof.rereading import Done, Known, Rereading, Weighed
from upheld.core.rights.keeping import list_keepings

STAFF = "s_"  # how ids of staff begin
# Events whose clock starts when the data comes in; of the others a line of their own tells.
BY_COMING_IN = frozenset({"order", "sending", "message arrives", "answer", "visit", ""})
SIGN_IN, DELIVERED = "last sign-in", "shipment is delivered"
# A no that comes while a message is being handed over does not call it back: the last look was before it.
HANDING_OVER = timedelta(minutes=15)
# Of two who write at once one is first, and the other had looked before that; the last look then stops the message.
AT_ONCE = timedelta(minutes=1)
_DID = {"collect": "was taken", "use": "was used", "show": "was shown", "share": "was given out"}
_TO = {"collect": "", "show": "to ", "share": "to "}


def say_done(reading: Rereading, done: Done) -> str:
    """What happened, in plain words: `your e-mail address was used for the newsletter`."""
    words = reading.policy.words
    known = [name for name in done.data if words.has("data", name)]
    what = join_words([say_name(name, "data", words) for name in known]) or "something that the policy does not name"
    sort = {"collect": "touchpoint", "show": "role", "share": "recipient"}.get(done.action, "")
    whom = done.counterpart
    side = ""
    if sort and whom not in ("", NO_COUNTERPART):
        side = " " + ("you" if whom == SELF else _TO[done.action] + say_name(whom, sort, words))
    why = [say_name(name, "purpose", words) for name in done.purposes if words.has("purpose", name)]
    return f"{what} {_DID.get(done.action, done.action)}{side}{f' for {join_words(why)}' if why else ''}"


def note(book: Book, line: Line, done: Done) -> Weighed:
    """Count the act, weigh it, and note what it goes against."""
    weighed = book.weigh(line, done)
    if not weighed.is_kept:
        book.go_against(line, weighed.broken, f"{say_done(line.reading, done)}, which nothing permitted")
    return weighed


def take_collected(book: Book, line: Line) -> None:
    """Data was taken in: each category has to be one of those that are asked for there, each purpose one of theirs."""
    data = line.names("data")
    book.tally(line, "collected", data, line.text("touchpoint"))
    book.held.take(line.person, data, line.at)
    known, _ = book.know_choices(line)
    note(book, line, Done("collect", data, line.names("purposes"), line.text("touchpoint"), known=known))
    _check_version(book, line, data)


def _check_version(book: Book, line: Line, data: Iterable[str]) -> None:
    """Every item carries the version that it came in under."""
    version = line.text("version")
    if version != line.version.isoformat():
        rules = [n for n in find_rules(line.reading, "applies") if _speaks_of(line.reading, n, data)]
        book.go_against(line, rules, "data came in without the version of the policy that it came in under")


def _speaks_of(reading: Rereading, number: int, data: Iterable[str]) -> bool:
    return bool(set(reading.policy.words.expand("data", reading.rules[number].data)) & set(data))


def take_opened(book: Book, line: Line) -> None:
    """Data was opened: used, shown to somebody or given out."""
    action, data, purpose = line.text("action"), line.names("data"), line.text("purpose")
    if action == "share":
        _take_shared(book, line, data, purpose)
        return
    known, said = book.know_choices(line)
    side = line.text("role") if action == "show" else NO_COUNTERPART
    if action == "show" and side != SELF:
        known = (*known, ("granted", _is_granted(book, line, side)))
    known = tuple(sorted((*known, *_know_ended(book, line, data))))
    done = Done(action, data, (purpose,) if purpose else (), side, known=known, claims="granted")
    weighed = book.weigh(line, done)
    if weighed.is_kept:
        return
    reading, others = line.reading, tuple(pair for pair in known if not pair[0].startswith(("chosen ", "refused ")))

    def weigh(choices: Known) -> Weighed:
        return reading.weigh(done._replace(known=tuple(sorted({*others, *choices}))))

    if book.was_kept(line, weigh, AT_ONCE):
        return
    more = book.find_broken_choices(line, weigh, known, said)
    book.go_against(line, {*weighed.broken, *more}, f"{say_done(reading, done)}{_say_why(known)}")


def _say_why(known: Known) -> str:
    facts = dict(known)
    if facts.get("expired"):
        return " after the time of keeping was over"
    if facts.get("granted") is False:
        return " by somebody without a live grant of the role, or without an open case"
    if any(name.startswith("refused ") and value for name, value in known):
        return " after a no"
    if any(name.startswith("chosen ") and not value for name, value in known):
        return " without a yes"
    return ", which nothing permitted"


def _is_granted(book: Book, line: Line, role: str) -> bool:
    """Whether whoever looked held the role then, and worked on an open case."""
    return book.grants.is_live(line.by, role, line.at) and line.text("case") in book.cases


def _know_ended(book: Book, line: Line, data: Iterable[str]) -> Known:
    """That the time of keeping was over: all of one category had come in too long before."""
    for leaf in data:
        ends = _find_end(book, leaf)
        if ends is not None and line.person and book.held.is_over(line.person, ends[0], ends[1], line.at):
            return (("expired", True),)
    return ()


def _find_end(book: Book, leaf: str) -> tuple[tuple[str, ...], int] | None:
    """What starts the clock of this category, and the longest time of any version: an item keeps the time it came with."""
    found = book.ends.get(leaf, ...)
    if found is not ...:
        return found
    keepings = [list_keepings(gate.table).get(leaf) for gate in book.gates.values()]
    days = [one.days for one in keepings if one is not None and one.days is not None]
    events = {one.event for one in keepings if one is not None}
    made: tuple[tuple[str, ...], int] | None = None
    if len(days) == len(keepings) and len(events) == 1:
        event = next(iter(events))
        if event in BY_COMING_IN:
            made = ((leaf,), max(days))
        elif event in (SIGN_IN, DELIVERED):
            made = ((event,), max(days))
    book.ends[leaf] = made
    return made


def _take_shared(book: Book, line: Line, data: tuple[str, ...], purpose: str) -> None:
    """Opened for somebody outside; what goes out by `disclosures` has a line of its own, which is weighed."""
    recipient = line.text("recipient")
    known: dict[str, bool] = {}
    if recipient == COMPANY_RECIPIENT:
        known["permitted"] = any(
            one.covers(line.person, data, purpose, recipient) for one in book.own_permissions(line.person)
        )
    choices, _ = book.know_choices(line)
    ended = _know_ended(book, line, data)
    facts = tuple(sorted((*choices, *known.items(), *ended)))
    done = Done("share", data, (purpose,) if purpose else (), recipient, known=facts)
    weighed = line.reading.weigh(done)
    if recipient == COMPANY_RECIPIENT:
        book.tally(line, "act", done)
    if not weighed.is_kept:
        book.go_against(line, weighed.broken, f"{say_done(line.reading, done)}{_say_why(facts)}")


def take_withheld(book: Book, line: Line) -> None:
    """Data was asked for and stayed closed."""
    book.tally(line, "withheld", line.text("action"), line.text("role"))


def take_left_out(book: Book, line: Line) -> None:
    """An item was marked as out of scope, on a ground that a rule names."""
    ground = line.text("ground")
    book.tally(line, "left out", ground)
    rules = find_rules(line.reading, "leave_out")
    if not any(ground in line.reading.rules[number].part("exclusions") for number in rules):
        book.go_against(line, rules, "something was left out of the policy on a ground that it does not have")


def take_report(book: Book, line: Line) -> None:
    """A report was made: counted and shown in groups of no fewer than the policy says."""
    data, purposes, least = line.names("data"), (line.text("purpose"),), int(line.body.get("least", 0))
    degree = line.reading.table.number_degree(Degree("aggregate", least))
    shown = Done("show", data, purposes, line.text("role"), degree)
    used = Done("use", data, purposes, degree=degree)
    rules = {*book.weigh(line, shown).broken, *book.weigh(line, used).broken}
    if rules or not (line.reading.weigh(shown).is_kept and line.reading.weigh(used).is_kept):
        book.go_against(line, rules, f"a report showed groups of {least} and more people, which nothing permitted")


def take_choice(book: Book, line: Line) -> None:
    """Somebody answered a choice."""
    choice, touchpoint = line.text("choice"), line.text("touchpoint")
    is_yes = line.text("outcome") == "yes"
    book.tally(line, "choice", choice, touchpoint, is_yes)
    book.answers.take(line.person, choice, Said(line.at, is_yes, touchpoint))


def take_queued(book: Book, line: Line) -> None:
    """A message was laid in the outbox."""
    mail_class = line.text("class")
    known, said = book.know_choices(line)
    book.tally(line, "mail", mail_class, known)
    _check_mail(book, line, known, said, did="was queued", within=AT_ONCE)
    for number, most, days in _list_limits(book, line.reading, mail_class):
        _check_limit(book, line, number, most, days)


def take_sent(book: Book, line: Line) -> None:
    """A message left the house: what was known a little before has to have let it go."""
    if any(merger.is_standing for merger in book.mergers.values()):
        book.sent[line.text("mail")] = line.at
    mail_class = line.text("class")
    known, said = book.know_choices(line)
    book.tally(line, "sent", mail_class)
    if not line.reading.weigh_mail(mail_class, known).is_kept:
        _check_mail(book, line, known, said, did="left the house", within=HANDING_OVER)


def _check_mail(
    book: Book, line: Line, known: Known, said: Mapping[str, Said | None], *, did: str, within: timedelta
) -> None:
    reading, mail_class = line.reading, line.text("class")
    weighed = reading.weigh_mail(mail_class, known)
    if weighed.is_kept or book.was_kept(line, lambda k: reading.weigh_mail(mail_class, k), within):
        return
    weigh: Callable[[Known], Weighed] = lambda k: reading.weigh_mail(mail_class, k)  # noqa: E731 - handed on at once
    more = book.find_broken_choices(line, weigh, known, said)
    what = (
        say_name(mail_class, "mail", reading.policy.words)
        if mail_class in reading.policy.words.of_sort("mail")
        else "mail"
    )
    why = _say_why(known) if known and weighed.broken else ", which nothing permitted"
    book.go_against(line, {*weighed.broken, *more}, f"a message of the class “{what}” {did}{why}")


def _list_limits(book: Book, reading: Rereading, mail_class: str) -> tuple[tuple[int, int, float], ...]:
    """The rules that let so many messages of this class go in so many days."""
    found = book.limits.get((id(reading), mail_class))
    if found is None:
        rules = ((n, reading.rules[n]) for n in find_rules(reading, "send", "mails", mail_class))
        found = book.limits[id(reading), mail_class] = tuple(
            (number, int(rule.part("most")[0]), read_days(reading, rule.part("per_time")) or 0.0)
            for number, rule in rules
            if rule.part("most") and rule.part("most")[0].isdigit()
        )
    return found


def _check_limit(book: Book, line: Line, number: int, most: int, days: float) -> None:
    recent = book.recent.setdefault((number, line.person), [])
    since = add_time(line.at, timedelta(days=-days))
    recent[:] = [at for at in recent if at > since]
    recent.append(line.at)
    if line.person and len(recent) > most:
        book.go_against(line, (number,), f"more than {most} messages of one class were queued for one person")


def take_account(book: Book, line: Line) -> None:
    """An account was made or used: the clock of those that are not used starts anew."""
    book.tally(line, "account", line.kind)
    book.held.take(line.person, (SIGN_IN,), line.at)


def take_locked(book: Book, line: Line) -> None:
    """Sign-in was locked."""
    book.tally(line, "locked")
