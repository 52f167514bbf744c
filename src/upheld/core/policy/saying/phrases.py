"""The language's own words as people read them; each phrase fits the place in a sentence where `say` puts it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# clauses that can stand after "if"
FACTS: Mapping[str, str] = MappingProxyType(
    {
        "requested": "you asked for the service that needs it",
        "permitted": "you have permitted exactly this",
        "stated": "this purpose was stated when we took the data",
        "named": "you named this recipient",
        "bound": "the recipient has signed terms that are in force",
        "routed": "this recipient is the one responsible",
        "in scope": "the demand covers these data",
        "expired": "the time of keeping is over",
        "granted": "it is on record why a member of staff needs it",
        "assigned": "your case is assigned to this member of staff",
        "merging": "a merger or sale of the business is on record",
        "told": "you were told before",
        "known minor": "it is on record that you are under the age limit",
        "erasing": "your erasure has begun",
    }
)
# the same facts known to be false
FACTS_DENIED: Mapping[str, str] = MappingProxyType(
    {
        "requested": "you did not ask for the service that needs it",
        "permitted": "you have not permitted exactly this",
        "stated": "this purpose was not stated when we took the data",
        "named": "you did not name this recipient",
        "bound": "the recipient has signed no terms that are in force",
        "routed": "this recipient is not the one responsible",
        "in scope": "the demand does not cover these data",
        "expired": "the time of keeping is not over",
        "granted": "nothing on record says why a member of staff needs it",
        "assigned": "your case is not assigned to this member of staff",
        "merging": "no merger or sale of the business is on record",
        "told": "you were not told before",
        "known minor": "it is on record that you are not under the age limit",
        "erasing": "your erasure has not begun",
    }
)
# clauses that can stand after "when", "before" and "counted from when"
EVENTS: Mapping[str, str] = MappingProxyType(
    {
        "material change": "this policy changes in a significant way",
        "small change": "this policy changes a little",
        "any change": "this policy changes",
        "new purpose": "we want to use data for something new",
        "breach is believed": "we believe that data got into wrong hands",
        "merging": "the business is sold or merged",
        "removal is asked": "you ask for removal",
        "minor is known": "we learn that somebody is under the age limit",
        "the visit ends": "your visit ends",
        "it takes effect": "the change takes effect",
        "the transfer": "anything is handed over",
        "use": "anything is used for it",
        "posting": "it is posted",
    }
)
# where: can open a sentence or close one
TOUCHPOINTS: Mapping[str, str] = MappingProxyType(
    {
        "anywhere": "anywhere",
        "every page": "on every page",
        "every form": "on every form",
        "every email address": "beside every e-mail address",
        "policy": "on this page",
        "account": "in your account",
        "home": "on the first page",
    }
)
# how: after "we protect it by"
MEASURES: Mapping[str, str] = MappingProxyType(
    {
        "access control": "checking every access",
        "narrow roles": "letting fewer people see it",
        "password": "letting nobody in without the password",
        "strong passwords": "asking for long passwords that are hard to guess",
        "hashed passwords": "keeping passwords only as slow hashes",
        "second factor": "asking staff for a second proof when they sign in",
        "lockout": "locking the door after repeated failures",
        "log out": "offering a way to log out on every page",
        "monitoring": "logging every access and looking at the log",
        "encryption at rest": "sealing what is stored",
        "field encryption": "sealing each value by itself",
        "encryption in transit": "encrypting every connection",
        "integrity hashes": "noticing any change made to it",
        "backup": "making copies every day",
        "restore drill": "practising how copies are brought back",
        "patching": "closing known holes within 30 days",
        "closed ports": "listening on nothing that is not needed",
        "same rules everywhere": "keeping the same rules in every office and country",
    }
)
# what: after "we never use" and "nothing uses"
TECHNIQUES: Mapping[str, str] = MappingProxyType(
    {
        "enrichment": "data about you from other sources",
        "keystroke capture": "what you type before you send it",
        "hidden fields": "form fields that you do not see",
        "fingerprinting": "the traits of your device to recognise you",
        "cross-site tracking": "anything that follows you over other sites",
        "profiling over time": "a profile of what you do on other sites",
        "third-party scripts": "other people's code on our pages",
        "third-party cookies": "other people's cookies",
        "cookie respawning": "ways to bring back cookies you got rid of",
        "spyware": "software that watches you in secret",
        "adware": "software that brings advertisements",
        "open pixels": "pictures that tell us when you open a mail",
        "local storage": "storage in your browser besides cookies",
    }
)
# what: after "our pages work without"
NEEDS: Mapping[str, str] = MappingProxyType(
    {
        "cookies": "cookies",
        "third-party cookies": "other people's cookies",
        "sign-in": "signing in",
        "scripts": "JavaScript",
        "trackers": "measuring what you do",
    }
)
# what: after "you find" and "there may be"
PARTS: Mapping[str, str] = MappingProxyType(
    {
        "skip link": "a first link to the main part",
        "sign-in": "a way to sign in",
        "registration": "a way to register",
        "log out": "a way to log out",
        "password recovery": "a way to a new password",
        "username recovery": "a way to get your user name by mail",
        "account link": "a link to your own page",
        "sharing preferences": "your choices about sharing",
        "communication preferences": "your choices about messages, kind by kind",
        "policy link": "a link to this policy",
        "contents": "the sections of this policy as links",
        "three answers": "three answers (what we collect, what for, and who gets it)",
        "version history": "every version with what it changed",
        "updated date": "the date of the version in force",
        "first date": "the date of the first version",
        "effective date": "the day from which a version binds",
        "cookie list": "a list of all cookies (with name, purpose, duration and server)",
        "parts that need cookies": "what does not work without cookies",
        "contact email": "our e-mail address",
        "guarded contact email": "our e-mail address, kept from harvesters",
        "contact post": "our postal address",
        "contact phone": "our phone number as a link",
        "contact desk": "who answers you",
        "unsubscribe link": "a link that stops such messages",
        "unsubscribe instructions": "how to stop such messages, and by when it works",
        "cannot-stop note": "a note that this message cannot be stopped, and why",
        "stop link": "a link that stops such messages for people named by others",
        "partner names": "the names of the partners that take part",
        "partner policies": "links to the partners' policies",
        "audience label": "who will see what you post",
        "moderation label": "whether posts are looked at before they appear",
        "removal limits": "what removal cannot reach",
        "outside links": "links to other sites, without your data in them",
        "outside link marks": "a mark on each link that leads elsewhere",
        "advertisements": "advertisements",
        "forums": "public discussions",
        "url tokens": "a mark in the address that keeps your visit together",
        "change notice": "a notice of what changed, at the top",
    }
)
# by which way: after "we tell you", "you can change it" and "requests"
ROUTES: Mapping[str, str] = MappingProxyType(
    {
        "email": "by e-mail",
        "email to primary address": "by e-mail to the main address",
        "site notice": "by a notice on our site",
        "in-service notice": "by a notice in the service",
        "text message": "by text message",
        "fax": "by fax",
        "letter": "by letter",
        "phone": "by phone",
        "message": "by any message to us",
        "form": "by form",
        "link": "by a link in the message",
        "account": "in your account",
    }
)
# whence: after "what we learn"
WAYS: Mapping[str, str] = MappingProxyType(
    {
        "collection": "from you",
        "receipt": "from others",
        "site": "on our site",
        "app": "in our app",
        "email": "by e-mail",
        "text message": "by text message",
        "offline contact": "by phone, by post or face to face",
        "third parties": "from other businesses",
        "products and services": "through our products and services",
    }
)
# whom: after "it protects" (people named by others) and "we tell"
SUBJECTS: Mapping[str, str] = MappingProxyType(
    {
        "visitors": "visitors",
        "persons": "people",
        "companies": "companies",
        "customers": "customers",
        "third persons": "people whom others name",
    }
)
# what is asked: after "requests for"; the others stand by themselves
REQUESTS: Mapping[str, str] = MappingProxyType(
    {
        "access": "access",
        "correction": "correction",
        "removal": "removal",
        "portability": "a copy to take along",
        "opt-out": "an end of uses you do not want",
        "cancellation": "cancellation",
    }
)
PLAIN_REQUESTS: Mapping[str, str] = MappingProxyType(
    {
        "complaint": "complaints",
        "appeal": "appeals",
        "question": "questions",
        "age report": "reports that somebody is under the age limit",
    }
)
# what: after "must look again at"
REVIEWED: Mapping[str, str] = MappingProxyType(
    {
        "grants": "who may see what and why",
        "attestations": "what staff have confirmed",
        "recipients": "who gets something from us",
        "holds": "what is kept longer and why",
    }
)
# what: after "with it we store"
TAGS: Mapping[str, str] = MappingProxyType(
    {
        "version": "the version of this policy",
        "purposes": "what it is for",
        "method": "how it came to us",
        "ground": "the ground for it",
        "request": "the request it came with",
        "place": "the office and country of whoever reads it",
    }
)
# who can do something: the opening of "can see, change, ..."
PEOPLE_WHO_CAN: Mapping[str, str] = MappingProxyType(
    {
        "visitors": "you can",
        "customers": "as a customer, you can",
        "account holders": "with an account, you can",
        "affected people": "when it touches you, you can",
        "everybody": "you can",
    }
)
AUDIENCES: Mapping[str, str] = MappingProxyType(
    {
        "visitors": "visitors",
        "customers": "customers",
        "account holders": "account holders",
        "affected people": "the people concerned",
        "everybody": "everybody",
    }
)
DEEDS: Mapping[str, str] = MappingProxyType(
    {"change": "change", "remove": "remove", "download": "take along a copy of", "decline": "leave out"}
)
EFFECTS: Mapping[str, str] = MappingProxyType(
    {
        "on_posting": "as soon as it is posted here",
        "on_date": "on the day it names",
        "on_acceptance": "when you accept it",
        "use_after_posting": "the first time you use our services after it was posted",
        "use_after_date": "the first time you use our services after the day it names",
    }
)
