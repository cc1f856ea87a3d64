#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# bochs.sh [--kernel VER] [--timeout SEC] [bochs.py's options]: a guest with an
# assigned bochs-display migrates between two lab machines. Prints TAP.
set -euo pipefail
dir=$(dirname "$0")

args=() kernel=newest limit=600
while [ $# -gt 0 ]; do
	case $1 in
	--kernel) kernel=$2; shift ;;
	--timeout) limit=$2; shift ;;
	*) args+=("$1") ;;
	esac
	shift
done

"$dir/guest/mkguest.sh"
"$dir/../lab/build.sh" "$kernel"
exec "$dir/../lab/run.sh" --kernel "$kernel" --hosts 2 --timeout "$limit" -- \
	/lab/selftests/qemu/in-lab.sh bochs.py ${args[@]+"${args[@]}"}
