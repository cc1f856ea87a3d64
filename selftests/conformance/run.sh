#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh [--stop] [OPTIONS...]: inside a lab machine, the suite against two virtual GPUs, by
# each way to a device that the kernel has. TAP. Options go to the suite; with
# --stop the first failure is the end.
# Tests are called by tap.
# shellcheck disable=SC2317
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/lab/load.sh
. "$here/../lab/load.sh"

types=/sys/class/mdev_bus/vfio_mig_vgpu/mdev_supported_types
bus=/sys/bus/mdev/devices
uuids=(11111111-0000-4000-8000-00000000000a 11111111-0000-4000-8000-00000000000b)
# shellcheck source=selftests/tap.sh
. "$here/../tap.sh"
# What they start and say goes on.
TAP_THROUGH=1

# What is asked of a virtual GPU besides, see ../vgpu.
ours=()
for program in vgpu vgpubits vgpu-engine vgpu-log vgpu-registers vgpu-dirty \
	vgpu-failure vgpu-streams vgpu-datafile vgpu-leave; do
	ours+=(--also "$program")
done

make_devices() {
	local uuid
	for uuid in "${uuids[@]}"; do
		echo "$uuid" >"$types/vfio_mig_vgpu-4/create" || return 1
	done
}

remove_devices() {
	local uuid
	for uuid in "${uuids[@]}"; do
		echo 1 >"$bus/$uuid/remove" || return 1
	done
}

# The data file holds the module that has its code.
module_in_use() {
	coproc HOLDER { exec /lab/programs/outlive save; }
	# shellcheck disable=SC2153
	local holder=$HOLDER_PID to=${HOLDER[1]} line
	read -r -t 30 line <&"${HOLDER[0]}" && [ "$line" = ready ] || return 1
	remove_devices && ! rmmod vfio_mig_vgpu vfio_mig 2>/dev/null || return 1
	echo go >&"$to"
	wait "$holder"
}

lab_load_kvm 2>/dev/null || echo "# no kvm"
lab_load_vfio && lab_load vfio_mig_vgpu && make_devices || exit 1
export VFIO_MIG_DEVICE=$bus/${uuids[0]}
for way in $(lab_ways); do
	echo "# by $way"
	"$here/vfio-conformance" --programs /lab/programs --open "$way" \
		--destructive "${ours[@]}" --device2 "$bus/${uuids[1]}" "$@" \
		"$VFIO_MIG_DEVICE" || status=1
done
[ "${1:-}" != --stop ] || [ "$status" = 0 ] || exit 1
"$here/kill.sh" || status=1

echo "1..2"
tap "the module of an open data file stays" module_in_use
tap "modules are unloaded" lab_unload_all
exit $status
