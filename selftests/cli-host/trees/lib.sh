# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For the scripts beside it, which make hosts as vfio-mig --sysfs sees them, in
# the documented layout of sysfs (Documentation/ABI of the kernel): names and
# numbers are made up. All paths are below $ROOT.
#
#   file PATH TEXT        a file with a line
#   link PATH TARGET      a symbolic link; TARGET is a path below $ROOT, too
#   host NAME RELEASE     the host's names
#   options NAME...       its kernel's options, as modules
#   alias_of PATTERN MODULE  a line of modules.alias
#   module NAME [VERSION] a loaded module
#   driver NAME MODULE    a PCI driver
#   pci ADDRESS VENDOR DEVICE [DRIVER]   a function, without config space
#   config ADDRESS SIZE [CAPABILITY...]  its config space, "AT:ID" for each
#   vfio ADDRESS [GROUP]  what VFIO and the IOMMU add to it
#   vf ADDRESS PF         it is a function of PF
#   type PARENT NAME INSTANCES TOKEN     an mdev type
#   mdev UUID PARENT TYPE TOKEN          an mdev

# shellcheck source=selftests/cli-host/trees/poke.sh
. "$(dirname "${BASH_SOURCE[0]}")/poke.sh"

ROOT=${ROOT:?}
devices=sys/devices/pci0000:00

file() {
	mkdir -p "$ROOT/$(dirname "$1")"
	printf '%s\n' "$2" >"$ROOT/$1"
}

link() {
	mkdir -p "$ROOT/$(dirname "$1")" "$ROOT/$2"
	ln -sfnr "$ROOT/$2" "$ROOT/$1"
}

host() {
	RELEASE=$2
	mkdir -p "$ROOT/sys/bus" "$ROOT/usr/sbin" "$ROOT/lib/modules/$2"
	file proc/sys/kernel/hostname "$1"
	file proc/sys/kernel/osrelease "$2"
	file "lib/modules/$2/modules.alias" "# Aliases"
}

options() {
	printf 'CONFIG_%s=m\n' "$@" >"$ROOT/boot-config"
	mkdir -p "$ROOT/boot"
	mv "$ROOT/boot-config" "$ROOT/boot/config-$RELEASE"
}

alias_of() { # PATTERN MODULE
	echo "alias vfio_pci:$1 $2" >>"$ROOT/lib/modules/$RELEASE/modules.alias"
}

module() {
	mkdir -p "$ROOT/sys/module/$1"
	[ -z "${2:-}" ] || file "sys/module/$1/version" "$2"
}

driver() {
	module "$2"
	link "sys/bus/pci/drivers/$1/module" "sys/module/$2"
}

pci() {
	local dir=$devices/$1
	file "$dir/vendor" "0x$2"
	file "$dir/device" "0x$3"
	file "$dir/revision" 0x01
	file "$dir/subsystem_vendor" "0x$2"
	file "$dir/subsystem_device" 0x0001
	file "$dir/modalias" "pci:v0000${2^^}d0000${3^^}sv0000${2^^}sd00000001bc02sc00i00"
	file "$dir/resource" "0x00000000fe000000 0x00000000fe003fff 0x0000000000140204
0x0000000000000000 0x0000000000000000 0x0000000000000000
0x00000000fe100000 0x00000000fe100fff 0x0000000000140204"
	file "$dir/reset" ""
	link "$dir/subsystem" sys/bus/pci
	link "sys/bus/pci/devices/$1" "$dir"
	[ -z "${4:-}" ] || link "$dir/driver" "sys/bus/pci/drivers/$4"
}

# Standard capabilities are in the order given; from 0x100 on extended ones.
config() {
	local file=$ROOT/$devices/$1/config size=$2 cap at id last=0x33
	shift 2
	truncate -s "$size" "$file"
	poke "$file" 0 868010d3
	poke "$file" 6 1000
	poke "$file" 8 01000002
	for cap; do
		at=${cap%:*} id=${cap#*:}
		if [ $((at)) -lt 256 ]; then
			poke "$file" $((last + 1)) "$(printf %02x $((at)))"
			poke "$file" $((at)) "$id"
			last=$at
		else
			[ $((at)) = 256 ] || poke "$file" $((last + 2)) \
				"$(printf '%02x%02x' $(((at & 15) << 4 | 1)) $((at >> 4)))"
			poke "$file" $((at)) "${id}000100"
			last=$at
		fi
	done
}

vfio() {
	mkdir -p "$ROOT/$devices/$1/vfio-dev/vfio0"
	link "$devices/$1/iommu_group" "sys/kernel/iommu_groups/${2:-7}"
	link "sys/kernel/iommu_groups/${2:-7}/devices/$1" "$devices/$1"
	mkdir -p "$ROOT/sys/class/iommu/dmar0"
}

vf() {
	link "$devices/$1/physfn" "$devices/$2"
	file "$devices/$2/sriov_totalvfs" 8
}

type() {
	local dir=$devices/$1
	[ -d "$ROOT/$dir" ] || dir=sys/devices/virtual/$1
	link "sys/class/mdev_bus/$1" "$dir"
	dir=$dir/mdev_supported_types/$2
	file "$dir/device_api" vfio-pci
	file "$dir/available_instances" "$3"
	file "$dir/version" "$4"
	file "$dir/migration/platforms" "2026.1 2026.2"
}

mdev() {
	local parent=$devices/$2
	[ -d "$ROOT/$parent" ] || parent=sys/devices/virtual/$2
	link "sys/bus/mdev/devices/$1" "$parent/$1"
	link "$parent/$1/subsystem" sys/bus/mdev
	link "$parent/$1/driver" sys/bus/mdev/drivers/vfio_mig_vgpu
	link "$parent/$1/mdev_type" "$parent/mdev_supported_types/$3"
	file "$parent/$1/version" "$4"
	file "$parent/$1/migration/platforms" "2026.1 2026.2"
	file "$parent/$1/migration/platform" 2026.2
}
