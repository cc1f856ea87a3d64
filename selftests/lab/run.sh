#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh [OPTIONS] -- PROGRAM ARGS...
#
# Boots a lab machine, runs PROGRAM in it with the share as /lab and the
# working directory, prints what it prints, and exits with its status.
# The share holds modules/, programs/, selftests/ and modules.list; what PROGRAM leaves in
# /lab/out stays in the run's directory (see --out).
#
#   --kernel NAME  stable, newest, previous or deep, or a version that the tree
#                  has, or the beginning of one (default newest)
#   --hosts N      2: two joined machines, 10.99.0.1 and 10.99.0.2. Both run
#                  PROGRAM, LAB_HOST tells which one it is. The output is that
#                  of host 1; host 2's lines are printed as "# host2: ...".
#   --timeout SEC  limit of the whole run (default 300)
#   --mem MB       memory of a machine (default 4096, 2048 with two)
#   --out DIR      copies /lab/out to DIR at the end
#   --append ARGS  more kernel command line
#   --env NAME=VAL sets a variable for PROGRAM; may be given often
#   --accel ACCEL  tcg, kvm or auto (default: kvm if it boots)
#   --allow-splat RE  lines of the kernel log that are expected
#   --qemu-arg ARG one more argument for QEMU; may be given often
#   --wire         joins each host's first e1000e (slot 0x10) by a switch, which is
#                  host 1's bridge "wire", where host 1 is 10.98.0.1; and each host
#                  has the QMP of its own machine, at the virtio port "l0"
#   --share DIR=NAME  copies the project's DIR to /lab/NAME; may be given often
#
# Exit status: PROGRAM's (the worst of two), 124 for no end in time, 125 when
# a machine did not boot or died, 99 for a splat in the kernel log.
set -euo pipefail
# shellcheck source=selftests/lab/common.sh
. "$(dirname "$0")/common.sh"

SPLATS='BUG:|WARNING:|Oops|general protection|UBSAN|KASAN|KCSAN|KFENCE|kmemleak: [1-9]|possible recursive locking|possible circular locking|inconsistent lock state|suspicious RCU usage|refcount_t|blocked for more than|hung task|soft lockup|hard LOCKUP|detected stall|unregister_netdevice|Kernel panic|sleeping function called|scheduling while atomic|list_(add|del) corruption|double free|bad page|cut here'

kernel=newest hosts=1 limit=300 mem='' out='' append='' accel=auto allow='' wire=''
envs=() extra=() shares=()

parse() {
	while [ $# -gt 0 ]; do
		case $1 in
		--wire) wire=1; shift; continue ;;
		--kernel) kernel=$2 ;;
		--hosts) hosts=$2 ;;
		--timeout) limit=$2 ;;
		--mem) mem=$2 ;;
		--out) out=$2 ;;
		--append) append=$2 ;;
		--env) envs+=("$2") ;;
		--accel) accel=$2 ;;
		--allow-splat) allow=$2 ;;
		--qemu-arg) extra+=("$2") ;;
		--share) shares+=("$2") ;;
		--) shift; break ;;
		*) lab_die "unknown option $1 (see the head of run.sh)" ;;
		esac
		shift 2
	done
	[ $# -gt 0 ] || lab_die "usage: run.sh [OPTIONS] -- PROGRAM ARGS..."
	case $hosts in 1) mem=${mem:-4096} ;; 2) mem=${mem:-2048} ;;
	*) lab_die "--hosts is 1 or 2" ;; esac
	program=("$@")
}

# What the machine's bash runs.
# shellcheck disable=SC2016
command_file() {
	local pair
	echo "export LAB_MODULES=/lab/modules LAB_OUT=/lab/out"
	echo 'PATH=$PATH:/lab/programs'
	for pair in ${envs[@]+"${envs[@]}"}; do
		printf 'export %q=%q\n' "${pair%%=*}" "${pair#*=}"
	done
	printf 'exec'
	printf ' %q' "${program[@]}"
	echo
}

# Copies what was built, not while a build is going on.
copy_built() { # NAME SUBDIR TO
	[ -d "$REPO/build/$1/$2" ] || return 0
	flock -s -w 300 "$REPO/build/$1.lock" \
		rsync -a "$REPO/build/$1/$2/" "$3"
}

# A module that is neither the project's nor the kernel's, if there is one.
copy_own() { # NAME
	local file
	file=$("$LAB_DIR/$1.sh" "$kernel") ||
		lab_say "the lab's $1 is not to be had for $kernel; what needs it is skipped"
	[ -z "$file" ] || install -D "$file" "$share/lab-modules/$1.ko"
}

# Runs that were kept are deleted when there are more than 20.
prune() {
	local old
	find "$REPO/build" -maxdepth 1 -name 'run-??????' -printf '%T@ %p\n' |
		sort -rn | tail -n +21 | while read -r _ old; do
		rm -rf "$old"
	done
}

stage() {
	local n
	mkdir -p "$REPO/build"
	prune
	run=$(mktemp -d "$REPO/build/run-XXXXXX")
	share=$run/share
	mkdir -p "$share/modules" "$share/programs" "$share/out"
	rsync -a "$REPO/selftests" "$REPO/Documentation/netlink/specs" "$share/"
	"$REPO/drivers/list.sh" lines >"$share/modules.list"
	copy_built "$kernel" out "$share/modules/"
	copy_built programs . "$share/programs/"
	for n in ${shares[@]+"${shares[@]}"}; do
		rsync -a "$REPO/${n%%=*}/" "$share/${n#*=}"
	done
	for n in kvm-amd netdevsim; do
		copy_own "$n"
	done
	[ "$hosts" = 1 ] || : >"$share/two-hosts"
	[ -z "$wire" ] || : >"$share/wire"
	for n in $(seq "$hosts"); do
		mkdir "$share/host$n"
		command_file >"$share/host$n/command"
		: >"$share/host$n/output"
		: >"$run/console$n"
	done
}

# The network card that joins two hosts; host 1 listens.
link_args() { # HOST
	local side=server=on
	[ "$hosts" = 2 ] || return 0
	[ "$1" = 1 ] || side=server=off,reconnect-ms=100
	printf '%s\n' -netdev \
		"stream,id=link,$side,addr.type=unix,addr.path=/src/build/${run##*/}/link" \
		-device "virtio-net-pci,netdev=link,mac=52:54:00:99:00:0$1"
}

# One end of a cable, which loses what its other end does not take; a stream
# would stop the sender for good. The address is this run's own.
cable_end() { # ID OWN_PORT OTHER_PORT
	local host="127.$((1 + ($$ >> 16))).$(($$ >> 8 & 255)).$(($$ & 255))"
	printf '%s\n' -netdev "dgram,id=$1,local.type=inet,local.host=$host,local.port=$2,remote.type=inet,remote.host=$host,remote.port=$3"
}

# Host 1 is the switch that all cards on the wire are plugged into, see init.sh: each
# cable ends at a card of host 1.
switch_args() {
	local n
	for n in $(seq "$hosts"); do
		cable_end "cable$n" "401$n" "400$n"
		printf '%s\n' -device "virtio-net-pci,netdev=cable$n,mac=52:54:00:98:00:0$n"
	done
}

# This machine's own monitor, as a port of it.
monitor_args() { # HOST
	local path=/src/build/${run##*/}/monitor$1
	printf '%s\n' -chardev "socket,id=monitor,path=$path,server=on,wait=off" \
		-mon chardev=monitor,mode=control \
		-chardev "socket,id=l0,path=$path,reconnect-ms=100" \
		-device virtio-serial-pci -device virtserialport,chardev=l0,name=l0
}

# The network of the hosts' first e1000e: QEMU's own, or the wire.
wire_args() { # HOST
	if [ -z "$wire" ]; then
		printf '%s\n' -netdev user,id=n0
		return
	fi
	monitor_args "$1"
	[ "$1" != 1 ] || switch_args
	cable_end n0 "400$1" "401$1"
}

accel_args() {
	case $accel in
	kvm) printf '%s\n' -accel kvm -cpu host ;;
	*) printf '%s\n' -accel tcg,thread=multi -cpu max,pku=off ;;
	esac
}

# What the roles are in this run: printed, and kept for a pin (see roles.sh).
tell_resolved() {
	[ "$LAB_RESOLVED" -ef "$REPO/build/resolved" ] ||
		install -D -m 644 "$LAB_RESOLVED" "$REPO/build/resolved"
	lab_say "kernel $kernel: $(if [ "$kernel" = deep ]; then lab_role deep; else lab_kver "$kernel"; fi), QEMU $(lab_role qemu | cut -d' ' -f2)"
	sed -n "s/^# \($kernel\|qemu\): \(.* is newer than .*\)/note: \2/p" "$LAB_RESOLVED" >&2
}

# Two displays that a guest may have; the machine's own firmware has none.
display_args() {
	printf '%s\n' -device bochs-display,romfile=,addr=0x11 \
		-device bochs-display,romfile=,addr=0x12
}

# Becomes QEMU, in the tree, for at most $limit seconds.
machine() { # HOST
	local files disk args
	mapfile -t files < <(lab_kernel "$kernel")
	disk=$(lab_disk)
	mapfile -t args < <(accel_args; link_args "$1"; wire_args "$1"; display_args)
	LAB_PREFIX=(timeout -k 5 "$limit")
	lab_chroot_exec qemu-system-x86_64 -nodefaults -no-user-config \
		-display none -no-reboot -name "host$1" \
		-M q35,kernel-irqchip=split "${args[@]}" \
		-smp $((3 - hosts)) -m "$mem" \
		-device intel-iommu,intremap=on,caching-mode=on \
		-device "e1000e,netdev=n0,mac=52:54:00:12:3$((3 + $1)):56,addr=0x10" \
		-device "e1000e,netdev=n1,mac=52:54:00:12:3$((3 + $1)):57" \
		-netdev user,id=n1 \
		-drive "file=/cache/${disk##*/},format=raw,if=virtio,snapshot=on,cache=unsafe" \
		-virtfs "local,path=/src/build/${run##*/}/share,mount_tag=lab,security_model=none,multidevs=remap" \
		-serial "file:/src/build/${run##*/}/console$1" \
		-kernel "${files[0]}" -initrd "${files[2]}" \
		-append "console=ttyS0 intel_iommu=on iommu=nopt mitigations=off no_timer_check panic=-1 loglevel=5 log_buf_len=4M lab.host=$1 lab.limit=$limit $append" \
		${extra[@]+"${extra[@]}"} >"$run/qemu$1.log" 2>&1
}

# Prints a host's output while it runs, and ends when the machine does.
follow() { # HOST PID
	local prefix=
	[ "$1" = 1 ] || prefix="# host$1: "
	if [ -z "$prefix" ]; then
		exec tail -s 0.1 -n +1 -f --pid="$2" "$share/host$1/output"
	fi
	tail -s 0.1 -n +1 -f --pid="$2" "$share/host$1/output" |
		sed -u "s/^/$prefix/"
}

complain() { # HOST TEXT
	echo "# lab: host $1: $2"
	echo "# lab: the last lines of its console:"
	tail -n 30 "$run/console$1" | tr -d '\r' | sed 's/^/#   /'
	sed 's/^/# qemu: /' "$run/qemu$1.log"
}

# Prints the lines of the log that mean trouble; true if there are any.
splats() { # HOST
	local log=$share/host$1/dmesg found
	[ -s "$log" ] || log=$run/console$1
	found=$(grep -a -n -E "$SPLATS" "$log" |
		{ if [ -n "$allow" ]; then grep -v -E "$allow"; else cat; fi; }) ||
		return 1
	[ -n "$found" ] || return 1
	echo "# lab: host $1: the kernel log has splats:"
	head -n 20 <<<"$found" | sed 's/^/#   /'
	# What follows the first one, for its call trace.
	tail -n "+${found%%:*}" "$log" | head -n 40 | tr -d '\r' | sed 's/^/#   | /'
}

# The verdict on one machine, given how its QEMU ended.
judge() { # HOST QEMU_STATUS
	local state=$share/host$1 status
	if [ -s "$state/status" ]; then
		status=$(cat "$state/status")
	elif [ "$2" = 124 ] || [ "$2" = 137 ]; then
		status=124
		if [ -s "$state/booted" ]; then
			complain "$1" "PROGRAM has not ended within $limit s"
		else
			complain "$1" "has not booted within $limit s"
		fi
	else
		status=125
		complain "$1" "QEMU ended (status $2) before PROGRAM did"
	fi
	if splats "$1"; then
		[ "$status" -ne 0 ] || status=99
	fi
	return "$status"
}

# shellcheck disable=SC2317
stop() {
	local pid
	for pid in ${pids[@]+"${pids[@]}"}; do
		kill "$pid" 2>/dev/null || :
	done
}

parse "$@"
# While a kernel looks at its first CPU it forgets for a moment that it has five
# levels of page tables, and KASAN, asked by an interrupt then, cries wolf.
if [ "$kernel" = deep ]; then
	append+=" no5lvl"
	"$LAB_DIR/kernel.sh" deep >/dev/null
fi
"$LAB_DIR/image.sh"
lab_roles
lab_kernel "$kernel" >/dev/null
tell_resolved
[ "$accel" != auto ] || accel=$("$LAB_DIR/accel.sh")
stage
pids=() followers=()
trap stop EXIT
trap 'exit 130' INT TERM
for n in $(seq "$hosts"); do
	machine "$n" &
	pids+=($!)
	follow "$n" $! &
	followers+=($!)
done

worst=0
codes=()
for pid in "${pids[@]}"; do
	code=0
	wait "$pid" || code=$?
	codes+=("$code")
done
wait "${followers[@]}" || :
pids=()
for n in $(seq "$hosts"); do
	code=0
	judge "$n" "${codes[n - 1]}" || code=$?
	[ "$code" -le "$worst" ] || worst=$code
done
[ -z "$out" ] || { mkdir -p "$out" && cp -a "$share/out/." "$out/"; }
rm -rf "$share/modules" "$share/programs" "$share/lab-modules" "$share/specs" "$share/selftests"
if [ -n "${LAB_DISCARD:-}" ]; then
	rm -rf "$run"
elif [ "$worst" = 0 ]; then
	[ -n "$(ls -A "$share/out")" ] || rm -rf "$run"
else
	echo "# lab: status $worst; the run is kept in build/${run##*/}"
fi
exit "$worst"
