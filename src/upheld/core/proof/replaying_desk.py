"""Lines of the desk: what was permitted and given out, demands, mergers, grants, cases, parcels, versions of the policy."""

from __future__ import annotations

from datetime import date, timedelta

from upheld.core.policy.model import NO_COUNTERPART, Approval
from upheld.core.proof.book import Book, Line, find_rules, read_days
from upheld.core.proof.happenings import Case, Demand, Merger, Permission, Review, Voice, add_time
from upheld.core.proof.replaying_acts import DELIVERED as DELIVERED_EVENT
from upheld.core.proof.replaying_acts import say_done
from upheld.core.proof.rereading import Done, Rereading

PERMISSION, SERVICE, MERGER = "permission", "service", "merger"  # grounds of our own; all others are the policy's
MERGING, THE_TRANSFER, MATERIAL = "merging", "the transfer", "material change"
CHANGES = (MATERIAL, "any change")
STAFF = "staff"  # the method of a voice that needs a grant
DELIVERED = "delivered"
STOP_REQUEST = "stop-request"  # a message that may be a no
# The fact that each ground of our own stands for; each of the policy's is a demand.
_CLAIMED = {PERMISSION: "permitted", SERVICE: "requested", MERGER: "told"}


def take_permission(book: Book, line: Line) -> None:
    """Somebody permitted something."""
    given = Permission(line.person, frozenset(line.names("data")), line.text("purpose"), line.text("recipient"))
    book.permissions[line.text("permission")] = given
    book.permitted.setdefault(line.person, []).append(given)
    book.tally(line, "permission")


def end_permission(book: Book, line: Line) -> None:
    """A permission ended."""
    given = book.permissions.get(line.text("permission"))
    if given is not None:
        given.is_over = True


def take_disclosed(book: Book, line: Line) -> None:
    """Data went to somebody outside: the ground that the line names has to be there."""
    data, purpose, recipient = line.names("data"), line.text("purpose"), line.text("recipient")
    known = _know_ground(book, line, data, purpose, recipient)
    choices, _ = book.know_choices(line)
    facts = tuple(sorted({**dict(choices), **known}.items()))
    claims = _CLAIMED.get(line.text("ground"), f"demanded by {line.text('ground')}")
    done = Done("share", data, (purpose,) if purpose else (), recipient or NO_COUNTERPART, known=facts, claims=claims)
    weighed = book.weigh(line, done)
    if weighed.is_kept:
        return
    rules = set(weighed.broken)
    if line.text("ground") == MERGER and known.get("told") is False:
        rules |= set(find_rules(line.reading, "tell", "events", MERGING))
    book.go_against(line, rules, f"{say_done(line.reading, done)}, and the ledger does not show what that needs")


def _know_ground(book: Book, line: Line, data: tuple[str, ...], purpose: str, recipient: str) -> dict[str, bool]:
    """What the history knows of the ground that a disclosure names, and that it is no other."""
    ground, subject, reading = line.text("ground"), line.text("subject"), line.reading
    facts, approvals = reading.table.facts.names, list_approvals(reading)
    permission = book.permissions.get(subject) if ground == PERMISSION else None
    merger = book.mergers.get(subject) if ground == MERGER else None
    demand = book.demands.get(subject)
    if demand is None or (demand.ground, demand.recipient) != (ground, recipient):
        demand = Demand("", "", frozenset(), frozenset())
    known = demand.know(facts, approvals, data)
    known["permitted"] = permission is not None and permission.covers(line.person, data, purpose, recipient)
    known["requested"] = ground == SERVICE and book.parcels.get(subject) == line.person
    if ground == MERGER:
        is_standing = merger is not None and merger.is_standing
        known[MERGING] = is_standing
        known["told"] = merger is not None and merger.was_told(line.person, line.at)
    return known


def list_approvals(reading: Rereading) -> dict[str, Approval]:
    """The approvals that rules of a version ask for, by the name of the fact."""
    return {str(rule.approval): rule.approval for rule in reading.rules if rule.approval is not None}


def take_demand(book: Book, line: Line) -> None:
    """A legal demand was taken down."""
    data = frozenset(line.names("data"))
    book.demands[line.text("demand")] = Demand(line.text("ground"), line.text("recipient"), data, data)
    book.tally(line, "demand", line.text("ground"))


def narrow_demand(book: Book, line: Line) -> None:
    """What a demand asked for beside its instrument was left out."""
    demand = book.demands.get(line.text("demand"))
    if demand is not None:
        demand.given = frozenset(line.names("data"))
        demand.wanted = demand.given | frozenset(line.names("withheld"))


def change_demand(book: Book, line: Line) -> None:
    """A demand was changed: nobody has agreed to it as it stands now."""
    demand = book.demands.get(line.text("demand"))
    if demand is not None:
        words = line.reading.policy.words
        demand.wanted = frozenset(words.expand("data", tuple(demand.wanted)))
        demand.change(words.expand("data", line.names("data")), int(line.body.get("people", 0)))


def ask_demand(book: Book, line: Line) -> None:
    """A demand was put to those who have to agree, as this digest."""
    demand = book.demands.get(line.text("demand"))
    if demand is not None:
        demand.asked = line.text("digest")


def take_voice(book: Book, line: Line) -> None:
    """Somebody agreed, or did not; each has one voice, and a live grant."""
    digest, role, method = line.text("digest"), line.text("role"), line.text("method")
    counts = method != STAFF or book.grants.is_live(line.by, role, line.at)
    voice = Voice(digest, role, line.by, line.text("outcome") == "yes", counts)
    book.tally(line, "voice", role)
    demand = book.demands.get(line.text("subject"))
    if demand is None:
        return
    if any((one.by, one.digest, one.role) == (voice.by, digest, role) for one in demand.voices):
        says = "one person agreed twice to the same demand"
        book.go_against(line, _find_approved(line.reading, role, demand.ground), says)
    demand.voices.append(voice)


def _find_approved(reading: Rereading, role: str, ground: str) -> tuple[int, ...]:
    """The rules by which something goes out on this ground once people of this role agreed."""
    return tuple(
        number
        for number, rule in enumerate(reading.rules)
        if rule.approval is not None
        and rule.approval.role == role
        and any(f"demanded by {ground}" in term.facts for term in (rule.holds.terms if rule.holds else ()))
    )


def take_merger(book: Book, line: Line) -> None:
    """A merger was put on record; how long before anything goes people are told is in the rules."""
    rules = find_rules(line.reading, "tell", "events", MERGING)
    told_before = (line.reading.rules[n] for n in rules if THE_TRANSFER in line.reading.rules[n].part("before"))
    days = max((read_days(line.reading, rule.part("lead")) or 0.0 for rule in told_before), default=0.0)
    book.mergers[line.text("merger")] = Merger(timedelta(days=days))
    book.tally(line, "merger")


def end_merger(book: Book, line: Line) -> None:
    """A merger was called off, or is done."""
    merger = book.mergers.get(line.text("merger"))
    if merger is not None:
        merger.is_standing = False
    if not any(one.is_standing for one in book.mergers.values()):
        book.sent.clear()


def take_told(book: Book, line: Line) -> None:
    """Somebody was told of a merger: in the moment in which the message left the house."""
    merger = book.mergers.get(line.text("merger"))
    book.tally(line, "told")
    if merger is not None:
        merger.told[line.person] = book.sent.get(line.text("mail"), line.at)


def take_untold(book: Book, line: Line) -> None:
    """Somebody could not be told of a merger, or the message came back."""
    merger = book.mergers.get(line.text("merger"))
    book.tally(line, "untold")
    if merger is not None:
        merger.told.pop(line.person, None)


def take_grant(book: Book, line: Line) -> None:
    """A grant was given, or looked at again."""
    grant = line.text("grant")
    before = book.grants.standing.get(grant)
    review = Review("grants", line.text("review"), line.at, line.id)
    if line.kind == "grant.reviewed" and before is not None:
        _check_review(book, line, before[2])
    _check_period(book, line, review)
    book.grants.take(grant, line.text("staff"), line.text("role"), review)
    book.tally(line, "review", "grants", line.kind == "grant.reviewed")


def end_grant(book: Book, line: Line) -> None:
    """A grant ended."""
    book.grants.end(line.text("grant"))


def close_staff(book: Book, line: Line) -> None:
    """Somebody of the staff is let in no more."""
    book.grants.end_all(line.text("staff"))


def take_recipient(book: Book, line: Line) -> None:
    """A line of the register of recipients was added, or looked at again."""
    outside = line.text("outside")
    before = book.recipients.get(outside)
    review = Review("recipients", line.text("review"), line.at, line.id)
    if line.kind == "recipient.reviewed" and before is not None:
        _check_review(book, line, before)
    _check_period(book, line, review)
    book.recipients[outside] = review
    book.tally(line, "review", "recipients", line.kind == "recipient.reviewed")


def end_recipient(book: Book, line: Line) -> None:
    """A line of the register of recipients ended."""
    book.recipients.pop(line.text("outside"), None)


def _check_review(book: Book, line: Line, before: Review) -> None:
    if line.at[:10] > before.due:
        rules = find_rules(line.reading, "review", "reviewed", before.what)
        if rules:  # where no rule promises a review, none is late
            book.go_against(line, rules, f"a look at one of the {before.what} came after its day")


def _check_period(book: Book, line: Line, review: Review) -> None:
    """Nothing is put off for longer than the rule says."""
    for number in find_rules(line.reading, "review", "reviewed", review.what):
        days = read_days(line.reading, line.reading.rules[number].part("every"))
        if days is not None and review.due > add_time(line.at, timedelta(days=days))[:10]:
            book.go_against(line, (number,), f"the next look at one of the {review.what} was put off beyond its time")


def take_case(book: Book, line: Line) -> None:
    """A case was opened, or sorted anew: it has to be answered within the time that the policy gives its sort."""
    serial, sort = line.text("case"), line.text("sort")
    before = book.cases.get(serial)
    opened = before.opened if before else line.at
    due = line.text("due") or (before.due if before else "")
    case = Case(sort, opened, due, line.id, before is not None and before.is_answered)
    book.cases[serial] = case
    book.tally(line, "case", sort)
    for number in find_answering(line.reading, sort):
        days = read_days(line.reading, line.reading.rules[number].part("within"))
        if days is not None and (not case.due or case.due > add_time(opened, timedelta(days=days))):
            book.go_against(line, (number,), "a case got a later day, or none, than the policy promises for its sort")


def answer_case(book: Book, line: Line) -> None:
    """A case was answered or closed, which ends its time."""
    serial = line.text("case")
    case = book.cases.pop(serial, None) if line.kind == "case.closed" else book.cases.get(serial)
    if case is None:
        return
    rules = find_answering(line.reading, case.sort)
    if rules and not case.is_answered and case.due and line.at > case.due:
        book.go_against(line, rules, "a case was answered after its day")
    case.is_answered = True
    book.tally(line, "answered", case.sort)


def find_answering(reading: Rereading, sort: str) -> tuple[int, ...]:
    """The rules that promise a time for cases of this sort."""
    if sort == STOP_REQUEST:
        rules = (*find_rules(reading, "choice_changed", "changes", "by:message"),)
        return rules + find_rules(reading, "choice_changed", "changes", "by:email")
    return find_rules(reading, "answer", "requests", sort)


def take_parcel(book: Book, line: Line) -> None:
    """A shipment was booked: whoever did asked for what it takes to bring it."""
    shipment = line.text("shipment")
    book.parcels[shipment] = line.person
    if line.text("version"):  # one that came in with an import tells nobody of its delivery any more
        book.booked_here.add(shipment)
    book.tally(line, "booked")


def take_event(book: Book, line: Line) -> None:
    """Something happened to a shipment."""
    shipment = line.text("shipment")
    is_delivered = line.text("state") == DELIVERED
    if not is_delivered:
        return
    book.reported.add(shipment)
    book.held.take(line.person, (DELIVERED_EVENT,), line.text("moment") or line.at)
    book.tally(line, "delivered")
    if shipment in book.booked_here:
        book.delivered[shipment] = (line.at, line.id)


def take_back(book: Book, line: Line) -> None:
    """A delivery was taken back."""
    book.reported.discard(line.text("shipment"))
    book.delivered.pop(line.text("shipment"), None)


def take_proof(book: Book, line: Line) -> None:
    """Those who are to hear of a delivery were told: once it had been reported, and not before."""
    shipment = line.text("shipment")
    book.tally(line, "proof")
    if shipment not in book.reported:
        book.go_against(line, list_on_delivery(line.reading), "people were told of a delivery that nobody had reported")
    book.delivered.pop(shipment, None)


def list_on_delivery(reading: Rereading) -> tuple[int, ...]:
    """The rules that have a message sent when something is delivered."""
    return tuple(
        n
        for n in find_rules(reading, "send")
        if any(event.endswith(DELIVERED) for event in reading.rules[n].part("events"))
    )


def announce_version(book: Book, line: Line) -> None:
    """A version was put before people."""
    material = line.text("material")
    book.announced[line.text("version")] = (material, line.text("starts"), line.text("method"))
    _tally_change(book, line, "announced", material)


def take_notice(book: Book, line: Line) -> None:
    """One account was told of a change."""
    _tally_change(book, line, "noticed")


def withdraw_version(book: Book, line: Line) -> None:
    """An announced version was called off."""
    book.announced.pop(line.text("version"), None)


def begin_version(book: Book, line: Line) -> None:
    """A version began to bind: announced before, unless it was there when the ledger began."""
    found = book.announced.get(line.text("version"))
    is_founding = not book.began or line.at == book.began
    book.began = book.began or line.at
    _tally_change(book, line, "began")
    if is_founding:
        return
    for version in _list_concerned(book, line):
        reading = book.readings[version]
        rules = [n for event in CHANGES for n in find_rules(reading, "tell", "events", event)]
        rules = rules or list(find_rules(reading, "change"))
        if found is None:
            says = "a version of the policy began to bind that nobody had announced"
        elif found[1] and line.at < found[1]:
            says = "a version of the policy began to bind before the day that was announced"
        elif found[0] == "yes" and not found[2] and find_rules(reading, "tell", "events", MATERIAL):
            says = "a material change of the policy began to bind, and nobody was told before"
        else:
            continue
        book.go_against(line, rules, says, version)


def _list_concerned(book: Book, line: Line) -> set[date]:
    """The version that was in force, which promises to tell of changes, and the one that it is about."""
    named = {version for version in book.gates if version.isoformat() == line.text("version")}
    return {line.version, *named}


def _tally_change(book: Book, line: Line, *key: object) -> None:
    for version in _list_concerned(book, line):
        book.tally(line, *key, version=version)
