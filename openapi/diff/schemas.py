"""Compares two schemas for one direction.

What clients send has to be accepted as before, so a schema that narrows breaks them. What they read has to be what they
were promised, so a schema that widens breaks them: a member that may be missing, a type or a value that they do not know.
Looser bounds, patterns and the like of an answer are of no consequence, and neither are members that are new.
"""

import json
from fractions import Fraction

from nodes import ANYTHING, LOWER, UPPER, Schema

# From left to right more values.
WIDER = [("int32", "int64"), ("float", "double")]
# What a reader of an answer relies on, unlike pattern and the like.
RELIED_ON = {"format", "contentEncoding", "contentMediaType", "patternProperties", "prefixItems"}


class Comparison:
    """`say(place, what, breaks)` hears of each difference. One of these is for one direction and one place where a schema
    is used; pairs that it has met it does not compare again, so it ends on schemas that contain themselves."""

    def __init__(self, sent, say):
        self.sent = sent
        self.say = say
        self.seen = set()

    def changed(self, place, what, narrowed=False, widened=False, relied_on=True):
        self.say(place, what, narrowed if self.sent else widened and relied_on)

    def schemas(self, old, new):
        pair = (old.identity, new.identity)
        if pair in self.seen:
            return
        self.seen.add(pair)
        a, b = old.view(self.sent), new.view(self.sent)
        if a.branches or b.branches:
            self.branches(old, new, a, b)
        if bool(a.branches) == bool(b.branches) and self.types(a, b):
            self.values(a, b)
            self.bounds(a, b)
            self.others(a, b)
            self.members(a, b)
            self.rest(old, new, a, b)
            if a.items or b.items:
                self.schemas(a.items or anything(old, a), b.items or anything(new, b))
        if a.default != b.default:
            was = f"; it was {a.default}" if a.default else ""
            self.changed(b.place, f"default is {b.default or 'gone'}{was}", narrowed=a.default is not None)
        if b.deprecated and not a.deprecated:
            self.say(b.place, "is deprecated", False)

    def types(self, a, b):
        """Whether there is anything left to compare."""
        if a.types != b.types:
            what = f"type is {shown(b.types)}; it was {shown(a.types)}"
            self.changed(b.place, what, narrowed=bool(a.types - b.types), widened=bool(b.types - a.types))
        return bool(a.types & b.types - {"null"})

    def values(self, a, b):
        if a.values is None and b.values is not None:
            self.changed(b.place, f"only {', '.join(b.values)} are values; any were", narrowed=True)
        elif a.values is not None and b.values is None:
            self.changed(b.place, f"any value may come; only {', '.join(a.values)} were values", widened=True)
        elif a.values is not None:
            for value in [value for value in a.values if value not in b.values]:
                self.changed(b.place, f"value {value} is gone", narrowed=True)
            for value in [value for value in b.values if value not in a.values]:
                self.changed(b.values[value], f"value {value} is new", widened=True)

    def bounds(self, a, b):
        for keyword in list(LOWER) + list(UPPER):
            old, new = a.bounds.get(keyword), b.bounds.get(keyword)
            if old == new or old and new and old[:2] == new[:2]:
                continue
            what = f"{keyword} is {bound(new)}; it was {bound(old)}" if old else f"{keyword} is {bound(new)}"
            tighter = old is None or new is not None and is_tighter(keyword, new, old)
            place = new[2] if new else b.place
            self.changed(place, what, narrowed=tighter, widened=not tighter, relied_on=False)

    def others(self, a, b):
        for keyword in sorted(set(a.others) | set(b.others)):
            old, _ = a.others.get(keyword, (set(), a.place))
            new, place = b.others.get(keyword, (set(), b.place))
            if old == new:
                continue
            what = f"{keyword} is {listed(new)}" + (f"; it was {listed(old)}" if old else "")
            if keyword.startswith("x-"):
                self.say(place, what, False)
                continue
            narrowed, widened = bool(new - old), bool(old - new)
            if keyword in ["format", "multipleOf"] and len(old) == len(new) == 1:
                (one,), (other,) = map(json.loads, old), map(json.loads, new)
                narrowed, widened = not is_wider(keyword, other, one), not is_wider(keyword, one, other)
            self.changed(place, what, narrowed, widened, keyword in RELIED_ON)

    def members(self, a, b):
        for name, member in a.members.items():
            if name not in b.members:
                mark = "; it had been deprecated" if member.has("deprecated") else ""
                effect = (": it is refused" if b.closed else ": it has no effect") if self.sent else ""
                self.say(member.view(self.sent).place, f"member {name} is gone{effect}{mark}", True)
        for name, member in b.members.items():
            if name in a.members:
                self.schemas(a.members[name], member)
            elif name in b.required and self.sent:
                self.changed(member.parts[0][1], f"member {name} is new and required", narrowed=True)
            else:
                free = "" if a.closed or not self.sent else "; so far it was free for anything"
                self.say(member.parts[0][1], f"member {name} is new{free}", False)
        for name in a.required.keys() - b.required.keys():
            if name in b.members or name not in a.members:
                self.changed(b.place, f"member {name} is not required any more", widened=True)
        for name in b.required.keys() - a.required.keys():
            if name in a.members or name not in b.members:
                self.changed(b.required[name], f"member {name} is required", narrowed=True)
        if a.discriminator != b.discriminator:
            what = f"the discriminator is {b.discriminator}; it was {a.discriminator}"
            self.changed(b.place, what, narrowed=True, widened=True)

    def rest(self, old, new, a, b):
        """Members that are not declared. A client has to bear those that it does not know."""
        if b.closed and not a.closed:
            self.changed(b.closed, "members that are not declared are refused", narrowed=True)
        elif a.closed and not b.closed:
            self.changed(b.place, "members that are not declared may come", widened=True, relied_on=False)
        elif not a.closed and (a.rest or b.rest):
            self.schemas(a.rest or anything(old, a), b.rest or anything(new, b))

    def branches(self, old, new, a, b):
        before, after = a.branches or {old.component(): old}, b.branches or {new.component(): new}
        for name in [name for name in before if name not in after]:
            mark = "; it had been deprecated" if before[name].has("deprecated") else ""
            self.changed(b.place, f"choice {name or shown(a.types)} is gone{mark}", narrowed=True)
        for name in [name for name in after if name not in before]:
            self.changed(b.place, f"choice {name or shown(b.types)} is new", widened=True)
        for name in [name for name in after if name in before]:
            self.schemas(before[name], after[name])


def anything(schema, view):
    return Schema(schema.document, [({}, view.place)])


def is_tighter(keyword, new, old):
    if new[0] == old[0]:
        return new[1]
    return new[0] > old[0] if keyword in LOWER else new[0] < old[0]


def is_wider(keyword, new, old):
    """Whether every value of `old` is one of `new`."""
    if keyword == "multipleOf":
        return Fraction(str(old)) % Fraction(str(new)) == 0
    return (old, new) in WIDER


def bound(value):
    return "gone" if value is None else f"{value[0]} itself excluded" if value[1] else str(value[0])


def listed(texts):
    return " and ".join(sorted(texts)) or "gone"


def shown(types):
    if types == ANYTHING:
        return "anything"
    return " or ".join(sorted(types - {"integer"} if "number" in types else types)) or "nothing"
