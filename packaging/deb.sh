#!/bin/sh
# Makes a Debian package of a binary: packaging/deb.sh BINARY OPTION..., with options of cargo deb, such as --output FILE.
# What the package has besides files of the repository is made in target/packaging/deb. FEATURES are those that the binary was
# compiled with, as cargo takes them.
set -eu
binary=$(realpath "$1")
shift
cd "$(dirname "$0")/.."
made=target/packaging/deb
rm -rf $made
mkdir -p $made/man $made/completions
packaging/notices.py $made/THIRD-PARTY-NOTICES --features "${FEATURES:-}"
strip -o $made/keiyaku "$binary"
"$binary" man $made/man
for shell in bash zsh fish; do
	"$binary" completions $shell >$made/completions/$shell
done
exec .tools/cargo-deb/bin/cargo-deb deb --no-build --quiet "$@"
