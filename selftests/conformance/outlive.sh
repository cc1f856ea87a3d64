#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# outlive.sh: a data file outlives its device, its binding and tries to outlive
# its module. Removes the device in VFIO_MIG_DEVICE; the modules stay.
set -uo pipefail

number=0 status=0
tap() { # NAME CMD...
	local name=$1
	shift
	number=$((number + 1))
	if "$@"; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		status=1
	fi
}

hold() { # ARGS...
	coproc HOLDER { /lab/programs/outlive "$@"; }
	holder=$HOLDER_PID to=${HOLDER[1]}
	read -r -t 20 line <&"${HOLDER[0]}" && [ "$line" = ready ]
}

remove() { echo 1 >"$VFIO_MIG_DEVICE/remove"; }
fails() { ! "$@" 2>/dev/null; }
answer() { echo go >&"$to" && wait "$holder"; }

# The device goes only when its user does, be it by force.
removed_after_kill() {
	remove &
	local remover=$!
	kill -9 "$holder"
	wait "$holder"
	timeout 30 tail --pid=$remover -f /dev/null && [ ! -e "$VFIO_MIG_DEVICE" ]
}

create() {
	echo "${VFIO_MIG_DEVICE##*/}" >"$1/create"
}

echo "1..8"
type=$(readlink -f "$VFIO_MIG_DEVICE/mdev_type")
tap "a process holds the data file" hold
tap "the device is removed under it" remove
tap "the module is in use" fails rmmod vfio_mig
tap "the file answers ENODEV" answer
tap "a new device is made" create "$type"
tap "a process holds device and data file" hold device
tap "the device is removed when its user is killed" removed_after_kill
tap "a new device is made again" create "$type"
exit $status
