#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# doctor.sh PROGRAM: vfio-mig doctor on made-up hosts. TAP.
# Tests are called by tap.
# shellcheck disable=SC2317
# shellcheck source=selftests/cli-host/common.sh
. "$(dirname "$0")/common.sh"

# "severity id device" of all that is found.
findings() { # TREE ARGUMENTS...
	asked "$1" --json doctor "${@:2}" |
		jq -r '.findings[] | "\(.severity) \(.id) \(.device // "-")"'
}

finds() { # "SEVERITY ID DEVICE" TREE ARGUMENTS...
	local out
	out=$(findings "${@:2}")
	grep -qxF -- "$1" <<<"$out" || { echo "$out"; return 1; }
}

finds_not() { # ID TREE ARGUMENTS...
	! findings "${@:2}" | grep " $1\b"
}

# What there was is in the words of the finding.
says() { # TEXT TREE ARGUMENTS...
	asked "$2" --json doctor "${@:3}" | jq -r '.findings[].what' | grep -qF -- "$1"
}

is_complete() {
	asked sick --json doctor | jq -e '.findings | length > 10 and
		all(.[]; .id and .what and .means and .do and
			(.severity | IN("note", "warning", "error")))'
}

# A program may rely on them; and each can come up.
texts() { # "ID SEVERITY" of each
	sed -n 's/^		"\([a-z0-9-]*\)", \([A-Z]*\),$/\1 \L\2/p' "$TOP/userspace/cli/findings.c"
}
is_documented() {
	local id
	while read -r id _; do
		grep -q "^\`\`$id\`\` " "$TOP/Documentation/cli.rst" || { echo "$id"; return 1; }
	done < <(texts)
	[ "$(texts | wc -l)" -gt 30 ]
}

# shellcheck disable=SC2016
severities_are_documented() {
	diff <(texts | sort) \
		<(sed -n 's/^``\([a-z0-9-]*\)`` *\(note\|warning\|error\) .*/\1 \2/p' \
			"$TOP/Documentation/cli.rst" | sort)
}

tree vendors
tree sick
tree mdevs
d=0000:0

tap "a host that is fit: exit code 0" exits 0 on vendors doctor
tap "a sick host: exit code 1" exits 1 on sick doctor
tap "warnings alone: exit code 1" exits 1 on mdevs doctor
tap "no such device: exit code 3" refuses 3 on vendors doctor 0000:ff:00.0
tap "an option that it does not have: 2" refuses 2 on vendors doctor --frob
tap "a peer for several devices: 2" refuses 2 on vendors doctor --peer x
tap "a peer that is not there: 3" refuses 3 on vendors doctor 05:00.1 --peer /nowhere
tap "each finding has all parts" is_complete
tap "each identifier is documented" is_documented
tap "each severity is documented" severities_are_documented

tap "a number is no proof where VFIO shows that it is newer" finds_not kernel-too-old sick
tap "no VFIO in the kernel" finds "error kconfig-vfio -" sick
tap "no VFIO for PCI" finds "error kconfig-vfio-pci -" sick
tap "no container" finds "error kconfig-container -" sick
tap "no DMA logging" finds "warning kconfig-dma-logging -" sick
tap "but where it is" finds_not kconfig-dma-logging vendors
tap "no IOMMU" finds "error no-iommu -" sick
tap "but where it is" finds_not no-iommu vendors
tap "VFIO is not loaded" finds "warning module-not-loaded -" sick
rm -r "$WORK/mdevs/sys/module/vfio_iommu_type1"
tap "no IOMMU driver of VFIO is loaded" finds "warning module-not-loaded -" mdevs
tap "no mdevctl" finds "warning mdevctl-missing -" mdevs
touch "$WORK/mdevs/usr/sbin/mdevctl"
tap "but where it is" finds_not mdevctl-missing mdevs
sed -i /MDEV/d "$WORK"/mdevs/boot/config-*
tap "mdev types, and no mdev in the kernel" finds "error kconfig-mdev -" mdevs
mkdir -p "$WORK/mdevs/proc"
gzip -c "$WORK"/vendors/boot/config-* >"$WORK/mdevs/proc/config.gz"
rm "$WORK"/mdevs/boot/config-*
tap "options are read from /proc/config.gz" finds_not kconfig-unknown mdevs
tap "and taken from there" finds_not kconfig-mdev mdevs
rm "$WORK/mdevs/proc/config.gz"
tap "options that nobody can read" finds "note kconfig-unknown -" mdevs

tap "no driver" finds "error no-driver ${d}1:00.0" sick 01:00.0
tap "and which is for it: the best of libvirt's" says "best_vfio_pci is for it" sick 01:00.0
tap "a driver that is not VFIO's" finds "error not-a-vfio-driver ${d}2:00.0" sick 02:00.0
tap "vfio-pci" finds "error generic-driver ${d}3:00.0" sick 03:00.0
tap "but not a variant" finds_not generic-driver sick 04:00.0
tap "another one of the group has a host's driver" \
	finds "error group-not-viable ${d}3:00.0" sick
tap "but not where it has not" finds_not group-not-viable vendors
tap "libvirt would take another" finds "warning other-driver ${d}4:00.0" sick
tap "no vfio-dev" finds "error no-vfio-dev ${d}4:00.0" sick
tap "no group" finds "error no-iommu-group ${d}4:00.0" sick
tap "no reset" finds "error no-reset ${d}4:00.0" sick
tap "but where there is one" finds_not no-reset vendors
tap "a serial number" finds "warning serial-number ${d}4:00.0" sick
tap "but not where there is none" finds_not serial-number sick 03:00.0
tap "no alias" finds "warning no-alias ${d}5:00.0" sick
tap "a driver and a module with two names" finds "warning driver-name ${d}5:00.0" sick
tap "but not with - for _" finds_not driver-name vendors 06:00.1
tap "no modalias" finds "note alias-unknown ${d}6:00.0" sick
tap "no token" finds "note no-token ${d}5:00.0" sick
tap "a composed token" finds "note token-composed ${d}5:00.1" vendors
tap "another host's devices are not opened" finds "note not-looked-into ${d}5:00.1" vendors

mdev=22222222-0000-4000-8000-00000000000
tap "a parent that libvirt does not know" finds "warning mdev-parent-unknown ${mdev}b" mdevs
tap "but not one on PCI" finds_not "mdev-parent-unknown ${mdev}a" mdevs
echo vfio-ccw >"$WORK/mdevs/sys/bus/mdev/devices/${mdev}a/mdev_type/device_api"
tap "an API that is not of PCI" finds "warning mdev-api ${mdev}a" mdevs
tap "a device alone: nothing of others" finds_not mdev-parent-unknown mdevs ${mdev}a
plan
