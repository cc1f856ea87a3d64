#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# mtty.sh [OPTIONS...]: the suite against the kernel's own sample, mtty, on the
# deep kernel. TAP. Outside of a lab machine it starts one. What fails is known
# (known/mtty), and so is what the kernel reports of it (known/mtty.reports);
# Documentation/conformance-results.md describes both. Options go to the suite.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)

types=/sys/class/mdev_bus/mtty/mdev_supported_types
bus=/sys/bus/mdev/devices
uuids=(22222222-0000-4000-8000-00000000000a 22222222-0000-4000-8000-00000000000b)

# What run.sh may see of reports: their first lines, which name functions of
# mtty or those that it has called. That it was mtty is checked below, in all.
splats='BUG: KASAN: slab-[a-z-]+ in (mtty_[a-z_]+|_copy_from_user|__mutex_[a-z_]+)\+|UBSAN: array-index-out-of-bounds in .*/mtty\.c:|cut here'

if [ -z "${LAB_HOST:-}" ]; then
	exec "$here/../lab/run.sh" --kernel deep --timeout 1800 \
		--append kasan_multi_shot --allow-splat "$splats" -- \
		/lab/selftests/conformance/mtty.sh "$@"
fi

# "kind function" of each report in the kernel's log: the function is the first
# of mtty in its call trace, or "none".
reports() {
	dmesg | awk '
	function flush() { if (kind) print kind, where ? where : "none" }
	match($0, /BUG: KASAN: [a-z-]+|UBSAN: [a-z-]+|BUG: [a-z ]+|WARNING: [a-z ]+|Oops/) {
		flush()
		kind = substr($0, RSTART, RLENGTH)
		sub(/^.*: /, "", kind)
		where = ""
	}
	kind && !where && /\[mtty\]/ && !/ \? / {
		where = $0
		sub(/\+.*/, "", where)
		sub(/^.* /, "", where)
	}
	END { flush() }' | sort -u
}

reports_are_known() {
	diff <(grep -v '^#' "$here/known/mtty.reports" | sort -u) <(reports)
}

modprobe -a vfio_iommu_type1 mtty || exit 1
for uuid in "${uuids[@]}"; do
	echo "$uuid" >$types/mtty-2/create || exit 1
done
status=0
"$here/vfio-conformance" --programs /lab/programs --destructive \
	--lacks integrity --known "$here/known/mtty" --also mtty \
	--device2 "$bus/${uuids[1]}" "$@" "$bus/${uuids[0]}" || status=1
echo "1..1"
if difference=$(reports_are_known); then
	echo "ok 1 - the kernel's reports are those that are known"
else
	echo "not ok 1 - the kernel's reports are those that are known"
	printf '%s\n' "$difference" | sed 's/^/#   /'
	status=1
fi
exit $status
