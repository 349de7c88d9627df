"""Compares two documents: operations, what they take and answer, who may call them, and the job types."""

from nodes import Document, Schema, canonical, escaped
from schemas import Comparison

METHODS = "get put post delete options head patch trace".split()
# What of an operation and of a document is compared, or is text; a difference in anything else is reported as it is.
OF_OPERATION = set("operationId tags summary description externalDocs deprecated parameters requestBody responses security "
                   "servers x-planned".split())
OF_DOCUMENT = set("openapi info tags externalDocs security paths components x-job-types "
                  "x-undeclared-query-parameters".split())
OF_SCHEME = ["type", "scheme", "in", "name", "openIdConnectUrl"]

SENDS = "clients that send"
READS = "clients that read the answer of"
CALLS = "clients that call"
NAMES = "code with an SDK that calls"
PUTS_IN = "clients that put in jobs of the type"
DEPRECATED = "; it had been deprecated"


class Contract:
    """Two documents and what hears of their differences: `say(place, what, breaks, who, where)`."""

    def __init__(self, old, new, say):
        self.old, self.new = Document(old), Document(new)
        self.say = say

    def compare(self):
        old, new = self.operations(self.old), self.operations(self.new)
        for key in [key for key in old if key not in new]:
            before = old[key]
            mark = DEPRECATED if before.value.get("deprecated") else ""
            self.say(before.place, f"operation is gone{mark}", not before.planned, CALLS, before.label)
        for key, after in new.items():
            # What is planned answers nobody yet, so nobody can rely on it.
            if key not in old or old[key].planned:
                self.say(after.place, "operation is planned" if after.planned else "operation is new", False)
            else:
                Operations(self, old[key], after).compare()
        self.job_types()
        self.of_document()

    def operations(self, document):
        """By method and path, whose parameters may be called otherwise."""
        found = {}
        for path, item in document.root.get("paths", {}).items():
            item, place = document.resolved(item, f"/paths/{escaped(path)}")
            names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
            pattern = "/".join("{}" if part.startswith("{") else part for part in path.split("/"))
            for method in METHODS:
                if method in item:
                    found[method, pattern] = Operation(document, item, place, method, path, names)
        return found

    def schemas(self, old, new, sent, who, where):
        """Two pairs of a schema and its place."""
        comparison = Comparison(sent, lambda place, what, breaks: self.say(place, what, breaks, who, where))
        comparison.schemas(Schema(self.old, [old]), Schema(self.new, [new]))

    def job_types(self):
        old, new = (document.root.get("x-job-types", {}) for document in (self.old, self.new))
        for name, job in old.items():
            place = f"/x-job-types/{escaped(name)}"
            if name not in new:
                mark = DEPRECATED if job.get("deprecated") else ""
                self.say(place, f"job type is gone{mark}; jobs of it that wait will fail", True, PUTS_IN, name)
                continue
            pair = [(types[name].get("payload", {}), f"{place}/payload") for types in (old, new)]
            self.schemas(*pair, True, PUTS_IN, name)
        for name in [name for name in new if name not in old]:
            self.say(f"/x-job-types/{escaped(name)}", "job type is new", False)

    def of_document(self):
        old, new = self.old.root, self.new.root
        keyword = "x-undeclared-query-parameters"
        if old.get(keyword) != new.get(keyword):
            refuses = new.get(keyword) == "refuse"
            self.say(f"/{keyword}", f"is {new.get(keyword)}; it was {old.get(keyword)}", refuses, SENDS, "any operation")
        for keyword in sorted((set(old) | set(new)) - OF_DOCUMENT):
            if old.get(keyword) != new.get(keyword):
                self.say(f"/{escaped(keyword)}", "differs", False)
        before, after = (set(root.get("components", {}).get("schemas", {})) for root in (old, new))
        for name in sorted(before - after):
            self.say(f"/components/schemas/{escaped(name)}", "schema is gone, and the type of this name in the SDKs", False)


class Operation:
    def __init__(self, document, item, place, method, path, names):
        self.document = document
        self.value = item[method]
        self.place = f"{place}/{method}"
        self.planned = bool(self.value.get("x-planned"))
        self.label = f"{method.upper()} {path}"
        self.parameters = {}
        for value, at in [(item, place), (self.value, self.place)]:
            for n, parameter in enumerate(value.get("parameters", [])):
                parameter, there = document.resolved(parameter, f"{at}/parameters/{n}")
                name = parameter["name"]
                key = names.index(name) if name in names and parameter["in"] == "path" else name
                key = name.lower() if parameter["in"] == "header" else key
                self.parameters[parameter["in"], key] = (parameter, there)

    def security(self):
        """Where it is said, and the alternatives: each by what a scheme is, with its scopes."""
        own = "security" in self.value
        alternatives = self.value.get("security") if own else self.document.root.get("security", [])
        schemes = self.document.root.get("components", {}).get("securitySchemes", {})
        found = []
        for alternative in alternatives or [{}]:
            whole = {}
            for name, scopes in alternative.items():
                scheme, _ = self.document.resolved(schemes.get(name, {}), "")
                whole[canonical({key: scheme.get(key) for key in OF_SCHEME})] = (name, set(scopes))
            found.append(whole)
        return f"{self.place}/security" if own else "/security", found


class Operations:
    """An operation before and after."""

    def __init__(self, contract, old, new):
        self.contract = contract
        self.old, self.new = old, new

    def say(self, place, what, breaks, who=CALLS):
        self.contract.say(place, what, breaks, who, self.new.label)

    def schemas(self, old, new, sent):
        self.contract.schemas(old, new, sent, SENDS if sent else READS, self.new.label)

    def compare(self):
        old, new = self.old.value, self.new.value
        if self.new.planned:
            self.say(self.new.place, "operation is only planned: it answers 501", True)
        if old.get("operationId") != new.get("operationId"):
            what = f"is called {new.get('operationId')}; it was {old.get('operationId')}"
            self.say(f"{self.new.place}/operationId", what, True, NAMES)
        if new.get("deprecated") and not old.get("deprecated"):
            self.say(self.new.place, "operation is deprecated", False)
        self.security()
        self.parameters()
        self.body()
        self.responses()
        for keyword in sorted((set(old) | set(new)) - OF_OPERATION):
            if old.get(keyword) != new.get(keyword):
                self.say(f"{self.new.place}/{escaped(keyword)}", "differs", False)

    def security(self):
        """Whoever was let in has to be let in: each old alternative by one that asks for no more."""
        (_, old), (place, new) = self.old.security(), self.new.security()
        if old == new:
            return

        def enough(had, needs):
            return all(scheme in had and scopes <= had[scheme][1] for scheme, (_, scopes) in needs.items())

        closed = any(not any(enough(had, needs) for needs in new) for had in old)
        what = f"needs {' or '.join(map(credentials, new))}; it needed {' or '.join(map(credentials, old))}"
        self.say(place, what, closed)

    def parameters(self):
        old, new = self.old.parameters, self.new.parameters
        for key, (parameter, place) in old.items():
            if key not in new:
                mark = DEPRECATED if parameter.get("deprecated") else ""
                self.say(place, f"{parameter['in']} parameter {parameter['name']} is gone{mark}", True, SENDS)
        for key, (parameter, place) in new.items():
            if key in old:
                self.parameter(*old[key], parameter, place)
            elif parameter.get("required"):
                self.say(place, f"{parameter['in']} parameter {parameter['name']} is new and required", True, SENDS)
            else:
                self.say(place, f"{parameter['in']} parameter {parameter['name']} is new", False)

    def parameter(self, old, old_place, new, place):
        if old["name"] != new["name"] and old["in"] != "header":
            self.say(place, f"path parameter is called {new['name']}; it was {old['name']}", True, NAMES)
        if bool(old.get("required")) != bool(new.get("required")):
            now_required = bool(new.get("required"))
            self.say(place, "is required" if now_required else "is not required any more", now_required, SENDS)
        if layout(old) != layout(new):
            self.say(place, f"is written as {layout(new)}; it was {layout(old)}", True, SENDS)
        if new.get("deprecated") and not old.get("deprecated"):
            self.say(place, "is deprecated", False)
        self.schemas(schema_of(old, old_place), schema_of(new, place), True)

    def body(self):
        places = [f"{operation.place}/requestBody" for operation in (self.old, self.new)]
        old, new = (operation.value.get("requestBody") for operation in (self.old, self.new))
        if old is None or new is None:
            if old is not new:
                needed = new is None or self.contract.new.resolved(new, "")[0].get("required")
                self.say(places[1], "body is gone" if new is None else "body is new", bool(needed), SENDS)
            return
        (old, old_place), (new, place) = self.contract.old.resolved(old, places[0]), self.contract.new.resolved(new, places[1])
        if bool(old.get("required")) != bool(new.get("required")):
            now_required = bool(new.get("required"))
            self.say(place, "body is required" if now_required else "body is not required any more", now_required, SENDS)
        self.content(old, old_place, new, place, True)

    def content(self, old, old_place, new, place, sent):
        before, after = media_types(old, old_place), media_types(new, place)
        for name in [name for name in before if name not in after]:
            self.say(before[name][1], "media type is gone", True, SENDS if sent else READS)
        for name, (media, there) in after.items():
            if name not in before:
                self.say(there, "media type is new", False)
                continue
            was, was_there = before[name]
            if "schema" in was or "schema" in media:
                self.schemas((was.get("schema", {}), f"{was_there}/schema"), (media.get("schema", {}), f"{there}/schema"), sent)
            self.events(was, was_there, media, there)
            if was.get("encoding") != media.get("encoding"):
                self.say(f"{there}/encoding", "differs", sent, SENDS)

    def events(self, old, old_place, new, place):
        before, after = old.get("x-events", {}), new.get("x-events", {})
        for name in before:
            there = f"{{}}/x-events/{escaped(name)}"
            if name in after:
                self.schemas((before[name], there.format(old_place)), (after[name], there.format(place)), False)
            else:
                self.say(there.format(old_place), "event is gone", True, READS)
        for name in [name for name in after if name not in before]:
            self.say(f"{place}/x-events/{escaped(name)}", "event is new", False)

    def responses(self):
        old, new = self.old.value.get("responses", {}), self.new.value.get("responses", {})
        for status in old:
            now = covering(status, new)
            place = f"{self.old.place}/responses/{status}"
            if now is None:
                parts = [one for one in new if status.endswith("XX") and one[0] == status[0]]
                what = f"of status {status}, {' and '.join(parts)} are left" if parts else f"status {status} is gone"
                self.say(place, what, not parts, READS)
                continue
            before = self.contract.old.resolved(old[status], place)
            after = self.contract.new.resolved(new[now], f"{self.new.place}/responses/{now}")
            self.response(*before, *after)
        for status in [status for status in new if status not in old]:
            place = f"{self.new.place}/responses/{status}"
            self.say(place, f"status {status} is new", False)
            before = covering(status, old)
            if before is not None:
                was = self.contract.old.resolved(old[before], f"{self.old.place}/responses/{before}")
                self.response(*was, *self.contract.new.resolved(new[status], place))

    def response(self, old, old_place, new, place):
        self.content(old, old_place, new, place, False)
        before, after = ({name.lower(): name for name in one.get("headers", {})} for one in (old, new))
        for key, name in before.items():
            there = f"{old_place}/headers/{escaped(name)}"
            header, there = self.contract.old.resolved(old["headers"][name], there)
            if key not in after:
                mark = DEPRECATED if header.get("deprecated") else ""
                # A header may be one for many answers, so its name alone does not tell which.
                self.say(f"{old_place}/headers/{escaped(name)}", f"header {name} is gone{mark}", True, READS)
                continue
            now, at = self.contract.new.resolved(new["headers"][after[key]], f"{place}/headers/{escaped(after[key])}")
            if header.get("required") and not now.get("required"):
                self.say(at, f"header {name} is not required any more", True, READS)
            elif now.get("required") and not header.get("required"):
                self.say(at, f"header {name} is required", False)
            self.schemas(schema_of(header, there), schema_of(now, at), False)
        for key in [key for key in after if key not in before]:
            self.say(f"{place}/headers/{escaped(after[key])}", f"header {after[key]} is new", False)
        for name in old.get("links", {}).keys() - new.get("links", {}).keys():
            self.say(f"{old_place}/links/{escaped(name)}", "link is gone", False)


def covering(status, responses):
    """What answers where `status` did: itself, its range, or the default."""
    return next((one for one in [status, f"{status[0]}XX", "default"] if one in responses), None)


def layout(parameter):
    style = parameter.get("style", "form" if parameter["in"] in ["query", "cookie"] else "simple")
    explode = parameter.get("explode", style == "form")
    kind = " as " + " or ".join(parameter["content"]) if "content" in parameter else ""
    return f"{style}, {'exploded' if explode else 'not exploded'}{kind}"


def schema_of(holder, place):
    """The schema of a parameter or a header."""
    if "schema" in holder:
        return holder["schema"], f"{place}/schema"
    for name, media in holder.get("content", {}).items():
        return media.get("schema", {}), f"{place}/content/{escaped(name)}/schema"
    return {}, place


def media_types(holder, place):
    return {name.lower(): (media, f"{place}/content/{escaped(name)}") for name, media in holder.get("content", {}).items()}


def credentials(alternative):
    """`bearerAuth (users:read)`"""
    named = [f"{name} ({' '.join(sorted(scopes))})" if scopes else name for name, scopes in alternative.values()]
    return " and ".join(named) or "nothing"
