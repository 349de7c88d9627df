#!/usr/bin/env python3
"""The notices of what is in a binary and is others' work: packaging/notices.py FILE [--features LIST] [--manifest-path PATH]

Writes to FILE each package that is compiled into the binary with these features on this machine, those of the dashboard in
dashboard/dist, and Rust's standard library, all with their licences and the texts of these. Fails, and names the package,
if one is under a licence that is not in ALLOWED, or has no text of it.
"""

import html
import json
import pathlib
import re
import subprocess
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[1]
DASHBOARD = ROOT / "dashboard"
# They let a program be passed on under its own terms, if their text goes with it.
ALLOWED = set(
    "0BSD Apache-2.0 BSD-2-Clause BSD-3-Clause CDLA-Permissive-2.0 ISC MIT MIT-0 PostgreSQL Unicode-3.0 Zlib".split()
)
# For packages that come without a file of their licence: the texts that this project is under itself.
STANDARD = {"MIT": ROOT / "LICENSE-MIT", "Apache-2.0": ROOT / "LICENSE-APACHE"}
TEXT = re.compile(r"(un)?licen[cs]es?\b|copying\b|copyright\b|notices?\b|.*\.license\.txt$", re.IGNORECASE)
CODE = {".c", ".h", ".html", ".js", ".json", ".py", ".rs", ".toml", ".ts", ".yaml", ".yml"}
HEAD = """\
THIRD-PARTY NOTICES

Keiyaku is compiled from its own sources and from the packages below. Each is named with its version, its licence and the
numbers of its texts, which follow. SQLite, which libsqlite3-sys brings, is in the public domain. What Rust's standard library
stands on is named for all its targets.
"""


class Refused(Exception):
    """What must not be packed, and why."""


class Package:
    def __init__(self, name, version, licence, texts):
        self.name, self.licence, self.texts = f"{name} {version}", licence, texts


def run(*command):
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise Refused(f"{' '.join(command[:2])} has failed, see above")
    return done.stdout


def ways(expression):
    """The ways in which an SPDX expression can be kept, each a set of licences; none if it is no such expression."""
    tokens = re.findall(r"[()]|[\w.+-]+(?: WITH [\w.-]+)?", (expression or "").replace("/", " OR "))

    def either():
        found = both()
        while tokens[:1] == ["OR"]:
            tokens.pop(0)
            found = found + both()
        return found

    def both():
        found = one()
        while tokens[:1] == ["AND"]:
            tokens.pop(0)
            more = one()
            found = [first | second for first in found for second in more]
        return found

    def one():
        token = tokens.pop(0)
        if token != "(":
            return [{token}]
        found = either()
        tokens.pop(0)
        return found

    try:
        found = either()
    except IndexError:
        return []
    return [] if tokens else found


def checked(name, version, licence, folder, authors):
    """A package with its texts, if there are any and it may be packed."""
    allowed = [way for way in ways(licence) if way <= ALLOWED]
    if not allowed:
        raise Refused(
            f"{name} {version} is under {licence or 'no licence that it names'}, which packaging/notices.py does not allow: "
            "do without it, or have the licence read and put it into ALLOWED"
        )
    kept = ROOT / "packaging/licences" / f"{name}.txt"
    texts = [read(path) for path in files(folder)] or ([read(kept)] if kept.exists() else [])
    for way in allowed:
        if not texts and way <= STANDARD.keys():
            texts = [standard(one, authors or [f"The authors of {name}"]) for one in sorted(way)]
    if not texts:
        raise Refused(f"{name} {version} has no text of its licence, {licence}: put one into {kept.relative_to(ROOT)}")
    return Package(name, version, licence, texts)


def files(folder):
    """A package's files of licences and notices, also those of others' work inside it."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        named = TEXT.match(path.name) or "licenses" in [part.lower() for part in inside[:-1]]
        hidden = any(part.startswith(".") or part in ("node_modules", "target") for part in inside)
        if named and not hidden and path.suffix.lower() not in CODE and path.is_file():
            yield path


def read(path):
    return path.read_text(encoding="utf-8", errors="replace").strip("\n")


def standard(licence, authors):
    """The text of a licence, with those who have the rights where it names them."""
    names = ", ".join(re.sub(r" *<.*>", "", author) for author in authors)
    return re.sub(r"^Copyright \(c\) .*$", lambda _: f"Copyright (c) {names}", read(STANDARD[licence]), flags=re.MULTILINE)


def crates(options):
    """What cargo compiles into the binary. Only `cargo tree` leaves out the features that tests ask of the same packages."""

    def tree(edges):
        listed = run("cargo", "tree", "--locked", "--edges", edges, "--prefix", "none", "--format", "{p}", *options)
        return {tuple(line.split()[:2]) for line in listed.splitlines() if line}

    # By custom, such a name is that of C sources, which a build script compiles: they are in the binary, too.
    packed = tree("normal") | {crate for crate in tree("normal,build") if crate[0].endswith("-src")}
    host = re.search(r"^host: (.*)$", run("rustc", "-vV"), re.MULTILINE)[1]
    told = json.loads(run("cargo", "metadata", "--locked", "--format-version=1", "--filter-platform", host, *options))
    for crate in told["packages"]:
        if (crate["name"], "v" + crate["version"]) in packed and crate["id"] != told["resolve"]["root"]:
            folder = pathlib.Path(crate["manifest_path"]).parent
            yield checked(crate["name"], crate["version"], crate["license"], folder, crate["authors"])


def pages():
    """What the build of the dashboard has put into its files, as it says itself. Nothing, if it is not built."""
    if not (DASHBOARD / "dist/index.html").exists():
        return
    try:
        bundled = json.loads((DASHBOARD / "dist/.vite/licences.json").read_text())
    except OSError:
        raise Refused("dashboard/dist does not say what is in it: run  rm -r dashboard/dist; make dashboard") from None
    for package in bundled:
        folder = DASHBOARD / "node_modules" / package["name"]
        if not folder.exists():
            raise Refused(f"{folder.relative_to(ROOT)} is not there: run  make dashboard")
        yield checked(package["name"], package["version"], package.get("identifier"), folder, [])


def library():
    """Rust's standard library with its own dependencies, of all targets, from the page that comes with the compiler."""
    folder = pathlib.Path(run("rustc", "--print", "sysroot").strip(), "share/doc/rust")
    version = run("rustc", "--version").split()[1]
    try:
        page = (folder / "COPYRIGHT-library.html").read_text(encoding="utf-8")
        texts = [read(folder / "licenses" / f"{name}.txt") for name in ("Apache-2.0", "BSD-2-Clause", "MIT", "Unicode-3.0")]
    except OSError as error:
        raise Refused(f"the notices of Rust's standard library are needed, as rustup installs them: {error}") from None
    own, *others = re.split(r"<h[23][^>]*>(?=\W*[\w-]+-\d|Out-of-tree)", page)
    said = html.unescape(re.sub(r"<[^>]*>", "", own[own.index("<h1>") :]))
    yield Package("Rust's standard library", version, "MIT OR Apache-2.0", [re.sub(r"\s*\n\s*", "\n", said), *texts])
    for other in others[1:]:
        name, number = re.match(r"\W*([\w-]+?)-(\d[^<]*)<", other).groups()
        licence = html.unescape(re.search(r"License:</b> *([^<]*)<", other)[1])
        found = [html.unescape(text).strip("\n") for text in re.findall(r"<pre>(.*?)</pre>", other, re.DOTALL)]
        yield Package(f"Rust's standard library: {name}", number, licence, found)


def written(packages):
    """The file: the packages with the numbers of their texts, then each text once."""
    numbers, users, lines = {}, [], [HEAD]
    for package in packages:
        own = []
        for text in package.texts:
            # The same words are the same text, however they are laid out.
            number = numbers.setdefault(" ".join(text.split()), len(numbers) + 1)
            if number > len(users):
                users.append((text, []))
            if number not in own:
                own.append(number)
                users[number - 1][1].append(package.name)
        lines.append(f"{package.name}: {package.licence} {' '.join(f'[{number}]' for number in own)}".rstrip())
    for number, (text, names) in enumerate(users, 1):
        used = textwrap.fill(f"[{number}] of {', '.join(names)}", 100, break_long_words=False, break_on_hyphens=False)
        lines.append(f"\n{'=' * 100}\n{used}\n{'-' * 100}\n{text}")
    return "\n".join(lines) + "\n"


def main(file, *options):
    bundled = [*crates(options), *pages()]
    packages = sorted(bundled, key=lambda package: package.name.lower())
    pathlib.Path(file).write_text(written([*packages, *library()]), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__.strip())
    try:
        main(*sys.argv[1:])
    except (Refused, OSError) as error:
        sys.exit(f"notices: {error}")
