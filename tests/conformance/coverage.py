#!/usr/bin/env python3
"""What of the contract no test has met (`make coverage-spec`).

Reads what the tests saw (one JSON object a line, see tests/http/support/spec.rs) and the documents in generated/openapi,
and lists every operation with each of its declared answers and of the constraints on its parameters and its body: those of
default mode, and those that the other modes have besides. Fails when one that no test has met is not in uncovered.txt, or
when one there has been met; `--update` writes that file anew.
"""

import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
KNOWN = pathlib.Path(__file__).with_name("uncovered.txt")
KEYWORDS = (
    "type minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern enum const format "
    "minItems maxItems uniqueItems minProperties maxProperties propertyNames not"
).split()
# They say how a number is stored; its bounds are what is checked.
ANNOTATIONS = ["int32", "int64", "float", "double"]
METHODS = "get put post delete options head patch trace".split()


class Document:
    def __init__(self, mode):
        self.root = json.loads((ROOT / f"generated/openapi/{mode}.json").read_text())

    def resolved(self, node):
        while "$ref" in node:
            target = self.root
            for token in node["$ref"].removeprefix("#/").split("/"):
                target = target[token.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def entries(self):
        """Each as (operation, what, value): value is what another mode may have otherwise."""
        for item in self.root["paths"].values():
            for method in METHODS:
                operation = item.get(method)
                # What is planned has no answers yet.
                if operation is None or operation.get("x-planned"):
                    continue
                for what, value in self.of_operation(item, operation):
                    yield operation["operationId"], what, json.dumps(value)

    def of_operation(self, item, operation):
        for status in operation["responses"]:
            yield status, None
        for parameter in map(self.resolved, operation.get("parameters", []) + item.get("parameters", [])):
            place, name = parameter["in"], parameter["name"]
            # No path is matched without its parameters.
            if parameter.get("required") and place != "path":
                yield f"{place} /{name} required", True
            for what, value in self.of_schema(parameter["schema"], f"/{name}"):
                # Every text is a string.
                if not (what.endswith(" type") and value == "string"):
                    yield f"{place} {what}", value
        if self.root.get("x-undeclared-query-parameters") == "refuse":
            yield "query /* additionalProperties", False
        if "requestBody" in operation:
            body = self.resolved(operation["requestBody"])
            if body.get("required"):
                yield "body  required", True
            for media in body["content"].values():
                for what, value in self.of_schema(media["schema"], ""):
                    yield f"body {what}", value
        if operation["operationId"] == "enqueueJob":
            yield "body /job_type enum", None
            for job_type in self.root["x-job-types"].values():
                for what, value in self.of_schema(job_type["payload"], "/payload"):
                    yield f"body {what}", value

    def of_schema(self, schema, at):
        schema = self.resolved(schema)
        for keyword in KEYWORDS:
            if keyword in schema and schema[keyword] not in ANNOTATIONS:
                yield f"{at or '/*' if keyword == 'propertyNames' else at} {keyword}".replace("  ", " "), schema[keyword]
        for name in schema.get("required", []):
            yield f"{at}/{name} required", True
        if schema.get("additionalProperties") is False:
            yield f"{at}/* additionalProperties", False
        for name, member in schema.get("properties", {}).items():
            yield from self.of_schema(member, f"{at}/{name}")
        if "items" in schema:
            yield from self.of_schema(schema["items"], f"{at}/*")


def all_entries():
    default = list(Document("default").entries())
    found = {f"default {operation} {what}" for operation, what, _ in default}
    for mode in ["flexible", "strict"]:
        more = set(Document(mode).entries()) - set(default)
        found |= {f"{mode} {operation} {what}" for operation, what, _ in more}
    return found


def seen_entries(path):
    found = set()
    for line in path.read_text().splitlines():
        seen = json.loads(line)
        begin = f"{seen['mode']} {seen['operation']}"
        # Which answers there are is the same in all modes; some are met in strict mode alone.
        found |= {f"{begin} {seen['status']}", f"default {seen['operation']} {seen['status']}"}
        found |= {f"{begin} {violation}" for violation in seen["violations"]}
    return found


def is_met(entry, seen):
    if "*" not in entry:
        return entry in seen
    pattern = re.compile(re.escape(entry).replace(r"\*", "[^/ ]*"))
    return any(map(pattern.fullmatch, seen))


def main():
    path, update = pathlib.Path(sys.argv[1]), "--update" in sys.argv[2:]
    seen = seen_entries(path)
    entries = all_entries()
    missed = {entry for entry in entries if not is_met(entry, seen)}
    print(f"contract coverage: {len(entries) - len(missed)} of {len(entries)} entries are met by a test")
    head = [line for line in KNOWN.read_text().splitlines() if line.startswith("#")]
    if update:
        KNOWN.write_text("\n".join(head + sorted(missed)) + "\n")
        return 0
    known = {line for line in KNOWN.read_text().splitlines() if line and not line.startswith("#")}
    for entry in sorted(missed - known):
        print(f"no test meets: {entry}", file=sys.stderr)
    for entry in sorted(known - missed):
        print(f"met, or not in the contract any more: {entry}", file=sys.stderr)
    if missed != known:
        print("add tests, or write the list anew with  make coverage-spec UPDATE=--update", file=sys.stderr)
    return int(missed != known)


if __name__ == "__main__":
    sys.exit(main())
