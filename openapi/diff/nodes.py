"""What a schema says, whatever way it is written: `$ref`, `allOf` and `oneOf` with `null` are resolved.

A schema is a list of parts that all hold, each with its place in the document, so that `allOf` and a `$ref` with
siblings are more parts. Nothing is resolved before somebody asks, so schemas may contain themselves.
"""

import json
from dataclasses import dataclass, field

# `number` stands for those that are no integers, so that a set of types is a set of values.
TYPES = {
    "null": {"null"},
    "boolean": {"boolean"},
    "object": {"object"},
    "array": {"array"},
    "string": {"string"},
    "integer": {"integer"},
    "number": {"number", "integer"},
}
ANYTHING = frozenset().union(*TYPES.values())
LOWER = {"minimum": "exclusiveMinimum", "minLength": None, "minItems": None, "minProperties": None}
UPPER = {"maximum": "exclusiveMaximum", "maxLength": None, "maxItems": None, "maxProperties": None}
# They change no value that is sent. What is left of a schema's keywords is compared as it is written.
TEXTS = set("title description summary example examples externalDocs $comment xml deprecated readOnly writeOnly".split())
STRUCTURE = set(
    "$ref allOf oneOf anyOf discriminator type const enum properties required additionalProperties items default "
    "unevaluatedProperties exclusiveMinimum exclusiveMaximum".split()
)


def canonical(value):
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def escaped(name):
    return name.replace("~", "~0").replace("/", "~1")


class Document:
    def __init__(self, root):
        self.root = root
        self.viewed = set()  # the schemas that are being looked at

    def resolved(self, value, place):
        """What a `$ref` leads to, and where that is."""
        while isinstance(value, dict) and "$ref" in value:
            place = value["$ref"].removeprefix("#")
            value = self.at(place)
        return value, place

    def at(self, place):
        found = self.root
        for token in place.split("/")[1:]:
            token = token.replace("~1", "/").replace("~0", "~")
            try:
                found = found[int(token)] if isinstance(found, list) else found[token]
            except (KeyError, IndexError, ValueError):
                raise LookupError(f"$ref: '#{place}' leads nowhere") from None
        return found


@dataclass
class View:
    """The keywords of all parts together. Where several say the same, the tighter one counts."""

    place: str
    types: frozenset = ANYTHING
    values: dict | None = None  # of `enum` and `const`, without null: canonical text to place
    bounds: dict = field(default_factory=dict)  # keyword to (number, whether it is itself excluded, place)
    members: dict = field(default_factory=dict)
    required: dict = field(default_factory=dict)  # name to place
    closed: str | None = None  # where undeclared members are refused
    rest: "Schema | None" = None  # what undeclared members are like
    items: "Schema | None" = None
    branches: dict = field(default_factory=dict)
    discriminator: str | None = None
    default: str | None = None
    deprecated: bool = False
    others: dict = field(default_factory=dict)  # keyword to (set of canonical texts, place)


class Schema:
    def __init__(self, document, parts):
        self.document = document
        self.parts = parts

    @property
    def identity(self):
        return tuple(place for _, place in self.parts)

    def flat(self):
        """Each part that says something by itself, with whether null may come in its place."""
        found, seen = [], set()
        waiting = [(value, place, False) for value, place in reversed(self.parts)]
        while waiting:
            value, place, null = waiting.pop()
            if place in seen:
                continue
            seen.add(place)
            value = {True: {}, False: {"not": {}}}[value] if isinstance(value, bool) else value
            more = []
            if "$ref" in value:
                target = value["$ref"].removeprefix("#")
                more.append((self.document.at(target), target, null))
            more += [(part, f"{place}/allOf/{n}", null) for n, part in enumerate(value.get("allOf", []))]
            for keyword in ["oneOf", "anyOf"]:
                some = [(n, part) for n, part in enumerate(value.get(keyword, [])) if not is_null(part)]
                if len(some) == 1:
                    (n, part) = some[0]
                    nullable = null or len(value[keyword]) > 1
                    more.append((part, f"{place}/{keyword}/{n}", nullable))
            found.append((value, place, null))
            waiting += reversed(more)
        return found

    def has(self, mark):
        """Whether `deprecated`, `readOnly` or `writeOnly` is said of it."""
        return any(value.get(mark) for value, _, _ in self.flat())

    def component(self):
        """The name of the component that this is, if it is one."""
        places = [place for _, place, _ in self.flat()]
        names = [place.split("/")[3] for place in places if place.startswith("/components/schemas/")]
        return names[0] if names else None

    def view(self, sent):
        """`sent` tells whether clients send it: then it has no members that are `readOnly`, else none that are
        `writeOnly`."""
        parts = self.flat()
        saying = [place for value, place, _ in parts if set(value) - TEXTS - {"$ref"}]
        view = View((saying or [parts[-1][1]])[0])
        # A choice may lead back to itself.
        if self.identity in self.document.viewed:
            return view
        self.document.viewed.add(self.identity)
        for value, place, null in parts:
            self.add_values(view, value, place, null)
            self.add_object(view, value, place)
            self.add_branches(view, value, place, sent)
            self.add_others(view, value, place)
        self.document.viewed.remove(self.identity)
        hidden = "readOnly" if sent else "writeOnly"
        for name in [name for name, member in view.members.items() if member.has(hidden)]:
            del view.members[name]
            view.required.pop(name, None)
        if view.types & {"integer", "number"} == {"integer"}:
            as_integers(view.bounds)
        return view

    def add_others(self, view, value, place):
        if "items" in value:
            view.items = joined(view.items, self.child(value["items"], f"{place}/items"))
        if "default" in value:
            view.default = canonical(value["default"])
        view.deprecated |= bool(value.get("deprecated"))
        for keyword in set(value) - TEXTS - STRUCTURE - set(LOWER) - set(UPPER):
            texts = view.others.get(keyword, (set(), place))[0]
            view.others[keyword] = (texts | {canonical(value[keyword])}, place)

    def child(self, value, place):
        return Schema(self.document, [(value, place)])

    def add_values(self, view, value, place, null):
        names = value.get("type", list(TYPES))
        types = set().union(*(TYPES[name] for name in ([names] if isinstance(names, str) else names)))
        values = [value["const"]] if "const" in value else value.get("enum")
        if values is not None:
            types &= set().union(*(type_of(one) for one in values))
            mine = {canonical(one): place for one in values if one is not None}
            view.values = mine if view.values is None else {v: p for v, p in view.values.items() if v in mine}
        view.types &= frozenset(types | ({"null"} if null else set()))
        for keywords, tighter in [(LOWER, max), (UPPER, min)]:
            for keyword, exclusive in keywords.items():
                for name, excluded in [(keyword, False), (exclusive, True)]:
                    if name in value and not (keyword in LOWER and keyword != "minimum" and value[name] == 0):
                        given = (value[name], excluded, place)
                        view.bounds[keyword] = tighter(given, view.bounds.get(keyword, given), key=lambda one: one[0])

    def add_object(self, view, value, place):
        for name, member in value.get("properties", {}).items():
            child = self.child(member, f"{place}/properties/{escaped(name)}")
            view.members[name] = joined(view.members.get(name), child)
        view.required |= {name: place for name in value.get("required", [])}
        for keyword in ["additionalProperties", "unevaluatedProperties"]:
            rest = value.get(keyword, True)
            if rest is False:
                view.closed = place
            elif rest is not True and rest != {}:
                view.rest = joined(view.rest, self.child(rest, f"{place}/{keyword}"))

    def add_branches(self, view, value, place, sent):
        property_name = value.get("discriminator", {}).get("propertyName")
        mapping = {target: name for name, target in value.get("discriminator", {}).get("mapping", {}).items()}
        view.discriminator = property_name or view.discriminator
        for keyword in ["oneOf", "anyOf"]:
            branches = value.get(keyword, [])
            some = [(n, branch) for n, branch in enumerate(branches) if not is_null(branch)]
            if len(some) < 2:
                continue
            types = {"null"} if len(some) < len(branches) else set()
            for n, branch in some:
                child = self.child(branch, f"{place}/{keyword}/{n}")
                types |= child.view(sent).types
                name = child.told_by(property_name, sent) or mapping.get(branch.get("$ref"))
                view.branches[name or child.component() or canonical(branch)] = child
            view.types &= frozenset(types)

    def told_by(self, property_name, sent):
        """The value of the discriminator that stands for this branch."""
        member = self.view(sent).members.get(property_name)
        values = list((member and member.view(sent).values) or {})
        return json.loads(values[0]) if len(values) == 1 else None


def joined(one, other):
    return other if one is None else Schema(one.document, one.parts + other.parts)


def is_null(schema):
    return isinstance(schema, dict) and schema.get("type") == "null"


def type_of(value):
    if isinstance(value, float):
        return {"integer"} if value.is_integer() else {"number"}
    names = [(bool, "boolean"), (int, "integer"), (str, "string"), (list, "array"), (dict, "object"), (type(None), "null")]
    return {next(name for of, name in names if isinstance(value, of))}


def as_integers(bounds):
    """`exclusiveMinimum: 0` of an integer is `minimum: 1`."""
    for keyword, step in [("minimum", 1), ("maximum", -1)]:
        if keyword in bounds and bounds[keyword][1] and float(bounds[keyword][0]).is_integer():
            number, _, place = bounds[keyword]
            bounds[keyword] = (int(number) + step, False, place)
