#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# versions.sh [--kernel VER] [--timeout SEC]: guests migrate between two lab
# machines, one of which has an older release of the virtual GPU. Prints TAP.
set -euo pipefail
dir=$(dirname "$0")

kernel=newest limit=900
while [ $# -gt 0 ]; do
	case $1 in
	--kernel) kernel=$2 ;;
	--timeout) limit=$2 ;;
	*) exit 2 ;;
	esac
	shift 2
done

"$dir/guest/mkguest.sh"
"$dir/../lab/build.sh" "$kernel"
LAB_BUILD_NAME=$kernel-old "$dir/../lab/build.sh" "$kernel" \
	KCFLAGS=-DVGPU_NEWEST_MINOR=0
exec "$dir/../lab/run.sh" --kernel "$kernel" --hosts 2 --timeout "$limit" \
	--share "build/$kernel-old/out=modules-old" -- \
	/lab/selftests/qemu/in-lab.sh versions.py
