"""The kinds of notices that the platform itself sends, with their words; knows no policy and no person.

No kind has a place for a person's name or address: a notice that goes to a wrong address tells nothing about anybody. The
two that prove a delivery say who received it, which is what they are for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Notice:
    """One kind: its subject and paragraphs with places to fill in, and the words on its link (empty: it has none).

    `{service}` (the site's name) is always filled in; what else is asked for stands in `places`.
    """

    name: str
    meaning: str
    subject: str
    paragraphs: tuple[str, ...]
    link: str = ""
    after: tuple[str, ...] = ()

    @property
    def places(self) -> frozenset[str]:
        """The values that whoever queues the notice has to give, `link` among them when it has one."""
        texts = (self.subject, *self.paragraphs, *self.after)
        found = {name for text in texts for _, name, _, _ in Formatter().parse(text) if name}
        return frozenset(found - ALWAYS) | ({"link"} if self.link else frozenset())


ALWAYS = frozenset({"service"})
_NOT_YOU = "If this was not you, you need not do anything."
_LOOK_AFTER = "If this was not you, choose a new password now: the page to sign in has a link for it. Then write to us."

NOTICES: Mapping[str, Notice] = MappingProxyType(
    {
        notice.name: notice
        for notice in (
            Notice(
                "verify-address",
                "somebody registered with this address and shows that it is theirs",
                "Confirm your e-mail address for {service}",
                (
                    "Somebody, probably you, has registered with {service} and given this address.",
                    "If it was you, one step is left: open the link and type the password you chose.",
                ),
                "Confirm this address",
                (
                    "The link works once, until {until}.",
                    _NOT_YOU + " Without that password nobody uses the account.",
                    "To have it erased at once, open the link and press the button that says you did not register.",
                ),
            ),
            Notice(
                "confirm-address",
                "an account is to have this address from now on",
                "Confirm your new e-mail address for {service}",
                ("You want your account with {service} to have this address. Show us that it is yours.",),
                "Confirm this address",
                ("The link works once, until {until}.", _NOT_YOU + " Nothing changes without the confirmation."),
            ),
            Notice(
                "already-registered",
                "somebody registered with an address that has an account",
                "You already have an account with {service}",
                (
                    "Somebody, probably you, has just registered with this address. It has an account already, so nothing was changed.",
                    "You can sign in, or choose a new password if you have forgotten yours.",
                ),
                "Go to sign-in",
                (_NOT_YOU,),
            ),
            Notice(
                "password-reset",
                "somebody asked for a new password",
                "Choose a new password for {service}",
                ("You, or somebody who knows this address, asked for a new password.",),
                "Choose a new password",
                ("The link works once, until {until}.", _NOT_YOU + " Your password stays as it is."),
            ),
            Notice(
                "password-changed",
                "the password was changed",
                "Your password for {service} was changed",
                (
                    "The password of your account was changed on {at}. Everywhere else you have been signed out.",
                    _LOOK_AFTER,
                ),
            ),
            Notice(
                "address-changed",
                "goes to the old address when an account gets another one",
                "The e-mail address of your account with {service} was changed",
                (
                    "Your account has another e-mail address since {at}. Messages about it no longer come here.",
                    _LOOK_AFTER,
                ),
            ),
            Notice(
                "account-locked",
                "sign-in was locked after wrong passwords",
                "Sign-in to your account with {service} is locked for a while",
                (
                    "A wrong password was given for your account {attempts} times in a row. Nobody can sign in until {until}.",
                    "If this was you, wait until then, or choose a new password. If it was not, the lock has done its work.",
                ),
            ),
            Notice(
                "invitation",
                "a company asks somebody to use its account",
                "You are invited to an account with {service}",
                ("A company that sends with {service} asks you to use its account with your own sign-in.",),
                "See the invitation",
                ("The link works once, until {until}.", "If you do not want to, you need not do anything."),
            ),
            Notice(
                "user-joined",
                "tells the holder that an invited user has joined",
                "Somebody has joined your account with {service}",
                ("Somebody you invited has joined your company's account on {at}. Your account shows who uses it.",),
            ),
            Notice(
                "user-removed",
                "tells somebody that they no longer use a company's account",
                "You no longer use a company's account with {service}",
                (
                    "Since {at} you no longer use the account of the company you sent with. Somebody who holds that account decided so.",
                    "Your own account stays, with what we know about you. You can sign in and close it.",
                ),
            ),
            Notice(
                "primary-address",
                "tells somebody that messages to their company come to them",
                "Messages to your company from {service} now come to you",
                ("Since {at} yours is the primary address of your company's account with {service}.",),
            ),
            Notice(
                "confirm-closing",
                "somebody asked to close their account",
                "Confirm that you want to close your account with {service}",
                ("You asked us to close your account and to remove what we know about you.",),
                "Confirm the closing",
                ("The link works once, until {until}.", _NOT_YOU + " Your account stays as it is."),
            ),
            Notice(
                "account-closed",
                "the account is closed; the last message to this address",
                "Your account with {service} is closed",
                (
                    "Your account was closed on {at}, and what it held was removed, apart from what we have to keep for longer.",
                    "This is the last message that you get about it.",
                ),
            ),
            Notice(
                "message-received",
                "a message of a person has arrived and has a number",
                "We have your message, number {number}",
                (
                    "Thank you for writing to us. Your message has the number {number}.",
                    "You get an answer within {within}.",
                ),
            ),
            Notice(
                "message-arrived",
                "a mail that names the person's address as its sender has arrived and has a number",
                "Your message has reached us, number {number}",
                (
                    "A message from this address has reached us. It has the number {number}, and you get an answer within {within}.",
                    "We keep what it says. What was attached to it we do not take.",
                ),
                "",
                ("If you did not write to us, you need not do anything: whoever did learns nothing about you.",),
            ),
            Notice(
                "stopped-by-message",
                "a no that came by mail was carried out",
                "You said no, and we have stopped",
                (
                    "On {at} a message from you asked us to stop {choice}. We have stopped: nothing of that kind is sent to you any more.",
                    "Messages that belong to your account, such as this one, still come.",
                ),
                "",
                ("If this was not you, or you think again, change your answer in your account at any time.",),
            ),
            Notice(
                "choice-recorded",
                "a choice about messages was changed",
                "Your choice about our messages is recorded",
                (
                    "On {at} we recorded your answer about {choice}: {answer}. You can change it at any time in your account.",
                ),
            ),
            Notice(
                "proof-of-delivery",
                "tells the customer that their shipment is delivered",
                "Your shipment {number} is delivered",
                (
                    "Your shipment {number} was delivered on {at}. It was received by {received}.",
                    "Your account shows every step of its way.",
                ),
            ),
            Notice(
                "proof-of-delivery-named",
                "tells somebody whom the customer named that a shipment is delivered",
                "Shipment {number} is delivered",
                (
                    "Shipment {number} was delivered on {at}. It was received by {received}.",
                    "Whoever sent it asked {service} to tell you. Your address is used for this message and for nothing else.",
                ),
            ),
            Notice(
                "delivery-taken-back",
                "tells the customer that their shipment is not delivered after all",
                "Your shipment {number} is not delivered after all",
                (
                    "We wrote to you that your shipment {number} was delivered on {at}. That was reported by mistake.",
                    "It is still on its way. You hear from us once it has arrived.",
                ),
            ),
            Notice(
                "delivery-taken-back-named",
                "tells somebody whom the customer named that a shipment is not delivered after all",
                "Shipment {number} is not delivered after all",
                (
                    "We wrote to you that shipment {number} was delivered on {at}. That was reported by mistake.",
                    "It is still on its way. Whoever sent it asked {service} to tell you once it has arrived.",
                ),
            ),
            Notice(
                "policy-changed",
                "the policy is to change in a way that matters to people",
                "The privacy policy of {service} changes",
                (
                    "A new version of our privacy policy is announced. It takes effect on {day}, or later if others are told later.",
                    "What it changes for you stands on one page, what weighs most first.",
                ),
                "See what changes",
                (
                    "What we already hold about you stays under the version it came in under, unless you agree to more in your account.",
                ),
            ),
            Notice(
                "demand-told",
                "what is held about somebody was given out on a legal demand",
                "What we hold about you was given out, number {number}",
                (
                    "On {at} we gave something that we hold about you to {whom}, because our policy lets us on this ground: {ground}.",
                    "It was: {what}. Nothing else went. Your account shows it, with a receipt.",
                ),
                "See it in your account",
                ("If you have a question, write to us and name the number {number}.",),
            ),
            Notice(
                "merger",
                "another business takes over, or the two become one; goes to everybody before anything is handed over",
                "{service} is being taken over by {successor}",
                (
                    "{successor} takes over the business of {service}. What we know about you as a customer goes there with it, on {day} at the earliest.",
                    "From then on the policy of {successor} applies to what went over. It stands here: {policy_address}",
                    "You need not do anything. Until then you can see, correct and take a copy of what we hold, or close your account so that it does not go.",
                ),
                "Go to your account",
                ("Our reports about orders and visits name nobody and stay here.",),
            ),
            Notice(
                "merger-cancelled",
                "a merger that people were told of was called off",
                "{service} is not being taken over after all",
                (
                    "We told you that {successor} takes over our business. That was called off on {at}. Nothing of yours went there because of it.",
                ),
            ),
            Notice(
                "policy-change-called-off",
                "a change of the policy that they were told of does not come",
                "The privacy policy of {service} stays as it is",
                (
                    "We wrote to you about a new version of our privacy policy, of {day}. It is called off and does not take effect.",
                    "If it comes at another time, we tell you again before.",
                ),
            ),
            Notice(
                "copy-taken",
                "a copy of what is held was taken",
                "A copy of what we hold about you was taken",
                (
                    "On {at} somebody who was signed in to your account took a copy of what we hold about you.",
                    _LOOK_AFTER,
                ),
            ),
            Notice(
                "data-given",
                "what somebody permitted was handed over",
                "What you permitted was handed over",
                ("On {at} {service} handed over what you had permitted. Your account shows what went and to whom.",),
                "See it in your account",
                ("A permission that still counts can be withdrawn there at any time. " + _LOOK_AFTER,),
            ),
            Notice(
                "recipient-told-erased",
                "goes to somebody outside who was given data of a person that has had everything erased since",
                "Please erase what {service} gave you: {references}",
                (
                    "{service} gave you data of one person. The documents that you got have these references: {all_references}. This message names nobody.",
                    "On {at} the person had everything erased that we held about them. So you may not use these data for {purpose} any more.",
                    "Please erase them, apart from what a law has you keep. If you cannot, answer this message.",
                ),
            ),
            Notice(
                "approval-asked",
                "asks somebody outside whether a demand for data may be answered, where the policy lets them stand in",
                "{service} asks whether you agree",
                (
                    "{service} may give something out on a legal demand only if enough people agree, and asks you to be one of them. This message names nobody.",
                    "The page says what it is about, and has a button for yes and one for no. This mail alone has the link, so please do not pass it on.",
                ),
                "See what it is about",
                ("The link works once, until {until}.", "If you do not want to answer, you need not do anything."),
            ),
            Notice(
                "proof-broken",
                "goes to whoever answers for privacy: a sentence of the policy is broken, as a proof found",
                "A sentence of the policy of {service} is broken",
                (
                    "Something goes against this sentence of the policy of {service}: “{sentence}”",
                    "Why: {why}",
                    "It is so since the proof of {at}. You get one mail for each time that a sentence breaks.",
                ),
                "See what was looked at",
            ),
            Notice(
                "proof-broken-many",
                "goes to whoever answers for privacy: many sentences of the policy are broken at once, as a proof found",
                "{count} sentences of the policy of {service} are broken",
                (
                    "Something goes against {count} sentences of the policy of {service}. The first is: “{sentence}”",
                    "Why: {why}",
                    "They are so since the proof of {at}. So many at once often have one reason.",
                ),
                "See all of them",
            ),
            Notice(
                "proof-faults",
                "goes to whoever answers for privacy: something was wrong with a proof itself",
                "Something is wrong with the proof of {service}",
                (
                    "The proof of {at} found something wrong with what it looks at: {why}",
                    "Until that is mended, what stands there shows less than it says.",
                ),
                "See what was looked at",
            ),
            Notice(
                "proof-broke-off",
                "goes to whoever answers for privacy: a proof could not be finished",
                "The proof of {service} broke off",
                (
                    "The proof that was begun on {at} could not be finished: {why}. It shows nothing, and the one before it grows old.",
                    "It is tried again after an hour. Whoever runs the server finds more in its log.",
                ),
                "See the runs",
            ),
            Notice(
                "vouching-due",
                "goes to whoever answers for privacy: a statement of the policy has to be vouched for",
                "Please vouch for a statement of {service}",
                (
                    "The policy of {service} has {role} vouch for this: “{statement}”",
                    "{why} Only who looked at it themselves signs it.",
                ),
                "Look and sign",
            ),
            Notice(
                "vouching-lapsed",
                "goes to whoever answers for privacy: nobody vouches for a statement of the policy any more",
                "Nobody vouches for a statement of {service} any more",
                (
                    "The policy of {service} has {role} vouch for this: “{statement}”",
                    "{why} Until somebody signs again, the sentences that rest on it count as expired.",
                ),
                "Look and sign",
            ),
            Notice(
                "recipient-told",
                "goes to somebody outside who was given data of a person that has said no since",
                "What {service} gave you may not be used any more: {references}",
                (
                    "{service} gave you data of one person. The document that you got has the reference {references}; this message names nobody.",
                    "Since {at} you may not use these data for {purpose} any more. The person has said no, or has taken back the permission.",
                    "Please stop, and erase what you have no other ground to keep. If you cannot, answer this message.",
                ),
            ),
        )
    }
)
