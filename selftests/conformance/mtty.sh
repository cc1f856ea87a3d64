#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# mtty.sh [OPTIONS...]: inside a lab machine with the deep kernel, the suite
# against the kernel's own sample, samples/vfio-mdev/mtty.c. TAP. What fails is
# known: known/mtty, and Documentation/conformance-results.md. Options go to
# the suite.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)

types=/sys/class/mdev_bus/mtty/mdev_supported_types
bus=/sys/bus/mdev/devices
a=22222222-0000-4000-8000-00000000000a b=22222222-0000-4000-8000-00000000000b

modprobe -a vfio_iommu_type1 mtty || exit 1
for uuid in $a $b; do
	echo "$uuid" >$types/mtty-2/create || exit 1
done
exec "$here/vfio-conformance" --programs /lab/programs --destructive \
	--lacks integrity --known "$here/known/mtty" --device2 $bus/$b \
	"$@" $bus/$a
