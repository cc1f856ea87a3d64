#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs inside a lab machine: both fuzzers against a vGPU of 4 MiB. TAP.
#
# in-guest.sh [bits]         short, and the same on each call; or as long as
#                            FUZZ_STREAMS and FUZZ_IOCTLS say. With bits also
#                            each bit of a stream of 16 KiB
# in-guest.sh SECONDS SEED   long; the addresses that were covered, where the
#                            kernel has KCOV, end up in /lab/out
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/lab/load.sh
. "$here/../../lab/load.sh"

uuid=11111111-0000-4000-8000-00000000000f
types=/sys/class/mdev_bus/vfio_mig_vgpu/mdev_supported_types
export VFIO_MIG_DEVICE=/sys/bus/mdev/devices/$uuid

# Each fault of user memory on purpose would be told.
echo 0 >/proc/sys/debug/exception-trace 2>/dev/null
lab_load_vfio && lab_load vfio_mig_vgpu || exit 1
# The tracepoints' code, too.
echo 1 >/sys/kernel/tracing/events/vfio_mig/enable
echo $uuid >"$types/vfio_mig_vgpu-4/create" || exit 1
status=0
if [ $# -lt 2 ]; then
	fuzz-streams -s 1 -n "${FUZZ_STREAMS:-1500}" || status=1
	fuzz-ioctls -s 1 -n "${FUZZ_IOCTLS:-20000}" || status=1
	fuzz-ioctls -s 2 -n "${FUZZ_IOCTLS:-20000}" -j 3 || status=1
	[ -z "${1:-}" ] || VFIO_MIG_THOROUGH=1 vgpubits || status=1
else
	out=${LAB_OUT:-/tmp}
	fuzz-streams -s "$2" -t $(($1 / 3)) -c "$out/streams.pcs" || status=1
	fuzz-ioctls -s "$2" -t $(($1 / 3)) -c "$out/ioctls.pcs" || status=1
	fuzz-ioctls -s "$2" -t $(($1 / 3)) -j 3 -c "$out/threads.pcs" || status=1
	for module in vfio_mig vfio_mig_vgpu; do
		echo "$module $(cat /sys/module/$module/sections/.text)"
	done >"$out/modules"
fi
echo "1..1"
if echo 1 >"$VFIO_MIG_DEVICE/remove" && lab_unload_all; then
	echo "ok 1 - device and modules go after fuzzing"
else
	echo "not ok 1 - device and modules go after fuzzing"
	status=1
fi
exit $status
