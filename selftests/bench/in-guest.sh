#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs inside a lab machine: one JSON object a figure on stdout.
set -euo pipefail
# shellcheck source=selftests/lab/load.sh
. "$(dirname "$0")/../lab/load.sh"

source=11111111-0000-4000-8000-000000000001
target=11111111-0000-4000-8000-000000000002
devices=/sys/bus/mdev/devices
types=/sys/class/mdev_bus/vfio_mig_vgpu/mdev_supported_types

lab_load vfio_iommu_type1
lab_load vfio_mig_vgpu
for uuid in $source $target; do
	echo "$uuid" >"$types/vfio_mig_vgpu-64/create"
done
datafile "$devices/$source" "$devices/$target"
for uuid in $source $target; do
	echo 1 >"$devices/$uuid/remove"
done
