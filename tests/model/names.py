"""The second reading, part two: the declared names of a policy and what each of them opens into."""

from __future__ import annotations

from typing import Any

NOT_NAMED = "(not named)"
HERE = "here"

# the words every policy may use without declaring them
OWN_TOUCHPOINTS = ["policy", "account", "home"]
WIDE_TOUCHPOINTS = ["anywhere", "every page", "every form", "every email address"]  # stand for others
OWN_AUDIENCES = ["visitors", "customers", "account holders", "affected people", "everybody"]
OWN_FACTS = [
    "requested", "permitted", "stated", "named", "bound", "routed", "in scope", "expired", "granted", "assigned",
    "merging", "told", "known minor", "erasing",
]  # fmt: skip
OWN_EVENTS = [
    "material change", "small change", "any change", "new purpose", "breach is believed", "merging",
    "removal is asked", "minor is known", "the visit ends", "it takes effect", "the transfer", "use", "posting",
]  # fmt: skip


class Names:
    """What a policy declares, in the order in which it declares it."""

    def __init__(self, declared: dict[str, Any]) -> None:
        self.data: dict[str, list[str]] = {}  # name -> what stands right below it; nothing below a leaf
        self.purposes: dict[str, list[str]] = {}
        read_tree(declared["data"], "", self.data)
        self.data.update({name: list(below) for name, below in (declared.get("groups") or {}).items()})
        read_tree(declared["purposes"], "", self.purposes)
        self.recipients = list(declared.get("recipients") or [])
        self.roles = list(declared.get("roles") or [])
        self.touchpoints = list(declared.get("touchpoints") or [])
        self.noting = [
            name for name, page in (declared.get("touchpoints") or {}).items() if page in ("automatic", "every page")
        ]  # where a server notes by itself
        self.places = list(declared.get("places") or [])
        self.regions = list(declared.get("regions") or [])
        self.choices = list(declared.get("choices") or [])
        self.grounds = list(declared.get("grounds") or [])
        self.facts = [*OWN_FACTS, *(declared.get("facts") or [])]
        self.events = [*OWN_EVENTS, *(declared.get("events") or [])]
        self.mail: dict[str, str] = dict(declared.get("mail") or {})
        self.audiences: dict[str, list[str]] = {name: [] for name in OWN_AUDIENCES}
        for name, members in (declared.get("audiences") or {}).items():
            self.audiences[name] = [members] if isinstance(members, str) else list(members)
        self.settled: dict[str, str] = {
            name: value for name, value in (declared.get("settle") or {}).items() if isinstance(value, str)
        }
        self.data_leaves = [name for name, below in self.data.items() if not below]
        self.purpose_leaves = [name for name, below in self.purposes.items() if not below]

    def of_sort(self, sort: str) -> list[str]:
        """Every name that a rule may write where a name of this sort is wanted."""
        return {
            "data": [*self.data, "anything"],
            "purpose": [*self.purposes, "any purpose"],
            "recipient": [*self.recipients, "anyone"],
            "role": [*self.roles, "anyone", "self"],
            "touchpoint": [*self.touchpoints, *OWN_TOUCHPOINTS, *WIDE_TOUCHPOINTS],
            "place": [*self.places, "anywhere"],
            "region": self.regions,
            "choice": self.choices,
            "ground": self.grounds,
            "fact": self.facts,
            "event": self.events,
            "mail": list(self.mail),
            "audience": list(self.audiences),
            "parameter": list(self.settled),
        }[sort]

    def leaves_of_data(self, name: str) -> list[str]:
        """The leaves below this name, the name itself when it is a leaf, all for `anything`."""
        if name == "anything":
            return self.data_leaves
        return [leaf for leaf in self.data_leaves if leaf in below(name, self.data)]

    def leaves_of_purpose(self, name: str) -> list[str]:
        """The leaves below this name; `any purpose` also holds what the policy does not name."""
        if name == "any purpose":
            return [*self.purpose_leaves, NOT_NAMED]
        return [leaf for leaf in self.purpose_leaves if leaf in below(name, self.purposes)]


def read_tree(tree: dict[str, Any], above: str, found: dict[str, list[str]]) -> None:
    for name, inside in tree.items():
        path = above + name
        if isinstance(inside, dict):
            found[path] = [f"{path}.{child}" for child in inside]
            read_tree(inside, f"{path}.", found)
        else:
            found[path] = []


def below(name: str, tree: dict[str, list[str]]) -> set[str]:
    """Everything at or below a name, groups inside groups opened."""
    return {name}.union(*(below(child, tree) for child in tree[name]))
