#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# outlive.sh --list | TEST: one test of a data file that outlives its device
# and binding, for vfio-conformance. VFIO_MIG_DEVICE is made and removed again
# (mdev), or unbound and bound (PCI).
# Tests are called by their names.
# shellcheck disable=SC2317
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
device=${VFIO_MIG_DEVICE:-}
name=${device##*/}
program=${VFIO_MIG_PROGRAMS:-$here/build}/outlive
line=
driver=$(readlink -f "$device/driver") || driver=
mdev=$(readlink -f "$device/mdev_type") || mdev=
limit=30

is_mdev() { [ -e "$mdev/create" ]; }

remove() {
	if is_mdev; then
		echo 1 >"$device/remove"
	else
		echo "$name" >"$driver/unbind"
	fi
}

make_again() {
	if is_mdev; then
		echo "$name" >"$mdev/create"
	else
		echo "$name" >"$driver/bind"
	fi
}

there() {
	if is_mdev; then [ -e "$device" ]; else [ -e "$device/driver" ]; fi
}

hold() { # ARGS...
	coproc HOLDER { exec "$program" "$@"; }
	holder=$HOLDER_PID to=${HOLDER[1]}
	read -r -t "$limit" line <&"${HOLDER[0]}" && [ "$line" = ready ]
}

answer() { echo go >&"$to" && wait "$holder"; }

# The file is all that is left of the device.
file_alone() { # MODE
	hold "$1" && remove && ! there && answer
}

# A file of the old device when there is a new one in its place.
file_and_new_device() { # MODE
	hold "$1" && remove && make_again && answer
}

# A device goes when its user does, be it by force.
removed_when_user_dies() { # MODE
	local remover
	hold "$1" device || return 1
	remove &
	remover=$!
	kill -9 "$holder"
	wait "$holder" 2>/dev/null
	timeout "$limit" tail -s 0.1 --pid="$remover" -f /dev/null && ! there
}

tests() {
	local mode
	for mode in save precopy resume; do
		echo "file_alone_$mode" "file_and_new_device_$mode" \
			"removed_when_user_dies_$mode"
	done | tr ' ' '\n'
}

if [ "${1:-}" = --list ]; then
	tests
	exit 0
fi
status=0
"${1%_*}" "${1##*_}" || status=1
there || make_again || status=1
if [ "$line" = skip ]; then
	echo "ok 1 # SKIP the device has no such state"
	exit 0
fi
exit $status
