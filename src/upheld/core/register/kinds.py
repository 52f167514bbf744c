"""Which forms of rule can uphold a clause of each kind; knows the names of kinds and forms, and no policy."""

from __future__ import annotations

from types import MappingProxyType

# As narrow as the meaning of a kind allows. What a clause needs of another kind it has in its `also`: a link that has
# to be seen is `show`, a purpose that a log is kept to is `use-for`.
FORMS_OF_KINDS = MappingProxyType(
    {
        kind: frozenset(forms.split())
        for kind, forms in {
            # taking in
            "collect": "collect collect_only at_collect_only tag claim_collected claim_at",
            "mark-required": "mark let",
            "never-collect": "never_collect never_employ collect_only at_collect_only claim_nothing_collects "
            "claim_collected claim_at claim_employs",
            # a token in a link is a log too: the site works by it without cookies, and it goes nowhere else
            "log-what": "record record_only at_record_only work never_share claim_collected claim_at",
            "cookie": "set_cookie work never_employ claim_employs claim_cookies",
            "anonymous-visit": "work never_collect claim_nothing_collects",
            "age-limit": "require_age never_collect never_keep claim_nothing_collects claim_nothing_keeps",
            "signal-dnt": "honour ignore",
            # using
            # a feature that is run, such as a forum, is a use of what people write there
            "use-for": "use use_only for_use_only never_use send allow claim_nothing_uses claim_used claim_for",
            "never-use-for": "never_use use_only for_use_only claim_nothing_uses claim_used claim_for",
            "aggregate-only": "use_only for_use_only show_only for_show_only share share_only for_share_only claim_leaves",
            "de-identify": "keep_apart use_only for_use_only never_share claim_at claim_leaves",
            # giving out
            # whoever reads a forum is a recipient as well, reached by `show ... to anyone`
            "disclose-to": "share share_one share_only for_share_only show",
            "never-disclose": "never_share share_only for_share_only claim_outside claim_gets claim_leaves",
            "processor-terms": "bind share_only for_share_only never_share claim_gets",
            # a place is tagged where data are opened from another country
            "transfer-country": "store store_only tag claim_stored",
            "legal-process": "share share_one share_only for_share_only never_share tell attest review claim_outside",
            "merger": "share share_only for_share_only never_share tell claim_outside",
            # choice
            "opt-in": "choice_is choice_changed share send never_share never_use claim_outside claim_gets "
            "claim_nothing_uses",
            "opt-out": "choice_is choice_changed choice_stops honour",
            "cannot-opt-out": "choice_spares show_part",
            "unsubscribe": "put put_every choice_changed",
            # life cycle
            "access": "answer show let",
            "correct": "answer let choice_changed",
            "delete-when": "erase answer",
            "retain": "keep keep_until keep_while store never_keep claim_nothing_keeps",
            # protecting
            "access-role": "show show_only for_show_only never_show review claim_see claim_nothing_shows",
            "protect-at-rest": "protect",
            "encrypt-in-transit": "protect",
            "email-security": "protect",
            "human-attested": "attest review never_certificate claim_certificate",
            "breach-notify": "tell delay",
            # policy itself
            "scope": "applies applies_not covers counts leave_out tag",
            # what people have to be told of first is banned until they are
            "notify-change": "tell show_part never_use",
            "version-effective": "change tag",
            "show": "show_part put allow",
            "statement-only": "state",
        }.items()
    }
)
