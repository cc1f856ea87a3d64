#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh [PROGRAM ARGS...]: inside a lab machine, the programs of this
# directory (or one of them, or "parties": all but faults) against a virtual GPU, by each way to a device
# that the kernel has. Then, where the kernel can tell, what was leaked. TAP.
# STEPS is how much each party of a race does, KILLS how many processes die.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/lab/load.sh
. "$here/../lab/load.sh"

types=/sys/class/mdev_bus/vfio_mig_vgpu/mdev_supported_types
uuid=33333333-0000-4000-8000-00000000000a
leaks=/sys/kernel/debug/kmemleak
status=0

export VFIO_MIG_DEVICE=/sys/bus/mdev/devices/$uuid
if [ $# = 0 ]; then
	set -- all
fi

run() { # PROGRAM ARGS...
	echo "# program $* ($VFIO_MIG_OPEN)"
	"/lab/programs/$1" "${@:2}" || status=1
}

by() { # WAY PROGRAM ARGS...
	export VFIO_MIG_OPEN=$1
	shift
	case $1 in
	all | parties)
		run stuck
		run races -n "${STEPS:-20}"
		run kills -n "${KILLS:-50}"
		;;
	*) run "$@" ;;
	esac
	[ "$1" != all ] || [ ! -e /proc/self/fail-nth ] || run faults
}

# What looked lost for a moment only is not there any more the second time.
# A report is ours if one of our functions is in its backtrace, which has names
# only as long as the module is there.
report_leaks() {
	local found
	echo scan >$leaks && echo scan >$leaks || return 1
	found=$(cat $leaks)
	[ -z "$found" ] || printf '%s\n' "$found" | sed 's/^/# /'
	! grep -q 'vfio_mig' <<<"$found"
}

lab_load_vfio && lab_load vfio_mig_vgpu || exit 1
echo $uuid >"$types/vfio_mig_vgpu-4/create" || exit 1
# What is known before the first test is not ours.
[ ! -e $leaks ] || { echo scan >$leaks && echo clear >$leaks; }
for way in $(lab_ways); do
	by "$way" "$@"
done
echo 1 >"$VFIO_MIG_DEVICE/remove" || status=1

echo "1..2"
if [ ! -e $leaks ]; then
	echo "ok 1 - nothing is leaked # SKIP no kmemleak"
elif report_leaks; then
	echo "ok 1 - nothing is leaked"
else
	echo "not ok 1 - nothing is leaked"
	status=1
fi
if lab_unload_all; then
	echo "ok 2 - modules are unloaded"
else
	echo "not ok 2 - modules are unloaded"
	status=1
fi
exit $status
