#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs inside a lab machine: every module loads, unloads and loads again, then
# the conformance tests take over. TAP on stdout.
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

for name in vfio vfio_iommu_type1 vfio_pci mdev; do
	tap "load $name" lab_load "$name"
done
tap "there are modules" compgen -G "$LAB_MODULES/*.ko"
if [ -n "$(compgen -G "$LAB_MODULES/*.ko")" ]; then
	load_ours "load"
	tap "unload all modules" lab_unload_all
	load_ours "load again"
fi
echo "1..$number"

tests=$(dirname "$0")/..
# Says how long each part takes.
part() { # SCRIPT OPTIONS...
	SECONDS=0
	"$tests/$1" "${@:2}" </dev/null || status=1
	echo "# $1: $SECONDS s"
}

read -r -a options <<<"${SUITE_OPTIONS:-}"
part conformance/run.sh ${options[@]+"${options[@]}"}
part compat/run.sh
part compat/downstream.sh
part vgpu/parents.sh
# Drivers of cards; a test does not read the list's other lines.
while read -r dir _ _ card; do
	[ "$card" = - ] || part "$dir/run.sh" ${options[@]+"${options[@]}"}
done </lab/modules.list
part cli-host/in-guest.sh
for run in fuzz lib cli; do
	part "$run/lab/in-guest.sh"
done
exit $status
