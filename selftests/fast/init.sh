#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Process 1 of a kernel that runs as a program. Runs the command in /lab/run with
# its output on the line that uml.sh reads, says how it ended, and powers off.
set -u

export PATH=/usr/sbin:/usr/bin:/sbin:/bin:/lab/programs HOME=/root LANG=C.UTF-8 TERM=dumb
# The scripts below selftests/ know by these that they are inside a machine.
export LAB_HOST=1 LAB_MODULES=/lab/modules MODPROBE_OPTIONS='-d /lab/kernel-modules'

mounts() {
	mount -t proc proc /proc
	mount -t sysfs sysfs /sys
	mount -t devtmpfs devtmpfs /dev 2>/dev/null
	mount -t debugfs debugfs /sys/kernel/debug
	mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
	mount -t tmpfs tmpfs /tmp
	mount -t tmpfs tmpfs /run
	mkdir -p /dev/pts /dev/shm
	mount -t devpts devpts /dev/pts
	mount -t tmpfs tmpfs /dev/shm
	ln -snf /proc/self/fd /dev/fd
	ln -snf fd/0 /dev/stdin
	ln -snf fd/1 /dev/stdout
	ln -snf fd/2 /dev/stderr
}

# The root is read-only; this is the one directory of the host that is not.
keep() { mountpoint -q /lab/out || mount -t hostfs -o /lab/out none /lab/out; }

# Counts of lines, of modules that have gone as well. The files have no length.
collect_counts() {
	local file
	cd /sys/kernel/debug/gcov 2>/dev/null && keep || return
	find . -name '*.gcda' -path '*/drivers/v*' | while read -r file; do
		mkdir -p "/lab/out/gcov/${file%/*}"
		cat "$file" >"/lab/out/gcov/$file"
	done
	sync
}

mounts
LAB_KERNEL=$(uname -r)
export LAB_KERNEL
hostname fast 2>/dev/null || echo fast >/proc/sys/kernel/hostname
ip link set lo up 2>/dev/null
stty -F /dev/ttyS0 raw
# Output goes through a pipe: a program may open /dev/stdout again.
(cd /lab && exec bash /lab/run/command) 2>&1 </dev/null | cat >/dev/ttyS0
status=${PIPESTATUS[0]}
collect_counts
echo "# ended with status $status" >/dev/ttyS0
poweroff -f 2>/dev/null || echo o >/proc/sysrq-trigger
sleep 10
