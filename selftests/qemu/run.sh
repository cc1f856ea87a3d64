#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh [--kernel VER] [--timeout SEC] [e2e.py's options]: builds what the
# guest needs and runs e2e.py in a lab machine with the modules loaded.
# Prints TAP.
#
#   --short           leaves out what needs another boot of the guest
#   --device bochs    QEMU's emulated device instead of ours
#   --only NAME       the tests with NAME in their name
set -euo pipefail
dir=$(dirname "$0")

args=() kernel=newest limit=1200
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
exec "$dir/../lab/run.sh" --kernel "$kernel" --timeout "$limit" -- \
	/lab/selftests/qemu/in-lab.sh e2e.py ${args[@]+"${args[@]}"}
