#!/bin/sh
# Puts what an image of a binary holds into a folder: packaging/image.sh BINARY FOLDER. root/ is for root: the binary, the loader
# and C library that it was linked with, and what these look up. own/ is the service's.
# FEATURES are those that the binary was compiled with, as cargo takes them.
# Certificates of the public authorities are in the binary; time zones it needs none, since all times are UTC.
set -eu
binary=$1 folder=$2 here=$(dirname "$0")
rm -rf "$folder"
docs=$folder/root/usr/share/doc
mkdir -p "$folder/root/usr/bin" "$folder/root/etc" "$docs/keiyaku" "$folder/own/data"
chmod 700 "$folder/own/data"
cp "$here/../LICENSE-APACHE" "$here/../LICENSE-MIT" "$docs/keiyaku/"
"$here/notices.py" "$docs/keiyaku/THIRD-PARTY-NOTICES" --features "${FEATURES:-}"
strip -o "$folder/root/usr/bin/keiyaku" "$binary"
# ldd names each library with its path, and so it does the loader; each is put where it will be looked for.
ldd "$binary" | grep -o '/[^ ]*' | sort -u | while read -r library; do
	mkdir -p "$folder/root$(dirname "$library")"
	cp -L "$library" "$folder/root$library"
	# Debian knows some libraries by where they were before /lib became a link, and some by where they are.
	package=$(dpkg -S "$library" "/usr$library" 2>/dev/null | cut -d: -f1 | head -n 1)
	if [ -n "$package" ] && [ -e "/usr/share/doc/$package/copyright" ]; then
		mkdir -p "$docs/$package"
		cp -L "/usr/share/doc/$package/copyright" "$docs/$package/"
	else
		echo "note: the image lacks the licence of $library: add it before you publish the image" >&2
	fi
done
# The licences that these files refer to.
grep -rhoE '/usr/share/common-licenses/[A-Za-z0-9.-]*[A-Za-z0-9]' "$docs" | sort -u | while read -r text; do
	mkdir -p "$folder/root/usr/share/common-licenses"
	if [ -e "$text" ]; then cp -L "$text" "$folder/root$text"; fi
done
echo 'keiyaku:x:65532:65532:Keiyaku:/data:/usr/sbin/nologin' >"$folder/root/etc/passwd"
echo 'keiyaku:x:65532:' >"$folder/root/etc/group"
echo 'hosts: files dns' >"$folder/root/etc/nsswitch.conf"
