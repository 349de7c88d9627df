"""Makes requests that fit the schemas fit the contract's words, too.

Some rules have no schema: whether a cursor is one of ours, which version of a user is stored, which of two days comes
first, which key was used before, which payload goes with which job type. Requests that are meant to be wrong stay as they are.
"""

import re
import uuid

import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    document = case.operation.schema.raw_schema
    spell(case.path_parameters)
    spell(case.query)
    query = case.query or {}
    if "cursor" in query:
        name = {"listJobs": "JobCursor", "listUsers": "UserCursor"}[case.operation.definition.raw["operationId"]]
        query["cursor"] = document["components"]["parameters"][name]["example"]
        # A cursor belongs to one order.
        query.pop("order", None)
    headers = case.headers or {}
    # One that was used before belongs to another body.
    if "Idempotency-Key" in headers:
        headers["Idempotency-Key"] = str(uuid.uuid4())
    # An ETag that a link brought here stays.
    if not re.fullmatch('"[0-9a-f]{10,}"', headers.get("If-Match", '"0000000000"')):
        headers["If-Match"] = "*"
    match case.operation.definition.raw["operationId"]:
        case "getSignups" if "since" in query:
            query["until"] = query["since"]
        case "enqueueJob" if isinstance(case.body, dict):
            fit(document, case.body)
        case "enqueueJobs" if isinstance(case.body, dict):
            for job in case.body["jobs"]:
                fit(document, job)


def spell(parameters):
    """A whole number is spelled without a point in a URL; in JSON, and so for Schemathesis, 7.0 is one, too."""
    for name, value in (parameters or {}).items():
        if isinstance(value, float) and value.is_integer():
            parameters[name] = int(value)


def fit(document, job):
    """Gives a job a type that there is, and a payload of it."""
    job_types = document["x-job-types"]
    if job.get("job_type") not in job_types:
        job["job_type"] = "data_analysis"
    job["payload"] = smallest(document, job_types[job["job_type"]]["payload"])


def smallest(document, schema):
    """What is required by the schema of a payload and no more."""
    schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    values = {"integer": 1, "string": "2026-01-01T00:00:00Z", "array": []}
    return {name: values[schema["properties"][name]["type"]] for name in schema.get("required", [])}
