#!/bin/sh
# A Debian machine in namespaces of its own, with systemd as its first process: machine.sh TREE FOLDER. TREE is its disk and
# stays as it is, since what the machine writes is in memory. FOLDER gets `pid`, systemd's number here, and `console`. The
# machine lasts until standard input ends. To be started by unshare --mount, since it lays mounts over this machine's.
set -eu

if [ "$1" != inside ]; then
	mount -t cgroup2 none /sys/fs/cgroup
	group=/sys/fs/cgroup/keiyaku-test-$$
	mkdir "$group"
	(
		echo 0 >"$group/cgroup.procs"
		exec unshare --mount --pid --uts --ipc --net --cgroup --fork --kill-child sh "$0" inside "$@"
	) </dev/null &
	read -r _ || true
	kill -KILL $! 2>/dev/null || true
	wait
	# The machine's other processes end with its first, which takes a moment.
	for _ in $(seq 100); do
		find "$group" -depth -type d -exec rmdir {} + 2>/dev/null && break
		sleep 0.1
	done
	exit
fi

tree=$2 folder=$3 root=$3/root
mkdir "$root" "$folder/memory"
mount -t tmpfs tmpfs "$folder/memory"
mkdir "$folder/memory/upper" "$folder/memory/work"
mount -t overlay -o "lowerdir=$tree,upperdir=$folder/memory/upper,workdir=$folder/memory/work" overlay "$root"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
	touch "$root/dev/$device"
	mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/shm" "$root/dev/pts"
mount -t tmpfs tmpfs "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
touch "$folder/console" "$root/dev/console"
mount --bind "$folder/console" "$root/dev/console"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
# This /proc still is that of the machine outside.
read -r pid _ </proc/self/stat
mount -t proc proc "$root/proc"
echo "$pid" >"$folder/pid.part"
mv "$folder/pid.part" "$folder/pid"
cd "$root"
pivot_root . mnt
umount -l /mnt
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --unit=multi-user.target
