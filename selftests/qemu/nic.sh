#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# nic.sh [--kernel VER] [--timeout SEC] [--hosts N] [nic.py's options]: a guest
# with an assigned network card migrates between two lab machines. Prints TAP.
#
#   --short            two migrations instead of ten
#   --only RE          the tests whose name matches
#   --device emulated  QEMU's own card instead, bridged to the wire
#   --driver vfio-pci  the kernel's driver: what works without migration, for
#                      which one machine is enough (--hosts 1)
set -euo pipefail
dir=$(dirname "$0")

args=() kernel=newest limit=1800 hosts=2
while [ $# -gt 0 ]; do
	case $1 in
	--kernel) kernel=$2; shift ;;
	--timeout) limit=$2; shift ;;
	--hosts) hosts=$2; shift ;;
	*) args+=("$1") ;;
	esac
	shift
done

"$dir/guest/mkguest.sh"
"$dir/../lab/build.sh" "$kernel"
exec "$dir/../lab/run.sh" --kernel "$kernel" --hosts "$hosts" --wire \
	--share drivers/e1000e=e1000e --timeout "$limit" -- /lab/selftests/qemu/in-lab.sh nic.py \
	${args[@]+"${args[@]}"}
