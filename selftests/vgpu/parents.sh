#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# parents.sh: inside a lab machine, a PCI function as the parent of virtual GPUs. TAP.
# Tests are called by tap.
# shellcheck disable=SC2317
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/lab/load.sh
. "$here/../lab/load.sh"
# shellcheck source=selftests/lab/cards.sh
. "$here/../lab/cards.sh"
# shellcheck source=selftests/tap.sh
. "$here/../tap.sh"
uuid=33333333-0000-4000-8000-00000000000a
root=/sys/class/mdev_bus/vfio_mig_vgpu
device=/sys/bus/mdev/devices/$uuid

takes_none_by_itself() {
	! modinfo -F alias "$LAB_MODULES/vfio_mig_vgpu.ko" | grep .
}

# What a driver that uses the function would change: command, BARs, power state.
is_untouched() { od -v -An -tx1 "$card/config" | cmp - "$before"; }

has_types() {
	local type
	for type in "$root"/mdev_supported_types/*; do
		cmp "$type/version" "$card/mdev_supported_types/${type##*/}/version" || return 1
	done
}

is_parent() { [ "$(readlink -f "/sys/class/mdev_bus/${card##*/}")" = "$(readlink -f "$card")" ]; }

creates() { echo "$uuid" >"$card/mdev_supported_types/vfio_mig_vgpu-4/create"; }

fits_other_parents() {
	cat "$device/version" >"$root/mdev_supported_types/vfio_mig_vgpu-4/version"
}

# Both parents take from the same memory.
shares_memory() {
	local type=mdev_supported_types/vfio_mig_vgpu-256/available_instances
	[ "$(cat "$root/$type")" = "$(cat "$card/$type")" ] && [ "$(cat "$card/$type")" = 3 ]
}

asks_users() { VFIO_MIG_DEVICE=$device /lab/programs/vgpu-leave; }

is_gone() { [ ! -e "$device" ] && [ ! -e "$card/mdev_supported_types" ]; }

binds() { lab_card_bind "$card" vfio_mig_vgpu; }

lab_load_vfio && lab_load vfio_mig_vgpu || exit 1
card=$(lab_cards 0x1234 0x1111 | head -n 1)
before=$(mktemp)
lab_card_free "$card"
od -v -An -tx1 "$card/config" >"$before"
tap "the driver takes no function by itself" takes_none_by_itself
tap "takes what driver_override names" binds
tap "is in mdev_bus" is_parent
tap "its types are those of the other parent" has_types
tap "the function is as it was" is_untouched
tap "makes a device" creates
tap "whose token types of other parents take" fits_other_parents
tap "memory is the same" shares_memory
tap "a user is asked to close" asks_users
tap "unbind removes its devices" lab_card_free "$card"
tap "they are gone" is_gone
tap "takes it again" binds
tap "makes a device again" creates
tap "the module is unloaded" lab_unload_all
tap "all is gone" is_gone
tap "the function is as it was before" is_untouched
echo >"$card/driver_override"
rm -f "$before"
echo "1..$number"
exit "$status"
