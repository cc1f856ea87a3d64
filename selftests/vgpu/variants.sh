#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# variants.sh: inside a lab machine, devices that lack optional states: without
# P2P, and without P2P and PRE_COPY. The arcs that only they go are those of the
# state machine that "behave as though the device was fully running". TAP.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/lab/load.sh
. "$here/../lab/load.sh"

types=/sys/class/mdev_bus/vfio_mig_vgpu/mdev_supported_types
uuid=44444444-0000-4000-8000-00000000000a
device=/sys/bus/mdev/devices/$uuid
status=0

variant() { # NAME
	echo "# $1"
	LAB_MODULES=/lab/modules-$1
	lab_load vfio_mig_vgpu || return 1
	echo "$uuid" >"$types/vfio_mig_vgpu-4/create" || return 1
	"$here/../conformance/vfio-conformance" --programs /lab/programs \
		--suite states,data,precopy,lifetime,vgpu-engine,vgpu-registers \
		--also vgpu-engine --also vgpu-registers "$device" || status=1
	echo 1 >"$device/remove" && lab_unload_all
}

lab_load_vfio || exit 1
for name in no-p2p stop-copy; do
	variant "$name" || status=1
done
exit $status
