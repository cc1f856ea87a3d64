#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# libvirt.sh [--kernel VER] [--timeout SEC] [libvirt.py's options]: libvirt migrates
# the guest of Documentation/examples/libvirt-vm.xml between two lab machines. Prints
# TAP.
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
exec "$dir/../lab/run.sh" --kernel "$kernel" --hosts 2 --wire --timeout "$limit" \
	--share Documentation/examples=examples -- \
	/lab/selftests/qemu/libvirt.py ${args[@]+"${args[@]}"}
