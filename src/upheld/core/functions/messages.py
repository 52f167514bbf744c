"""Functions of messages: F-33 to F-43."""

from __future__ import annotations

from upheld.core.functions.accounts import NO_ACCOUNTS
from upheld.core.functions.asking import CASES, MAILBOX
from upheld.core.functions.function import CONSOLE, MAIL, PAGE, Built, Function, Meeting
from upheld.core.functions.keys import EMAIL, ESSENTIAL, MAIL_LOG, MAIL_OPENED, MARKETING, SHIPMENT
from upheld.core.functions.reading import Reading, Rules, has_word
from upheld.core.notices.classes import find_addresses
from upheld.core.policy.administration import list_administrative_classes
from upheld.core.shipping.ordering import find_proof

GROUP = "Messages"
CAMPAIGNS = Meeting(CONSOLE, "campaigns", "console-campaigns")
OUTBOX = Meeting(CONSOLE, "the outbox", "console-outbox")
_NEWS = ("newsletter", "list", "subscription")
_ALERTS, _FIXES, _AFTER = ("alert",), ("patch", "fix"), ("follow", "order", "download")


def _newsletters(reading: Reading) -> Rules:
    return reading.sending(words=_NEWS)


def _offers(reading: Reading) -> Rules:
    named = {id(rule) for rule in (*_newsletters(reading), *reading.sending(words=(*_ALERTS, "event")))}
    return tuple(
        rule
        for rule in reading.sending(MARKETING)
        if id(rule) not in named or any(_is_offer(reading, mail) for mail in rule.part("mails"))
    )


def _is_offer(reading: Reading, mail: str) -> bool:
    return reading.is_mail_for(mail, (MARKETING,)) and not has_word(mail, (*_NEWS, *_ALERTS, "event"))


def _send_to_many(reading: Reading, rules: Rules) -> Built:
    if reading.entrance is None:
        return Built(lacks="messages to many people who have no account; this policy lets nobody have one")
    mails = {mail for rule in rules for mail in rule.part("mails")}
    if not mails.intersection(reading.campaigns):
        return Built(lacks="sending this class of message: it goes to no audience that has an account")
    return Built((CAMPAIGNS, OUTBOX))


def _belonging(reading: Reading) -> Rules:
    proofs = find_proof_rules(reading)
    return tuple(
        rule
        for rule in reading.sending(ESSENTIAL)
        if rule not in proofs and not has_word(" ".join(rule.part("mails")), (*_ALERTS, *_FIXES, *_AFTER))
    )


def _serve(reading: Reading) -> Built:
    if not list_administrative_classes(reading.policy):
        return Built(lacks="a class of message that may carry notices about an account or an answer")
    own = set(list_administrative_classes(reading.policy))
    many = (CAMPAIGNS,) if own.intersection(reading.campaigns) else ()
    return Built((Meeting(MAIL, "notices about an account, and answers to cases"), *many, OUTBOX))


def _unsubscribing(reading: Reading) -> Rules:
    changed = tuple(
        rule
        for rule in reading.having("choice_changed")
        if {"by:link", "by:message", "by:email"} & set(rule.part("changes"))
    )
    return reading.placing("unsubscribe link", "unsubscribe instructions", "stop link") + changed


def _unsubscribe(reading: Reading) -> Built:
    if reading.campaigns:
        return Built(
            (Meeting(MAIL, "a link at the end of each message"), Meeting(PAGE, "where it leads: /stop"), MAILBOX)
        )
    return Built((MAILBOX, CASES), "messages from which one could unsubscribe")


def _prove(reading: Reading) -> Built:
    if reading.ordering is None or find_proof(reading.table) is None:
        return Built(lacks="shipments that are delivered")
    return Built(
        (
            Meeting(MAIL, "proof of delivery, when a driver reports it"),
            Meeting(CONSOLE, "shipments", "console-shipments"),
        )
    )


def _log(reading: Reading) -> Built:
    if reading.entrance is None:
        return Built(lacks=NO_ACCOUNTS)
    return Built((Meeting(PAGE, "messages, in My account", "/account/mails"),))


def _texting(reading: Reading) -> Rules:
    applied = tuple(rule for rule in reading.having("applies") if "text message" in rule.part("ways"))
    return applied + reading.telling(routes=("text message",))


def find_proof_rules(reading: Reading) -> Rules:
    """The rules that have something sent when a shipment is delivered, or to somebody whom a customer named for it."""
    found = find_proof(reading.table)
    others = [leaf for leaf in reading.words.leaves("data") if reading.has_key("data", leaf, (EMAIL,))]
    return tuple(
        rule
        for rule in reading.having("send")
        if rule.part("events")
        and (
            (found is not None and found.mail_class in rule.part("mails"))
            or (reading.find_leaf(SHIPMENT) and set(find_addresses(reading.policy, rule)) & set(others[1:]))
        )
    )


FUNCTIONS = (
    Function(
        "F-33",
        "a newsletter or mailing list",
        GROUP,
        _newsletters,
        lambda reading: _send_to_many(reading, _newsletters(reading)),
    ),
    Function(
        "F-34",
        "offers",
        GROUP,
        _offers,
        lambda reading: _send_to_many(reading, _offers(reading)),
        lambda reading: reading.shut_use(EMAIL),
    ),
    Function("F-35", "messages that belong to a service or an account", GROUP, _belonging, _serve),
    Function(
        "F-36",
        "text messages to a telephone",
        GROUP,
        _texting,
        lambda _: Built(lacks="a way of sending and taking in text messages"),
    ),
    Function(
        "F-37",
        "alerts about products, to communities",
        GROUP,
        lambda reading: reading.sending(words=_ALERTS),
        lambda _: Built(lacks="communities whose members get alerts"),
    ),
    Function(
        "F-38",
        "notices of fixes, to owners of a product",
        GROUP,
        lambda reading: reading.sending(words=_FIXES),
        lambda _: Built(lacks="a register of who owns which product"),
    ),
    Function(
        "F-39",
        "following up after a download or an order",
        GROUP,
        lambda reading: reading.sending(words=_AFTER),
        lambda _: Built(lacks="downloads and orders after which somebody is written to"),
    ),
    Function("F-40", "unsubscribing from within a message", GROUP, _unsubscribing, _unsubscribe),
    Function("F-41", "proof of delivery by mail, also to people who were named", GROUP, find_proof_rules, _prove),
    Function(
        "F-42", "the log of mails that were sent for somebody", GROUP, lambda reading: reading.taking(MAIL_LOG), _log
    ),
    Function(
        "F-43",
        "noticing when a mail is opened",
        GROUP,
        lambda reading: reading.taking(MAIL_OPENED),
        lambda _: Built(lacks="a picture in mails that tells when one is opened"),
        lambda reading: reading.shut_technique("open pixels"),
    ),
)
