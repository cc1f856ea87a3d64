# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For scripts inside a lab machine: PCI cards and the drivers that have them.
#
#   lab_cards VENDOR DEVICE  prints the sysfs directory of each card, in order
#   lab_card_bind DIR DRIVER binds a card to a driver that is loaded
#   lab_card_free DIR        unbinds a card

lab_cards() { # VENDOR DEVICE
	local dir
	for dir in /sys/bus/pci/devices/*; do
		[ "$(cat "$dir/vendor" "$dir/device")" = "$1"$'\n'"$2" ] &&
			printf '%s\n' "$dir"
	done
}

lab_card_free() { # DIR
	[ ! -e "$1/driver" ] || echo "${1##*/}" >"$1/driver/unbind"
}

lab_card_bind() { # DIR DRIVER
	lab_card_free "$1" || return 1
	echo "$2" >"$1/driver_override" || return 1
	echo "${1##*/}" >/sys/bus/pci/drivers_probe
	[ "$(readlink "$1/driver" | sed 's,.*/,,')" = "$2" ]
}
