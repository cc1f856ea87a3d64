#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh [--short|--mixed] [OPTIONS...]: inside a lab machine, the driver of the
# Intel 82574L with two cards: what it promises itself and, unless short, the
# conformance suite, which has the options. TAP. With --mixed only the load of
# both queues while it is tracked, for MIXED_SECONDS.
# Tests are called by tap.
# shellcheck disable=SC2317
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/lab/load.sh
. "$here/../lab/load.sh"
# shellcheck source=selftests/e1000e/cards.sh
. "$here/cards.sh"

# shellcheck source=selftests/tap.sh
. "$here/../tap.sh"
# What they start and say goes on.
TAP_THROUGH=1

alias_is_libvirts() {
	modinfo -F alias "$LAB_MODULES/e1000e_vfio_pci.ko" |
		grep -q '^vfio_pci:v00008086d000010D3sv\*sd\*bc\*sc\*i\*$'
}

token_says() { [[ " $(cat "$1/version") " == *" $2 "* ]]; }

accepts() { cat "$2/version" >"$1/version"; }

refuses() { ! echo "${2/type=intel-82574l/type=other}" 2>/dev/null >"$1/version"; }

# What a guest sees of the same card through the stock driver, before and after.
stock_driver_again() {
	card_free "$1" && echo e1000e >"$1/driver_override" &&
		modprobe e1000e && echo "${1##*/}" >/sys/bus/pci/drivers_probe &&
		[ -d "$1/net" ] && card_bind "$1"
}

programs() {
	local name
	for name in registers interrupts identity traffic hostile track \
		mixed; do
		"/lab/programs/e1000e-$name" || status=1
	done
}

# A stream of a device of another type, for the test that wants one.
other_stream() {
	local uuid=33333333-0000-4000-8000-00000000000a
	local type=/sys/class/mdev_bus/vfio_mig_vgpu/mdev_supported_types/vfio_mig_vgpu-4
	lab_load mdev && lab_load vfio_mig_vgpu && echo "$uuid" >"$type/create" &&
		VFIO_MIG_DEVICE=/sys/bus/mdev/devices/$uuid \
			/lab/programs/e1000e-save "$1" &&
		echo 1 >"/sys/bus/mdev/devices/$uuid/remove"
}

# How devices can be opened here.
ways() {
	echo group
	[ ! -e /dev/iommu ] || echo cdev
}

conformance() {
	local way
	for way in $(ways); do
		echo "# by $way"
		"$here/../conformance/vfio-conformance" --programs /lab/programs \
			--open "$way" --destructive --device2 "$VFIO_MIG_DEVICE2" \
			"$@" "$VFIO_MIG_DEVICE" || status=1
	done
}

short='' mixed=''
case ${1:-} in
--short) short=1; shift ;;
--mixed) mixed=1; shift ;;
esac
lab_load vfio_pci && lab_load vfio_iommu_type1 && lab_load e1000e_vfio_pci ||
	exit 1
mapfile -t card < <(cards)
tap "two cards" [ ${#card[@]} -ge 2 ]
tap "alias and name are what libvirt looks for" alias_is_libvirts
for dir in "${card[@]:0:2}"; do
	tap "binds to ${dir##*/}" card_bind "$dir"
	tap "its type" token_says "$dir" type=intel-82574l
	tap "its NVM" token_says "$dir" eq_nvm_words=64
done
tap "one accepts the other" accepts "${card[0]}" "${card[1]}"
tap "and nothing else" refuses "${card[0]}" "$(cat "${card[1]}/version")"
tap "the stock driver has it again, and we" stock_driver_again "${card[0]}"
export E1000E_OTHER_STREAM=/tmp/other-stream
tap "a stream of another device is saved" other_stream "$E1000E_OTHER_STREAM"
echo "1..$number"

export VFIO_MIG_DEVICE=${card[0]} VFIO_MIG_DEVICE2=${card[1]}
if [ -n "$mixed" ]; then
	/lab/programs/e1000e-mixed -v both_queues || status=1
	exit $status
fi
programs
[ -n "$short" ] || conformance "$@"
exit $status
