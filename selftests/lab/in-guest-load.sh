#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# in-guest-load.sh: inside a lab machine, every module loads, unloads and loads
# again. TAP.
set -uo pipefail
# shellcheck source=selftests/lab/load.sh
. "$(dirname "$0")/load.sh"

# shellcheck source=selftests/tap.sh
. "$(dirname "$0")/../tap.sh"

load_ours() {
	local file
	for file in "$LAB_MODULES"/*.ko; do
		file=${file##*/}
		tap "$1 ${file%.ko}" lab_load "${file%.ko}"
	done
}

tap "load VFIO" lab_load_vfio
tap "there are modules" compgen -G "$LAB_MODULES/*.ko"
if [ -n "$(compgen -G "$LAB_MODULES/*.ko")" ]; then
	load_ours "load"
	tap "unload all modules" lab_unload_all
	load_ours "load again"
	tap "unload all modules again" lab_unload_all
fi
echo "1..$number"
exit "$status"
