#!/bin/sh
# Makes a Debian package of a binary: packaging/deb.sh BINARY OPTION..., with options of cargo deb, such as --output FILE.
# What the package has besides files of the repository is made of the binary, in target/packaging/deb.
set -eu
binary=$(realpath "$1")
shift
cd "$(dirname "$0")/.."
made=target/packaging/deb
rm -rf $made
mkdir -p $made/man $made/completions
strip -o $made/keiyaku "$binary"
"$binary" man $made/man
for shell in bash zsh fish; do
	"$binary" completions $shell >$made/completions/$shell
done
exec .tools/cargo-deb/bin/cargo-deb deb --no-build --quiet "$@"
