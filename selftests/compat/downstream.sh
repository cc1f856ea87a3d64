#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# downstream.sh [next]: inside a lab machine, releases of the vGPU that differ. The tests
# of downstream.c: first with the modules of /lab/modules-downstream, then with ours.
# "next": those of next.c, with /lab/modules-next, ours, and /lab/modules-next. TAP.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/lab/load.sh
. "$here/../lab/load.sh"

types=/sys/class/mdev_bus/vfio_mig_vgpu/mdev_supported_types
uuid=22222222-0000-4000-8000-00000000000d
status=0

part() { # PROGRAM MODULES FIXTURE
	LAB_MODULES=$2
	! lab_loaded vfio_mig_vgpu || return 1
	lab_load vfio_mig_vgpu || return 1
	echo "$uuid" >"$types/vfio_mig_vgpu-4/create" || return 1
	"/lab/programs/$1" -f "$3" || status=1
	echo 1 >"$VFIO_MIG_DEVICE/remove" || return 1
	lab_unload_all
}

VFIO_MIG_STREAMS=$(mktemp -d)
export VFIO_MIG_STREAMS VFIO_MIG_DEVICE=/sys/bus/mdev/devices/$uuid
lab_load_vfio || exit 1
if [ "${1:-}" = next ]; then
	part next /lab/modules-next next || status=1
	part next /lab/modules today || status=1
	part next /lab/modules-next back || status=1
else
	part downstream /lab/modules-downstream downstream || status=1
	part downstream /lab/modules upstream || status=1
fi
rm -rf "$VFIO_MIG_STREAMS"
exit $status
