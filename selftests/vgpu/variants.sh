#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# variants.sh: inside a lab machine, devices that lack optional states: without
# P2P, and without P2P and PRE_COPY. The arcs that only they go are those of the
# state machine that "behave as though the device was fully running". And one whose
# pages have 16 units of the stream, as pages of 64 KiB have. TAP.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/lab/load.sh
. "$here/../lab/load.sh"

types=/sys/class/mdev_bus/vfio_mig_vgpu/mdev_supported_types
uuid=44444444-0000-4000-8000-00000000000a
device=/sys/bus/mdev/devices/$uuid
status=0

variant() { # NAME PROGRAMS CMD..., of the suite and ours
	local also=() program
	for program in ${2//,/ }; do
		[[ $program != vgpu* ]] || also+=(--also "$program")
	done
	echo "# $1"
	LAB_MODULES=/lab/modules-$1
	lab_load vfio_mig_vgpu || return 1
	echo "$uuid" >"$types/vfio_mig_vgpu-4/create" || return 1
	"$here/../conformance/vfio-conformance" --programs /lab/programs \
		--suite "$2" "${also[@]}" "$device" || status=1
	"${@:3}" || status=1
	echo 1 >"$device/remove" && lab_unload_all
}

# Not how much a stream has besides VRAM: with so small units that is more.
all_of_vram() {
	VFIO_MIG_DEVICE=$device /lab/programs/vgpu-dirty -t every_write_is_seen \
		-t all_is_sent_after_a_cancelled_precopy -t zeros_mean_that_nothing_is_left &&
		VFIO_MIG_DEVICE=$device /lab/programs/vgpu -t registers_and_vram_migrate
}

lab_load_vfio || exit 1
for name in no-p2p stop-copy; do
	variant "$name" states,data,precopy,lifetime,vgpu-engine,vgpu-registers : || status=1
done
variant large-page data,precopy,transfer,vgpu-engine all_of_vram || status=1
exit $status
