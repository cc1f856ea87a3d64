#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# in-guest.sh: inside a lab machine, vfio-mig on real devices: vGPUs of this
# build and of an older one (/lab/modules-old), and network cards. TAP.
# Tests are called by tap.
# shellcheck disable=SC2317
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/cli-host/common.sh
. "$here/common.sh" /lab/programs/vfio-mig
# shellcheck source=selftests/lab/load.sh
. "$here/../lab/load.sh"

types=/sys/class/mdev_bus/vfio_mig_vgpu/mdev_supported_types
uuid=22222222-0000-4000-8000-00000000000a
large=22222222-0000-4000-8000-00000000000b
bus=/sys/bus/mdev/devices
pci=/sys/bus/pci/devices

vm() { "$PROGRAM" "$@"; }
create() { echo "$1" >"$types/vfio_mig_vgpu-$2/create"; }
remove() { echo 1 >"$bus/$1/remove"; }

# One with another build of the modules in place of the device.
rebuild() { # MODULES
	remove "$uuid"
	lab_unload_all && LAB_MODULES=$1 && lab_load vfio_mig_vgpu && create "$uuid" 4
}

found() { # "SEVERITY ID" DEVICE...
	local out
	out=$(vm doctor "${@:2}" || :)
	grep -q "^$1: " <<<"$out" || { echo "$out"; return 1; }
}

not_found() { # ID DEVICE...
	local out
	out=$(vm doctor "${@:2}" || :)
	! grep " $1: " <<<"$out"
}

dump() { # DEVICE FILE
	vm fingerprint "$1" >"$WORK/$2"
}

has() { # FILE PYTHON
	python3 -c "
import json, sys
dump = json.load(open(sys.argv[1]))
sys.exit(not ($2))" "$WORK/$1"
}

same() { # FILE FILE
	exits 0 vm fingerprint "$WORK/$1" --compare "$WORK/$2"
}

differ_in() { # PATTERN FILE FILE
	exits 1 vm fingerprint "$WORK/$2" --compare "$WORK/$3" &&
		grep -q "$1" "$WORK/out"
}

# Holds a device open, as a VMM does, until its input ends.
holder() { # UUID
	exec python3 -c '
import fcntl, os, struct, sys
uuid = sys.argv[1]
group = os.path.basename(os.readlink("/sys/bus/mdev/devices/" + uuid + "/iommu_group"))
container = os.open("/dev/vfio/vfio", os.O_RDWR)
fd = os.open("/dev/vfio/" + group, os.O_RDWR)
fcntl.ioctl(fd, 0x3b68, struct.pack("i", container))	# SET_CONTAINER
fcntl.ioctl(container, 0x3b66, 3)	# SET_IOMMU, type1 v2
fcntl.ioctl(fd, 0x3b6a, uuid.encode() + b"\0")	# GET_DEVICE_FD
print("open", flush=True)
sys.stdin.read()' "$1"
}

while_open() { # CMD...
	local line ret=0
	coproc HOLDER { holder "$uuid"; }
	read -r -t 60 line <&"${HOLDER[0]}" && [ "$line" = open ] || return 1
	"$@" || ret=1
	eval "exec ${HOLDER[1]}>&-"
	wait "$HOLDER_PID"
	return "$ret"
}

# A device's dump now against one from before.
is_still() { # FILE
	dump "$uuid" now && same now "$1"
}
looks_different() { # FILE NEW_FILE
	dump "$uuid" "$2" && differ_in "^registers: bar4" "$1" "$2"
}
nothing_differs() { ! grep -q differs "$WORK/out"; }

old_to_new() {
	vm inventory >"$WORK/old-inventory" || return 1
	sed -i 's/"host": "/&old/' "$WORK/old-inventory"
	exits 0 vm matrix "$WORK/inventory" "$WORK/old-inventory"
}

platform_is() { [ "$(cat "$bus/$uuid/migration/platform")" = "$1" ]; }
pin() { vm --quiet platform "$uuid" "$1" && platform_is "${2:-$1}"; }
pin_is_refused() { refuses 1 vm platform "$uuid" 2026.1 && platform_is 2026.2; }

# The lab has two cards that no driver is bound to.
mapfile -t cards < <(grep -l 0x10d3 $pci/*/device | xargs -n 1 dirname | xargs -n 1 basename)
bind() { # ADDRESS DRIVER
	[ ! -e "$pci/$1/driver" ] || echo "$1" >"$pci/$1/driver/unbind"
	echo "$2" >"$pci/$1/driver_override"
	echo "$1" >/sys/bus/pci/drivers_probe
	[ -e "$pci/$1/driver" ]
}
bind_cards() {
	local card
	for card in "${cards[@]}"; do
		bind "$card" vfio-pci || return 1
	done
}
unbind() {
	echo "$1" >"$pci/$1/driver/unbind"
	echo >"$pci/$1/driver_override"
}

inventory_is_right() {
	vm inventory >"$WORK/inventory" && has inventory "
		dump['kernel'] == '$(uname -r)' and 'vfio_mig' in dump['modules'] and
		sorted(o['name'] for o in dump['objects'] if o['kind'] == 'type') ==
			['vfio_mig_vgpu-%d' % n for n in (16, 256, 4, 64)] and
		[o['token'] for o in dump['objects'] if o['name'] == '$uuid'] ==
			[open('$bus/$uuid/version').read().strip()]"
}

matrix_is_right() {
	exits 1 vm matrix "$WORK/inventory" &&
		grep -q "eq_vram_mib is 4 on the source, 16 on the target" "$WORK/out"
}

lab_load vfio_iommu_type1 && lab_load vfio_pci && lab_load vfio_mig_vgpu &&
	create $uuid 4 && create $large 16 || exit 1

tap "doctor: a vGPU has findings" exits 1 vm doctor $uuid
# A driver has a log only where the kernel has iommufd's bitmap.
if [ -e /dev/iommu ]; then
	tap "doctor: not no-dirty-tracking" not_found no-dirty-tracking $uuid
else
	tap "doctor: no dirty tracking on this kernel" \
		found "error no-dirty-tracking" $uuid
	tap "doctor: and what to set" grep -q "enable-migration=on" "$WORK/out"
fi
tap "doctor: the parent is none that libvirt knows" found "warning mdev-parent-unknown" $uuid
if [ -e "/boot/config-$(uname -r)" ] || [ -e /proc/config.gz ]; then
	tap "doctor: the kernel's options are read" not_found kconfig-unknown $uuid
else
	tap "doctor: the kernel's options cannot be read" \
		found "note kconfig-unknown" $uuid
fi
for id in no-reset no-migration no-stop-copy no-pre-copy no-token not-looked-into \
	kconfig-vfio kconfig-mdev kconfig-container kernel-too-old module-not-loaded; do
	tap "doctor: not $id" not_found $id $uuid
done
tap "doctor: several vGPUs have P2P" not_found no-p2p $uuid $large
tap "doctor: one that is in use" while_open found "note in-use" $uuid

tap "fingerprint: a vGPU is dumped" dump $uuid new
tap "fingerprint: twice the same" is_still new
tap "fingerprint: BARs" has new "[(r['name'], r['size']) for r in dump['regions']
	if r['name'] in ('bar0', 'bar2')] == [('bar0', 4 << 20), ('bar2', 4096)]"
tap "fingerprint: registers, none of which moves" has new \
	"dump['registers']['bar2']['rows'] and not dump['registers']['bar2']['moving']"
tap "fingerprint: no memory" has new "'bar0' not in dump['registers']"
tap "fingerprint: EDID" has new "dump['edid']['bar2']['0000'].startswith('00ffffffffffff00')"
tap "fingerprint: reset" has new "dump['reset'] is True"
tap "fingerprint: of the device itself" has new "dump['source'] == 'vfio'"
tap "fingerprint: a larger one" dump $large large
tap "fingerprint: is another" differ_in "bar0: size" new large
tap "fingerprint: not of one that is in use" while_open refuses 3 vm fingerprint $uuid
tap "doctor: a peer that is the same" exits 1 vm doctor $uuid --peer "$WORK/new"
tap "doctor: nothing differs" nothing_differs
vm doctor $uuid --peer "$WORK/large" >"$WORK/out"
tap "doctor: a peer that is larger" grep -q "^error layout-differs: $uuid: bar0: size" "$WORK/out"

tap "platform: is shown" exits 0 vm platform $uuid
tap "platform: with those of the host" grep -q "^platforms: 2026.1 2026.2$" "$WORK/out"
tap "platform: not while the device is open" while_open pin_is_refused
tap "platform: none that is not there" refuses 1 vm platform $uuid 1999.1
tap "platform: the device is pinned" pin 2026.1
tap "platform: the guest sees another device" looks_different new pinned
tap "platform: auto" pin auto 2026.2
tap "platform: the guest sees the first again" is_still new

tap "inventory: this host" inventory_is_right
tap "matrix: of this host" matrix_is_right
remove $large
tap "an older build of the driver" rebuild /lab/modules-old
tap "fingerprint: under the older driver" dump $uuid old
tap "fingerprint: a pinned device is the same under both" same old pinned
tap "fingerprint: one that is not pinned is not" differ_in "^registers: bar4" old new
tap "matrix: old to new" old_to_new
tap "matrix: and back by negotiation" grep -q "negotiation or pinning" "$WORK/out"
remove $uuid
tap "modules are unloaded" lab_unload_all
LAB_MODULES=/lab/modules

if [ "${#cards[@]}" -ge 2 ]; then
	card=${cards[0]}
	[ ! -e "$pci/$card/driver" ] || echo "$card" >"$pci/$card/driver/unbind"
	tap "doctor: a card without a driver" found "error no-driver" "$card"
	tap "fingerprint: not opened" exits 0 vm fingerprint "$card" --passive
	tap "both are bound to vfio-pci" bind_cards
	tap "doctor: vfio-pci is not for migration" found "error generic-driver" "$card"
	tap "doctor: nor can it" found "error no-migration" "$card"
	tap "doctor: the serial number" found "warning serial-number" "$card"
	tap "doctor: no token" found "note no-token" "$card"
	tap "doctor: it is reset" not_found no-reset "$card"
	tap "fingerprint: of a card" dump "$card" card
	tap "fingerprint: registers of the card" has card "dump['registers']['bar0']['rows']"
	tap "fingerprint: of the other" dump "${cards[1]}" other
	tap "fingerprint: their serial numbers differ" differ_in "^config: .*Device Serial Number.*QEMU refuses" card other
	vm doctor "$card" --peer "$WORK/other" >"$WORK/out"
	tap "doctor: which QEMU would refuse" grep -q "^error config-differs: .*Serial" "$WORK/out"
	for c in "${cards[@]}"; do unbind "$c"; done
else
	tap "the lab has two cards" false
fi
plan
