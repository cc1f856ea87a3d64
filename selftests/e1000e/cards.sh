# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For scripts inside a lab machine: the Intel 82574L cards and their driver.
#
#   cards          prints the sysfs directory of each card, in order
#   card_bind DIR  binds a card to our driver, which is loaded
#   card_free DIR  takes it away from whatever has it

cards() {
	local dir
	for dir in /sys/bus/pci/devices/*; do
		[ "$(cat "$dir/vendor" "$dir/device")" = $'0x8086\n0x10d3' ] &&
			printf '%s\n' "$dir"
	done
}

card_free() {
	[ ! -e "$1/driver" ] || echo "${1##*/}" >"$1/driver/unbind"
}

card_bind() {
	card_free "$1" || return 1
	echo e1000e_vfio_pci >"$1/driver_override" || return 1
	echo "${1##*/}" >/sys/bus/pci/drivers_probe
	[ "$(readlink "$1/driver" | sed 's,.*/,,')" = e1000e_vfio_pci ]
}
