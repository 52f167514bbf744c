"""Wordings that can mean much: 87 that the source policies use, each with what settles it and what we settle it to.

The ids are those of our research. A wording is a few words, never a sentence; several policies may use the same one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Vague:
    """One vague wording of a source: the words it is known by, what has to be settled, a parameter, and our default."""

    id: str
    words: tuple[str, ...]
    settles: str
    parameter: str
    default: str


# id | words, separated by commas | what has to be settled | a name for the parameter | what we settle it to
_ROWS = """
V-01 | highest standards, highest standard | the list of checks | privacy-baseline | nothing from third parties, encryption on every path, every duty shown
V-02 | appropriate staff, appropriate people, appropriate employees | who, as a list of roles | reports-to | the web team and the site manager
V-03 | continually, use patterns, usage patterns | how long raw notes and figures are kept | log-time | 30 days; figures without end
V-04 | has been completed, have been completed, once completed | what counts as completed, and by when it is done then | removal | when staff say so, at the latest after 30 days; erased within 7 days
V-05 | specific consent, specific permission | what a yes has to name, and when it ends | specific-yes | one recipient, named data, one purpose, at most 365 days
V-06 | legally compelled, compelled by law, legal obligation | which instruments compel | compelled | court order, subpoena, warrant or a demand by statute, approved by two
V-07 | as necessary, necessary to complete | who may see it, and until when | reading | whoever has the open case; 90 days after it is closed
V-08 | secure environment, secure facility, locked door | how often somebody looks, and how many sign | room-check | every 90 days, signed by two
V-09 | contact us, get in touch with us | which way, and by when there is an answer | answer-time | by mail or form, within 30 days
V-10 | cancellation request, request to cancel, ask us to cancel | how fast it is carried out | stop-time | 24 hours by link, 72 hours where somebody reads it
V-11 | including but not limited to, including without limitation, variety of ways, various ways | the rest of the list | collection-points | the points that are named
V-12 | as appropriate, where appropriate, when appropriate | which fields each form has | form-fields | the fewest that each form needs
V-13 | similar information, similar data, other similar | the rest of the list | log-fields | nothing but what is named
V-14 | certain activities, certain parts, certain areas of the site, some parts | which ones, as a list | activities | a list for each form
V-15 | may not function, may not work, not work properly, stop working | which parts need it | needs-cookies | sign-in, cart and checkout
V-16 | periodic, periodically, regularly | how often at most | mail-cap | 4 in 30 days
V-17 | of interest to you, interest you, might like | which topics | topics | the topics that somebody ticked
V-18 | etc, and so on, and the like | the rest of the list | mail-classes | the classes that are named
V-19 | detailed instructions, unsubscribe instructions | what stops, how, and by when | stop-instructions | what stops, a link, and within 24 hours
V-20 | appropriate, security practices | the list of measures | baseline | the list of safeguards in the rule
V-21 | demographic, aggregated | how large a group is, and which traits it may show | group-size | 10; age band, three figures of the zip code, member or not
V-22 | business partners, trusted partners, trusted | who, as a list | partners | nobody
V-23 | limited purposes | which purposes, and which data for each | processor-purposes | the newsletter: name and e-mail address
V-24 | personal safety, safety of the public, public safety | who decides, and how much goes out | emergency | a named officer, the least that helps, looked at again within 3 days
V-25 | continued use, continue to use, continuing to use, keep using, go on using | what counts as use | acceptance | the first form or signed-in act after the posting
V-26 | certain information, certain data, certain | which ones, as a list | account-fields | name, e-mail address and password
V-27 | at any time, whenever you like, whenever you want | where, and how fast it counts | self-service | always, on the page of the account, at once
V-28 | fulfil your order, fulfilling your order, fulfil the order | when it is over, and what is kept | order-end | 30 days after delivery; tax records 2555 days, cards not at all
V-29 | statistics programs, other statistics | which collectors, as a list | collectors | our own alone
V-30 | similarly intrusive, intrusive | what the software may do on a device | app-permissions | network and notifications
V-31 | improve our products, improve the products, improve our services | in which form data serve this | improving | without names
V-32 | future communications, future messages, further messages | what a no does not stop | opt-out-scope | replies, receipts, legal notices, breaches, changes of the policy
V-33 | research purposes, certain research | which data, in which form, for how long | research-data | pages, content and times, without names, 395 days
V-34 | consistent with this policy, in line with this policy | under which version, and how long a word counts | undertaking | the version in force, for 365 days
V-35 | prominent, prominently | where, how large, how long | notice-place | the top of every page for 30 days, and by mail
V-36 | industry standard, industry standards, industry-standard, generally accepted, commercially reasonable | the list of measures | baseline | the list of safeguards in the rule
V-37 | where we operate, any country, other countries | which countries, as a list | countries | the United States
V-38 | knowingly | what counts as knowing, and how fast it is acted on | minor-deadline | a date of birth, a report or a note; erased within 10 days
V-39 | may affect, might affect | which parts it affects | needs-cookies | sign-in and checkout
V-40 | similar types, similar kinds | which kinds, as a list | sensitive | identity numbers, finance, health, precise location, passwords
V-41 | occasionally, occasional | how often at most | mail-cap | 2 in 30 days
V-42 | reflected promptly, soon reflected | within how many hours | apply-time | 24 hours
V-43 | variety of purposes, various purposes, various reasons, various | which ones, each with an end | archive-reasons | backup 35 days, archive 365, fraud 730
V-44 | good faith, good-faith | how the belief is written down, and who agrees | belief | written by a named person, approved by a second
V-45 | business purposes, business or marketing, commercial purposes | to whom, as a list | business-sharing | nobody
V-46 | when possible, where possible, whenever possible, if possible | what makes it impossible, and who says so | de-identifying | always, each exception with its reason and its end
V-47 | extent it is necessary, extent that is necessary | which data, and for how long | processor-access | a list, for 30 days at a time
V-48 | various safeguards, certain safeguards, managerial | the list of measures, and who vouches | baseline | the list of safeguards in the rule, vouched for every 90 days
V-49 | reasonably necessary, as long as necessary, as long as it is necessary, as long as we need | how long, for each kind of data | keeping-times | requests 365 days, accounts 1095 after the last sign-in, purchases 2555
V-50 | hard to guess, hard to decipher, strong password | how long, and which words are out | password-rule | 12 characters, none from a list of common ones
V-51 | as soon as, as quickly as, as fast as | within how many hours or days | breach-clock | 72 hours, at the latest 30 days
V-52 | material change, material changes, material modification, material modifications | which changes count | material-changes | what takes more, gives more, keeps longer or protects less
V-53 | prominent notice | where, how large, how long | notice-place | the top of every page for 30 days, and by mail
V-54 | become aware, becomes aware, becoming aware | what counts as knowing, and how fast it is acted on | minor-deadline | a report, a note or a date of birth; within 10 days
V-55 | similar communications, similar messages, essential to your | which messages, as a list | essential-mail | registration, correction, password, receipt, appointment, breach, change of the policy
V-56 | features and functionality, some features, certain features, many features | which ones, as a list | activities | a list for each form
V-57 | at times | at which points | collection-points | the points that are named
V-58 | appropriate office, appropriate partner, appropriate person | who is responsible for what | routing | one recipient for each region and product
V-59 | authorized, authorised, business needs | how the need is recorded and reviewed | reading | a role and an assigned case
V-60 | the majority, majority of | how many, and the range | cookie-range | more than half, from 30 to 365 days
V-61 | longer duration, last longer, longer-lived | which ones, and how long at most | long-cookies | none; 730 days
V-62 | beyond the session, after the session | when a session is over | session-end | 30 minutes idle, at most 12 hours
V-63 | selected pages, some pages, certain pages | which pages, as a list | pixel-pages | none to start with
V-64 | similarly situated | who, as a list | transaction-recipients | the carrier and the clearing house
V-65 | selected partners, selected companies, selected | who, as a list | partners | nobody
V-66 | timely, pertinent | how often at most | mail-cap | 2 in 30 days
V-67 | limited set, limited number | how many | ad-slots | 2 on a page, 5 at a time
V-68 | profile information, aggregate profile | which traits, and how large a group is | community-size | the community alone, 50 people
V-69 | reasonable measures, reasonable steps, reasonable, standard security | the measure it is held to | baseline | the list of safeguards in the rule
V-70 | reasonably believed, reasonably believe, reasonably | what counts, as a list | breach-triggers | confirmed access, a lost device, a leaked password that was used, an alarm of the ledger that lasts
V-71 | applicable law, applicable laws | which law, and for whom | breach-law | people are told in any case
V-72 | unable to contact, unable to reach, cannot reach, cannot be reached | how many tries, and how long to wait | breach-tries | 2 tries each, or 72 hours
V-73 | promptly, without delay, immediately | within how many hours or days | breach-clock | 72 hours, at the latest 30 days
V-74 | different manner, different purpose, different way | what counts as different | new-purpose | any purpose that was not named when the data was taken
V-75 | in some cases, sometimes | in which | also-mail | always
V-76 | technical reasons | which ones, as a list | technical-reasons | a report of misuse, a fault, a legal demand; each one logged
V-77 | from time to time | how often at most | change-gap | no limit; each change is on record
V-78 | such as, for example, for instance | the rest of the list | form-fields | what is named
V-79 | extent necessary, extent needed | which data | service-data | the addressee's name and address, and a phone number
V-80 | we believe | how the belief is written down, and who agrees | belief | written down, approved by two
V-81 | notify you before, tell you before, before it is transferred | how long before | merger-notice | 30 days
V-82 | who need, reasonably need, need to know | how the need is recorded and reviewed | grant-review | on record, looked at every 90 days
V-83 | certain areas, in some areas | where | encrypted-paths | everywhere
V-84 | significant | which changes count | material-changes | what takes more, gives more, keeps longer or protects less
V-85 | certain communications, certain messages | which ones, as a list | cannot-stop | service announcements and administrative messages
V-86 | anonymous, anonymously, name nobody, names nobody | how large a group is | group-size | 10
V-87 | past use, former use | for how long | shipment-time | 2555 days where money is involved, 730 for the rest
"""
# Words that no source leaves open as such, but that leave a reader in the same doubt.
_FURTHER = MappingProxyType({"generally": "when not", "usually": "when not", "normally": "when not"})


def _read_row(row: str) -> Vague:
    name, words, settles, parameter, default = (part.strip() for part in row.split("|"))
    return Vague(name, tuple(word.strip() for word in words.split(",")), settles, parameter, default)


VAGUE: tuple[Vague, ...] = tuple(_read_row(row) for row in _ROWS.strip().split("\n"))


def _list_words() -> Mapping[str, tuple[Vague, ...]]:
    found: dict[str, tuple[Vague, ...]] = {}
    for one in VAGUE:
        for word in one.words:
            found[word] = (*found.get(word, ()), one)
    return MappingProxyType(found)


BY_WORD: Mapping[str, tuple[Vague, ...]] = _list_words()
_ANY = re.compile(
    rf"\b({'|'.join(re.escape(word) for word in sorted([*BY_WORD, *_FURTHER], key=len, reverse=True))})\b",
    re.IGNORECASE,
)


def find_vague(text: str) -> str:
    """The first vague wording in a text as it stands there, the longest where several begin; empty when there is none."""
    match = _ANY.search(text)
    return match.group(1) if match else ""


def say_settling(word: str) -> str:
    """What has to be settled about a wording, with the research behind it and what we settle it to."""
    word = word.lower()
    found = BY_WORD.get(word, ())
    if not found:
        return f"settle {_FURTHER[word]}"
    names = ", ".join(one.id for one in found)
    return f"settle {found[0].settles} ({names}; we say `{found[0].parameter}: {found[0].default}`)"
