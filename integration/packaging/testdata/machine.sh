#!/bin/sh
# Boots a machine of its own: a copy of this one that is written to memory alone,
# in namespaces of its own, with systemd as its first process. It is started by
# unshare, in the directory $1, which is empty. Nothing of it stays.
set -eu
mount -t tmpfs -o mode=755 memory "$1"
cd "$1"
mkdir upper work root
mount -t overlay -o lowerdir=/,upperdir="$1/upper",workdir="$1/work" overlay root
cd root
mount -t proc proc proc
# Settings of the kernel are everybody's.
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 run run
mount -t tmpfs -o mode=1777 tmp tmp
mount -t tmpfs -o mode=755 dev dev
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
mount -t tmpfs shm dev/shm
for device in null:3 zero:5 full:7 random:8 urandom:9; do
	mknod -m 666 "dev/${device%:*}" c 1 "${device#*:}"
done
mknod -m 666 dev/tty c 5 0
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s null dev/console
# A plain server: images of containers keep packages from starting services, and
# from bringing their documentation.
rm -f usr/sbin/policy-rc.d etc/dpkg/dpkg.cfg.d/docker etc/dpkg/dpkg.cfg.d/excludes
# Nothing of the services and the timers that the machine itself has.
mkdir -p run/systemd/system
for unit in systemd-modules-load.service systemd-sysctl.service systemd-remount-fs.service timers.target; do
	ln -s /dev/null "run/systemd/system/$unit"
done
printf '127.0.0.1 localhost orders.example.com\n' >etc/hosts
ip link set lo up
mkdir run/outside
pivot_root . run/outside
cd /
umount -l /run/outside
rmdir /run/outside
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 container=other \
	/lib/systemd/systemd --unit=basic.target --show-status=false
