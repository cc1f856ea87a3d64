#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# in-guest.sh: inside a lab machine, libvfiomig and its example on virtual GPUs,
# by each way to a device that the kernel has. TAP.
# Tests are called by tap.
# shellcheck disable=SC2317
set -uo pipefail
# shellcheck source=selftests/lab/load.sh
. "$(dirname "$0")/../../lab/load.sh"

types=/sys/class/mdev_bus/vfio_mig_vgpu/mdev_supported_types
bus=/sys/bus/mdev/devices
a=44444444-0000-4000-8000-00000000000a
b=44444444-0000-4000-8000-00000000000b
big=44444444-0000-4000-8000-00000000000c
work=$(mktemp -d)
# shellcheck source=selftests/tap.sh
. "$(dirname "$0")/../../tap.sh"

source=() target=() address=

ways() {
	echo group
	[ ! -e /dev/iommu ] || echo cdev
}

create() {
	echo $a >$types/vfio_mig_vgpu-4/create &&
		echo $b >$types/vfio_mig_vgpu-4/create &&
		echo $big >$types/vfio_mig_vgpu-16/create
}

remove() {
	local uuid
	for uuid in $a $b $big; do
		echo 1 >"$bus/$uuid/remove" || return 1
	done
}

# Two hosts, as far as the network is concerned; where the kernel has no veth, two
# processes.
make_hosts() {
	ip netns add one && ip netns add two &&
		ip link add v1 netns one type veth peer name v2 netns two &&
		ip -n one addr add 10.4.0.1/24 dev v1 && ip -n one link set v1 up &&
		ip -n two addr add 10.4.0.2/24 dev v2 && ip -n two link set v2 up
}

remove_hosts() {
	ip netns del one 2>/dev/null
	ip netns del two 2>/dev/null
	ip link set lo up
}

choose_hosts() {
	if make_hosts; then
		source=(ip netns exec one) target=(ip netns exec two) address=10.4.0.2
	else
		remove_hosts
		source=(env) target=(env) address=127.0.0.1
	fi
}

same() { cmp "$work/sent" "$work/$1"; }

in_one_process() {
	WRITE=$work/sent READ=$work/got migrate local "$bus/$a" "$bus/$b" && same got
}

# The statuses that the two sides should end with, 0 or 1.
between_hosts() { # TARGET WANT_SENT WANT_RECEIVED
	local line sent=0 received=0
	rm -f "$work"/{got,kept}
	coproc TARGET {
		READ=$work/got exec "${target[@]}" timeout 120 migrate receive "$bus/$1" 9000 2>"$work/says"
	}
	# shellcheck disable=SC2153
	local pid=$TARGET_PID
	if ! read -r -t 60 line <&"${TARGET[0]}" || [ "$line" != listening ]; then
		cat "$work/says"
		return 1
	fi
	WRITE=$work/sent READ=$work/kept "${source[@]}" timeout 120 \
		migrate send "$bus/$a" "$address" 9000 || sent=$?
	wait "$pid" || received=$?
	cat "$work/says"
	[ "$sent" = "$2" ] && [ "$received" = "$3" ]
}

goes_over() { between_hosts "$b" 0 0 && same got && [ ! -e "$work/kept" ]; }
is_refused() { between_hosts "$big" 1 1 && same kept && grep -q eq_vram_mib "$work/says"; }
unloaded() { remove && lab_unload_all; }

lab_load vfio_iommu_type1 && lab_load vfio_mig_vgpu && create || exit 1
PATH=/lab/programs:$PATH
export VFIO_MIG_DEVICE=$bus/$a VFIO_MIG_DEVICE2=$bus/$b
for way in $(ways); do
	echo "# by $way"
	VFIO_MIG_OPEN=$way libreal || status=1
done
head -c 1048576 /dev/urandom >"$work/sent"
tap "the example migrates in one process" in_one_process
choose_hosts >/dev/null 2>&1
echo "# to $address"
tap "the example migrates between two hosts" goes_over
tap "a target of another size refuses, and the source runs on" is_refused
remove_hosts
tap "nothing is left: modules are unloaded" unloaded
rm -r "$work"
echo "1..$number"
exit $status
