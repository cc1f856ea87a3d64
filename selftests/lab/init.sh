#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Process 1 of a lab machine. Runs the command that run.sh has left in the
# share, keeps its output, status and the kernel's log there, and powers off.
set -u

export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TERM=dumb

mounts() {
	mount -t proc proc /proc
	mount -t sysfs sysfs /sys
	mount -t debugfs debugfs /sys/kernel/debug
	mount -t tracefs tracefs /sys/kernel/tracing
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

# The number of this host, from the kernel command line.
host_number() { sed -n 's/.*\blab\.host=\([0-9]*\).*/\1/p' /proc/cmdline; }

give_address() { # ADDRESS DEVICE
	ip addr add "$1/24" dev "$2"
	ip link set "$2" up
}

# The switch of the wire learns where addresses are, as a switch does: a frame for
# one that it knows goes to one port only.
plug_into_switch() { # DEVICE
	if [ ! -e /sys/class/net/wire ]; then
		modprobe bridge
		ip link add wire address 52:54:00:98:00:10 type bridge mcast_snooping 0
		give_address "10.98.0.$LAB_HOST" wire
	fi
	ip link set "$1" master wire up
}

# The card that joins two hosts, and the switch's ports; they are known by their
# addresses.
link_up() {
	local dev
	modprobe virtio_net || return 0
	for dev in /sys/class/net/*; do
		case $(cat "$dev/address") in
		52:54:00:99:00:*) give_address "10.99.0.$LAB_HOST" "${dev##*/}" ;;
		52:54:00:98:00:*) plug_into_switch "${dev##*/}" ;;
		esac
	done
}

# Output goes through a pipe: a program that opens /dev/stdout again would
# truncate a file.
run_command() {
	local reader
	mkfifo /run/output
	cat </run/output >"$state/output" &
	reader=$!
	(cd /lab && exec bash "$state/command") >/run/output 2>&1 </dev/null
	echo $? >"$state/status"
	# Children that live on may hold the pipe open: wait 5 s at most.
	timeout 5 tail -s 0.1 --pid=$reader -f /dev/null
}

# Shortly before the host ends this machine: what hangs goes to the console.
watchdog() {
	local limit
	limit=$(sed -n 's/.*\blab\.limit=\([0-9]*\).*/\1/p' /proc/cmdline)
	limit=$((limit - limit / 20 - 5))
	[ "$limit" -gt 0 ] || return 0
	timeout "$limit" tail -f /dev/null
	dmesg -n 8
	echo "lab: out of time; processes:" >/dev/kmsg
	# All but the kernel's threads.
	ps -N --ppid 2 -p 2 -o pid,stat,wchan:20,args --no-headers |
		while read -r line; do
		echo "lab: $line" >/dev/kmsg
	done
	echo w >/proc/sysrq-trigger
}

mounts
LAB_HOST=$(host_number)
LAB_KERNEL=$(uname -r)
export LAB_HOST LAB_KERNEL
state=/lab/host$LAB_HOST
hostname "host$LAB_HOST" 2>/dev/null || echo "host$LAB_HOST" >/proc/sys/kernel/hostname
ip link set lo up
if [ -e /lab/two-hosts ] || [ -e /lab/wire ]; then link_up; fi
cut -d' ' -f1 /proc/uptime >"$state/booted"
watchdog &
run_command
dmesg >"$state/dmesg"
sync
exec busybox poweroff -f
