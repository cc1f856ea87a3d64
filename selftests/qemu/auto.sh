#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# auto.sh [--timeout SEC] [auto.py's options]: builds what the guest needs and
# runs auto.py on the deep kernel, where everything takes its time. TAP.
set -euo pipefail
dir=$(dirname "$0")

limit=1800
if [ "${1:-}" = --timeout ]; then
	limit=$2
	shift 2
fi
"$dir/guest/mkguest.sh"
"$dir/../lab/build.sh" deep
exec "$dir/../lab/run.sh" --kernel deep --timeout "$limit" \
	--env VFIO_MIG_TIME_SCALE=4 -- \
	/lab/selftests/qemu/in-lab.sh auto.py "$@"
