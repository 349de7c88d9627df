#!/bin/sh
# Puts what an image of a binary holds into a folder: packaging/image.sh BINARY FOLDER. root/ is for root: the binary, the loader
# and C library that it was linked with, and what these look up. own/ is the service's.
# Certificates of the public authorities are in the binary; time zones it needs none, since all times are UTC.
set -eu
binary=$1 folder=$2
rm -rf "$folder"
mkdir -p "$folder/root/usr/bin" "$folder/root/etc" "$folder/own/data"
chmod 700 "$folder/own/data"
strip -o "$folder/root/usr/bin/keiyaku" "$binary"
# ldd names each library with its path, and so it does the loader; each is put where it will be looked for.
ldd "$binary" | grep -o '/[^ ]*' | sort -u | while read -r library; do
	mkdir -p "$folder/root$(dirname "$library")"
	cp -L "$library" "$folder/root$library"
done
echo 'keiyaku:x:65532:65532:Keiyaku:/data:/usr/sbin/nologin' >"$folder/root/etc/passwd"
echo 'keiyaku:x:65532:' >"$folder/root/etc/group"
echo 'hosts: files dns' >"$folder/root/etc/nsswitch.conf"
