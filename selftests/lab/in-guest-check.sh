#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs inside a lab machine: every module loads, unloads and loads again, then
# the conformance tests take over. TAP on stdout.
set -uo pipefail
# shellcheck source=selftests/lab/load.sh
. "$(dirname "$0")/load.sh"

number=0
failed=0

# Prints one TAP line for a command: NAME CMD...
tap() {
	local name=$1 log
	shift
	number=$((number + 1))
	if log=$("$@" 2>&1); then
		echo "ok $number - $name"
	else
		failed=1
		echo "not ok $number - $name"
		printf '%s\n' "$log" | sed 's/^/# /'
	fi
}

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
for run in conformance compat e1000e; do
	"$tests/$run/run.sh" || failed=1
done
"$tests/fuzz/lab/in-guest.sh" || failed=1
exit $failed
