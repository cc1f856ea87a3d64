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
for run in conformance compat; do
	"$tests/$run/run.sh" || status=1
done
"$tests/compat/downstream.sh" || status=1
# Drivers of cards; a test does not read the list's other lines.
while read -r dir _ _ card; do
	[ "$card" = - ] || "$tests/$dir/run.sh" </dev/null || status=1
done </lab/modules.list
"$tests/cli-host/in-guest.sh" || status=1
for run in fuzz lib cli; do
	"$tests/$run/lab/in-guest.sh" || status=1
done
exit $status
