"""What changed in the contract since a revision of git, and whom it breaks (`make diff-spec BASE=main`).

    python3 openapi/diff REVISION
    python3 openapi/diff --files OLD.json NEW.json

Compares generated/openapi of the revision with that of the working tree, in all modes; or two documents in JSON, for
instance what a service serves with what the next one would. Exits with 1 if something breaks and `info.version` has no
new major number (while it is 0: minor number), with 2 if it cannot compare, else with 0.
"""

import hashlib
import json
import pathlib
import subprocess
import sys

# Nothing is left beside the sources.
sys.dont_write_bytecode = True

from operations import Contract  # noqa: E402
from report import Report, may_break, next_breaking, version  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODES = ["default", "flexible", "strict"]
CHECKSUM = "generated/checksum"
# What the documents are made from, of all that the checksum has.
SOURCES = ("build/overlay.rs", "openapi/openapi.yaml", "openapi/overlays/", "generated/openapi/")
USAGE = "usage: make diff-spec BASE=REVISION, such as BASE=main; or  python3 openapi/diff --files OLD.json NEW.json"


class Unusable(Exception):
    """Why there is nothing to compare, and what to do."""


def git(*arguments):
    try:
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False)
    except FileNotFoundError:
        raise Unusable("git is needed, to read what the revision has") from None


def of_revision(revision):
    """The document of each mode, as it was."""
    if git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").returncode:
        raise Unusable(f"git knows no revision {revision!r} here; in a shallow clone, as CI makes them, fetch it first")
    found = {}
    for mode in MODES:
        name = f"generated/openapi/{mode}.json"
        # The repository may be a folder of a larger one.
        shown = git("show", f"{revision}:./{name}")
        if shown.returncode:
            raise Unusable(f"{revision} has no {name}, so there is nothing to compare with")
        found[mode] = parsed(shown.stdout, f"{name} of {revision}")
    return found


def of_working_tree():
    changed = stale()
    if changed:
        raise Unusable(f"generated/openapi is not what {changed} gives now: run  make generate  first")
    return {mode: parsed(read(ROOT / f"generated/openapi/{mode}.json"), f"generated/openapi/{mode}.json") for mode in MODES}


def stale():
    """The first file that is not what it was when the documents were made."""
    recorded = {}
    for line in read(ROOT / CHECKSUM).decode().splitlines():
        digest, _, name = line.partition("  ")
        if name.startswith(SOURCES):
            recorded[name] = digest
    overlays = [f"openapi/overlays/{file.name}" for file in (ROOT / "openapi/overlays").glob("[!.]*")]
    for name in sorted(recorded.keys() | set(overlays), key=lambda name: name.startswith("generated")):
        file = ROOT / name
        if not file.is_file() or recorded.get(name) != hashlib.sha256(file.read_bytes()).hexdigest():
            return name
    return None if recorded else CHECKSUM


def of_files(old, new):
    return {"": parsed(read(old), old)}, {"": parsed(read(new), new)}


def read(path):
    try:
        return pathlib.Path(path).read_bytes()
    except OSError as error:
        hint = ": run  make generate  first" if str(path).startswith(str(ROOT / "generated")) else ""
        raise Unusable(f"cannot read {path}: {error.strerror}{hint}") from None


def parsed(text, name):
    try:
        document = json.loads(text)
    except ValueError as error:
        raise Unusable(f"{name} is no JSON: {error}") from None
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3.1"):
        raise Unusable(f"{name} is no document of OpenAPI 3.1")
    return document


def compare(old, new):
    report = Report(list(new))
    for mode in new:
        try:
            Contract(old[mode], new[mode], report.hears(mode)).compare()
        except LookupError as error:
            raise Unusable(str(error)) from None
    return report


def versions(documents):
    text = str(next(iter(documents.values())).get("info", {}).get("version"))
    numbers = version(text)
    if numbers is None:
        raise Unusable(f"info.version is {text!r}, which is no semantic version such as 1.2.3")
    return text, numbers


def main(arguments):
    if len(arguments) == 3 and arguments[0] == "--files":
        base, (old, new) = arguments[1], of_files(*arguments[1:])
    elif len(arguments) == 1 and arguments[0] and not arguments[0].startswith("-"):
        base, old, new = arguments[0], of_revision(arguments[0]), of_working_tree()
    else:
        raise Unusable(USAGE)
    (old_version, before), (new_version, after) = versions(old), versions(new)
    report = compare(old, new)
    print(f"The contract, {new_version}, compared with {base}, {old_version}")
    print("\n".join(report.lines()))
    if not report.breaking:
        return 0
    if may_break(before, after):
        print(f"\nThe version says so: it was {old_version} and is {new_version}.")
        return 0
    sys.stdout.flush()
    print(
        f"\ndiff-spec: what breaks clients needs a new version: info.version is {new_version} and was {old_version}; "
        f"make it {next_breaking(before)}, or take the change back",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Unusable as error:
        print(f"diff-spec: {error}", file=sys.stderr)
        sys.exit(2)
