#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs inside a lab machine: every program against a virtual GPU. TAP.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/lab/load.sh
. "$here/../lab/load.sh"

uuid=11111111-0000-4000-8000-00000000000a
types=/sys/class/mdev_bus/vfio_mig_vgpu/mdev_supported_types
export VFIO_MIG_DEVICE=/sys/bus/mdev/devices/$uuid

lab_load vfio_iommu_type1 && lab_load vfio_mig_vgpu || exit 1
echo $uuid >"$types/vfio_mig_vgpu-4/create" || exit 1
status=0
for program in states data badstream vgpu; do
	echo "# program $program"
	"/lab/programs/$program" || status=1
done

# A process that dies in the middle leaves nothing behind.
"$here/kill.sh" || status=1
"$here/outlive.sh" || status=1

echo "1..2"
if echo 1 >"$VFIO_MIG_DEVICE/remove"; then
	echo "ok 1 - device is removed"
else
	echo "not ok 1 - device is removed"
	status=1
fi
if lab_unload_all; then
	echo "ok 2 - modules are unloaded"
else
	echo "not ok 2 - modules are unloaded"
	status=1
fi
exit $status
