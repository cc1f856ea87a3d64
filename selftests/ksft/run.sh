#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh [--kernel VER]: the kernel's own VFIO tests on a network card, by the
# kernel's vfio-pci and then by e1000e_vfio_pci: what passes with the first has to
# pass with the second. TAP. Outside of a lab machine it starts one: the deep
# kernel, since the tests want IOMMUFD.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)

if [ -z "${LAB_HOST:-}" ]; then
	kernel=deep
	if [ "${1:-}" = --kernel ]; then kernel=$2; fi
	LAB_PROGRAM_DIRS=selftests/ksft "$here/../lab/programs.sh" || exit 1
	"$here/../lab/build.sh" "$kernel" || exit 1
	exec "$here/../lab/run.sh" --kernel "$kernel" --timeout 900 -- \
		/lab/selftests/ksft/run.sh
fi

# shellcheck source=selftests/lab/load.sh
. "$here/../lab/load.sh"
card=0000:00:10.0
sysfs=/sys/bus/pci/devices/$card

bind() { # DRIVER
	[ ! -e $sysfs/driver ] || echo $card >$sysfs/driver/unbind
	echo "$1" >$sysfs/driver_override
	echo $card >/sys/bus/pci/drivers_probe
	[ "$(basename "$(readlink $sysfs/driver)")" = "$1" ]
}

# Each case as "pass NAME", "skip NAME" or "fail NAME"; a program that ends
# before its first case is one that has failed.
cases() { # PROGRAM
	local log
	log=$(timeout -k 5 120 "$1" $card 2>&1)
	printf '%s\n' "$log" | awk -v program="${1##*/ksft-}" '
	/^ok .*# SKIP/ { print "skip", program "." $3; n++; next }
	/^(not )?ok / { print ($1 == "ok" ? "pass" : "fail"), program "." $($1 == "ok" ? 3 : 4); n++ }
	END { if (!n) print "fail", program }'
	printf '%s\n' "$log" | sed 's/^/# /' >&2
}

all_cases() { # DRIVER
	local program
	bind "$1" || return 1
	for program in /lab/programs/ksft-vfio_*; do
		cases "$program"
	done
}

# One line of TAP for what plain vfio-pci does with a case, and ours.
compare() {
	local name plain ours
	while read -r name plain ours; do
		number=$((number + 1))
		if [ "$ours" = fail ] && [[ $name =~ $known ]]; then
			echo "not ok $number - $name # TODO trapped pages"
			continue
		fi
		case $plain-$ours in
		*-pass) echo "ok $number - $name" ;;
		pass-*) echo "not ok $number - $name: $ours"; status=1 ;;
		*) echo "ok $number - $name # SKIP vfio-pci: $plain, ours: $ours" ;;
		esac
	done
}

# The largest BAR is mapped for DMA there, and one that is not all there cannot be.
known='^vfio_dma_mapping_mmio_test\..*\.vfio_type1(v2)?_iommu\.'
number=0 status=0
lab_load vfio_iommu_type1 && lab_load vfio_pci && lab_load e1000e_vfio_pci || exit 1
all_cases vfio-pci >/tmp/plain 2>/lab/out/vfio-pci.log
all_cases e1000e_vfio_pci >/tmp/ours 2>/lab/out/e1000e_vfio_pci.log
awk 'NR == FNR { plain[$2] = $1; next }
	{ print $2, ($2 in plain ? plain[$2] : "none"), $1; delete plain[$2] }
	END { for (name in plain) print name, plain[name], "none" }' \
	/tmp/plain /tmp/ours >/tmp/both
compare </tmp/both
echo "1..$number"
[ "$number" -gt 0 ] && exit $status
