#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# uml.sh [OPTIONS] KIND -- COMMAND...: runs COMMAND, below selftests/ or with a
# whole path, on a kernel that is a program. Output and status are those of the
# command; 99 after a panic, 124 after SECONDS. Needs no root.
#
#   --timeout SECONDS  (default 600)
#   --out DIR          keeps the kernel's messages there, in "console", and is
#                      /lab/out for the command; nothing else of the host can be
#                      written
#   --built DIR        what build.sh has put there (default: build/fast/KIND)
#   --append WORD      one more for the kernel's command line
#
# The kernel sees a tree of its own, put together by bubblewrap: /usr and /etc of
# the host and what is tested, all read-only, and no network. That the kernel
# mounts its root read-only is not enough: a test is root in there.
set -euo pipefail
# shellcheck source=selftests/fast/common.sh
. "$(dirname "$0")/common.sh"

timeout=600 out='' built='' append=''
while [ $# -gt 0 ]; do
	case $1 in
	--timeout) timeout=$2 ;;
	--out) out=$2 ;;
	--built) built=$2 ;;
	--append) append=$2 ;;
	*) break ;;
	esac
	shift 2
done
[ $# -ge 3 ] || lab_die "usage: uml.sh [OPTIONS] KIND -- COMMAND..."
kind=$1
shift 2
kernel=$(fast_kernel "$kind")
built=${built:-$FAST_BUILD/$kind}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
out=${out:-$work/out}
mkdir -p "$work/run" "$out"
command=$1
shift
[ "${command#/}" != "$command" ] || command=/lab/selftests/$command
# Variables that the scripts know go along.
{
	for name in STEPS KILLS FUZZ_STREAMS FUZZ_IOCTLS; do
		[ -z "${!name:-}" ] || printf 'export %s=%q\n' "$name" "${!name}"
	done
	printf 'exec'
	printf ' %q' "$command" "$@"
	echo
} >"$work/run/command"

tree=(--tmpfs / --ro-bind /usr /usr --ro-bind /etc /etc)
for name in bin sbin lib lib64 lib32; do
	[ ! -L "/$name" ] || tree+=(--symlink "$(readlink "/$name")" "/$name")
done
for name in sys tmp run var; do tree+=(--dir "/$name"); done
tree+=(--proc /proc --dev /dev
	--ro-bind "$REPO/selftests" /lab/selftests
	--ro-bind "$REPO/Documentation/netlink/specs" /lab/specs
	--ro-bind "$FAST_BUILD/programs" /lab/programs
	--ro-bind "$FAST_BUILD/$kind/kernel" /lab/kernel-modules
	--ro-bind "$kernel/linux" /lab/linux
	--ro-bind "$work/run" /lab/run
	--bind "$out" /lab/out)

for dir in "$built"/modules "$built"/modules-*/; do
	[ ! -d "$dir" ] || tree+=(--ro-bind "$dir" "/lab/$(basename "$dir")")
done

# The root holds nothing, and is not written to; the kernel has its own files in HOME.
tree+=(--tmpfs /root --remount-ro /)

# Its memory is a file that is gone when it ends.
machine() {
	exec timeout -k 10 "$timeout" bwrap "${tree[@]}" --unshare-all --die-with-parent \
		--new-session --setenv TMPDIR /dev/shm --setenv HOME /root /lab/linux \
		root=/dev/root rootfstype=hostfs rootflags=/ ro mem=1G \
		init=/lab/selftests/fast/init.sh con=null con0=null,fd:1 \
		ssl=null ssl0=null,fd:3 panic=-1 loglevel=7 hung_task_panic=0 ${append:+"$append"}
}

set +e
(machine) 3>&1 >"$out/console" 2>&1 </dev/null |
	awk -v file="$work/status" '/^# ended with status [0-9]+/ { print $5 + 0 >file; next }
		{ print; fflush() }'
status=${PIPESTATUS[0]}
set -e
if [ -s "$work/status" ]; then
	status=$(cat "$work/status")
elif [ "$status" != 124 ]; then
	status=99
fi
exit "$status"
