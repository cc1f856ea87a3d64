#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# in-guest.sh: inside a lab machine, vfio-mig on virtual GPUs and on others. TAP.
# Tests are called by tap.
# shellcheck disable=SC2317
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/lab/load.sh
. "$here/../../lab/load.sh"
# shellcheck source=selftests/cli/common.sh
. "$here/../common.sh"

types=/sys/class/mdev_bus/vfio_mig_vgpu/mdev_supported_types
bus=/sys/bus/mdev/devices
a=55555555-0000-4000-8000-00000000000a
b=55555555-0000-4000-8000-00000000000b
big=55555555-0000-4000-8000-00000000000c
anybody=(setpriv --reuid 65534 --clear-groups --bounding-set -all)
data=$work/data file=$work/saved got=$work/got kept=$work/kept
source=$work/source target=$work/target

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

state_is() { # FILE STATE
	[ "$(cat "$1")" = "$2" ] || { echo "${1##*/} is in $(cat "$1")"; return 1; }
}

# The device with $data in its VRAM, as a VMM holds it, and the command.
hold() { # UUID OPTIONS... -- CMD...
	local uuid=$1
	shift
	holdgpu "$bus/$uuid" "$@"
}

all_are_listed() {
	expect 0 vfio-mig list && said "mdev  $a" && said 'type  vfio_mig_vgpu-64' && said bochs-vgpu
}

token_is_the_drivers() {
	expect 0 vfio-mig version "$a" && [ "$(cat "$out")" = "$(cat "$bus"/"$a"/version)" ]
}

all_is_shown() {
	expect 0 vfio-mig show "$a" && said 'STOP_COPY P2P PRE_COPY' &&
		said 'state                        RUNNING' &&
		said 'describe check negotiate exact-size reason' &&
		said 'migration.eq_vram_mib        4' && said 'sizes.stop_copy' &&
		said 'says.type                    bochs-vgpu'
}

busy_is_shown() {
	expect 0 hold "$a" -- vfio-mig show "$a" && said 'another process has it open' &&
		expect 3 hold "$a" -- vfio-mig save "$a" "$file" && warned 'another process has it open'
}

check_of_the_host() {
	expect 0 vfio-mig check "$(cat "$bus"/"$a"/version)" &&
		said "mdev  $b yes" && said 'type  vfio_mig_vgpu-4                      yes' &&
		said "mdev  $big no: eq_vram_mib is 4 on the source, 16 on the target: they must be equal" &&
		said 'type  vfio_mig_vgpu-64                     no: eq_vram_mib'
}

# What the command said of a device that is held, against what is then saved.
estimates_what_is_saved() {
	expect 0 hold "$a" -w "$data" -- vfio-mig estimate "$a" && said "$a: RUNNING, " &&
		said 'not known before pre-copy' && said 'ends: at once, with a downtime of ' || return 1
	expect 0 hold "$a" -w "$data" -- vfio-mig --json estimate "$a" && said '"by": "netlink"' || return 1
	cp "$out" "$work/estimate"
	expect 0 hold "$a" -w "$data" -- vfio-mig save fd:9 "$file" || return 1
	python3 - "$work/estimate" "$(stat -c %s "$file")" <<-'END'
	import json, sys
	said, saved = json.load(open(sys.argv[1]))["bytes"], int(sys.argv[2])
	print(said, saved)
	sys.exit(not saved <= said <= 1.15 * saved)
	END
}

estimates_no_end() {
	expect 1 vfio-mig estimate "$a" --bandwidth 1000 --downtime 1 &&
		said 'does not end: what only stopped devices send takes longer than 1 ms' &&
		expect 1 vfio-mig estimate "$a" --ram 1G --rate 125000000 &&
		said 'does not end: as much is written again as is sent' &&
		expect 0 vfio-mig estimate "$a" --ram 1G && said 'ends: after 8' &&
		expect 3 vfio-mig estimate nothing && warned 'there is no device nothing'
}

not_anybody_estimates() {
	expect 3 "${anybody[@]}" vfio-mig estimate "$a" && warned 'sizes: Operation not permitted'
}

# Beyond its token: nobody knows it but the device.
check_asks_the_device() {
	local token
	token=$(vfio-mig version "$a")
	expect 0 vfio-mig --json check "$token" "$b" && said '"asked": true' || return 1
	expect 1 vfio-mig check "${token/stream=1.1/stream=1.7}" "$b" && said 'no: stream'
}

anybody_checks() {
	expect 0 "${anybody[@]}" \
		vfio-mig --json check "$(cat "$bus"/"$a"/version)" "$b" && said '"ok": true' && said '"asked": false'
}

saves() {
	expect 0 hold "$a" -w "$data" -s "$source" -- vfio-mig save fd:9 "$file" &&
		state_is "$source" STOP && [ "$(stat -c %a "$file")" = 600 ]
}

is_inspected() {
	expect 0 vfio-mig inspect "$file" --target "$b" && said 'VRAM     v1' &&
		said 'byte_order     0x1e1e1e1e' && said 'dispi          0 0 0' &&
		said 'complete, all checksums right' && said 'target: yes' &&
		expect 1 vfio-mig inspect "$file" --target "$big" &&
		said 'target: no: eq_vram_mib is 4'
}

loads() {
	rm -f "$got"
	expect 0 hold "$b" -r "$got" -s "$target" -- vfio-mig load fd:9 "$file" &&
		state_is "$target" RUNNING && cmp "$data" "$got"
}

saves_and_loads_by_itself() {
	expect 0 vfio-mig save "$a" "$work/empty" && expect 0 vfio-mig load "$b" "$work/empty" &&
		expect 0 vfio-mig inspect "$work/empty"
}

wrong_size() {
	expect 1 hold "$big" -s "$target" -- vfio-mig load fd:9 "$file" &&
		warned 'eq_vram_mib is 4 on the source, 16 on the target' && state_is "$target" RUNNING
}

broken_file() {
	cp "$file" "$work/broken"
	printf xxxxxxxx | dd of="$work/broken" bs=1 seek=100000 conv=notrunc status=none
	expect 1 vfio-mig inspect "$work/broken" && said checksum &&
		expect 1 hold "$b" -s "$target" -- vfio-mig load fd:9 "$work/broken" &&
		warned checksum && state_is "$target" RUNNING
}

pin() { echo "$1" >"$bus"/"$b"/migration/platform; }

# The target knows only the older version; the guest has not seen the engine.
older_target() {
	local code=0
	pin 2026.1 || return 1
	{ expect 1 vfio-mig inspect "$file" --target "$b" && said 'target: no: stream' &&
		expect 1 vfio-mig load "$b" "$file" &&
		expect 0 vfio-mig convert "$file" "$work/older" --stream 1.0 &&
		expect 0 vfio-mig inspect "$work/older" --target "$b" &&
		expect 0 hold "$b" -r "$got" -- vfio-mig load fd:9 "$work/older" &&
		cmp "$data" "$got"; } || code=1
	pin auto
	return "$code"
}

engine_stays() {
	expect 0 hold "$a" -w "$data" -e -- vfio-mig save fd:9 "$work/engine" &&
		expect 0 vfio-mig inspect "$work/engine" && said 'eng_seen       0x1' &&
		expect 1 vfio-mig convert "$work/engine" "$work/none" --stream 1.0 &&
		warned 'state of section ENG would be lost' && [ ! -e "$work/none" ]
}

# What the tables say, the driver says of the same stream.
same_words() {
	local ours
	mkstream "$work/bad" 1 token disp=5 || return 1
	ours=$(vfio-mig inspect "$work/bad" | sed -n 's/^every target refuses it: //p')
	[ -n "$ours" ] && expect 1 hold "$b" -- vfio-mig load fd:9 "$work/bad" && warned "$ours"
}

watches() {
	local line
	exec {events}< <(exec vfio-mig --json watch "$a" --timeout 120 --count 6 2>&1)
	read -r -t 60 -u "$events" line && [ "$line" = watching ] || return 1
	vfio-mig save "$a" "$work/watched" || return 1
	cat <&"$events" >"$out"
	exec {events}<&-
	grep -q '{"event":"state","device":"'"$a"'","from":"RUNNING","to":"PRE_COPY"}' "$out" &&
		grep -q '"event":"state".*"to":"STOP_COPY"' "$out" &&
		grep -q '"event":"saved".*"bytes":'"$(stat -c %s "$work/watched")" "$out" && return
	cat "$out"
	return 1
}

watches_failures() {
	local line
	exec {events}< <(exec vfio-mig watch --timeout 120 --count 4 2>&1)
	read -r -t 60 -u "$events" line || return 1
	vfio-mig load "$big" "$file"
	cat <&"$events" >"$out"
	exec {events}<&-
	said "$big failed" && said 'eq_vram_mib is 4 on the source'
}

# As when a reader has seen enough.
nobody_reads() {
	local line code=0
	mkfifo "$work/watch"
	vfio-mig watch --timeout 120 >/dev/full 2>"$work/watch" &
	exec {events}<"$work/watch"
	read -r -t 60 -u "$events" line && vfio-mig save "$a" "$work/watched"
	wait $! || code=$?
	exec {events}<&-
	[ "$code" = 3 ]
}

watch_ends() { expect 1 vfio-mig watch --timeout 1 --count 1 && expect 0 vfio-mig watch --timeout 1; }

# Two hosts, as far as the network is concerned; where the kernel has no veth, two
# processes.
make_hosts() {
	ip netns add one && ip netns add two &&
		ip link add v1 netns one type veth peer name v2 netns two &&
		ip -n one addr add 10.5.0.1/24 dev v1 && ip -n one link set v1 up &&
		ip -n two addr add 10.5.0.2/24 dev v2 && ip -n two link set v2 up &&
		ip -n one link set lo up && ip -n two link set lo up
}

remove_hosts() {
	ip netns del one 2>/dev/null
	ip netns del two 2>/dev/null
	ip link set lo up
}

choose_hosts() {
	if make_hosts; then
		on_one=(ip netns exec one) on_two=(ip netns exec two) address=10.5.0.2
	else
		remove_hosts
		on_one=(env) on_two=(env) address=127.0.0.1
	fi
}

# Starts the target; it listens on $port.
receive() { # UUID
	local line
	rm -f "$got" "$target" "$work/says"
	mkfifo "$work/says"
	"${on_two[@]}" holdgpu "$bus/$1" -r "$got" -s "$target" -- \
		vfio-mig receive fd:9 "$address:0" --once --wait 60 --timeout 60 2>"$work/says" &
	receiver=$!
	exec {says}<"$work/says"
	read -r -t 60 -u "$says" line || return 1
	port=${line##*:}
}

received() { # CODE
	local code=0
	wait "$receiver" || code=$?
	[ "$code" = "$1" ] || { echo "receiver: $code"; cat <&"$says"; }
	exec {says}<&-
	[ "$code" = "$1" ]
}

# The source, on the other host; afterwards its VRAM is in $kept.
send() { # HOST PORT
	rm -f "$kept" "$source"
	"${on_one[@]}" holdgpu "$bus"/"$a" -w "$data" -r "$kept" -s "$source" -- \
		vfio-mig send fd:9 "$1:$2" --timeout 60
}

goes_over() {
	receive "$b" && expect 0 send "$address" "$port" && received 0 &&
		state_is "$source" STOP && state_is "$target" RUNNING && cmp "$data" "$got"
}

runs_on() { state_is "$source" RUNNING && cmp "$data" "$kept"; }

is_refused() {
	receive "$big" && expect 1 send "$address" "$port" && warned eq_vram_mib &&
		received 1 && runs_on && state_is "$target" RUNNING
}

# On the target nothing of it is left.
is_empty() { cmp -s -n 1048576 "$got" /dev/zero; }

cut_at() { # BYTES
	local in code=0
	receive "$b" || return 1
	exec {cutter}< <(exec "${on_one[@]}" cutter "$1" - "$address" "$port")
	read -r -t 60 -u "$cutter" in || return 1
	send 127.0.0.1 "$in" >"$out" 2>"$err" || code=$?
	exec {cutter}<&-
	wait "$receiver"
	exec {says}<&-
	echo "cut at $1: exit code $code"
	cat "$err"
	[ "$code" = 3 ] && runs_on && state_is "$target" RUNNING && is_empty
}

each_64_kib() {
	local at
	for ((at = 65536; at < 1048576 + 65536; at += 65536)); do
		cut_at "$at" || return 1
	done
}

nothing_is_open() {
	[ "$(cat /sys/module/vfio_mig_vgpu/refcnt)" = "$refs" ]
}
unloaded() { remove && lab_unload_all; }

PATH=/lab/programs:$PATH
lab_load vfio_iommu_type1 && lab_load vfio_mig_vgpu && create || exit 1
refs=$(cat /sys/module/vfio_mig_vgpu/refcnt)
head -c 1048576 /dev/urandom >"$data"
tap "devices and types are listed" all_are_listed
tap "the token is the driver's" token_is_the_drivers
tap "all of a device is shown" all_is_shown
tap "a device that somebody has open" busy_is_shown
tap "check of the host says yes, and no with reasons" check_of_the_host
tap "the device itself is asked" check_asks_the_device
tap "anybody may check, by tokens" anybody_checks
tap "estimate says what is then saved" estimates_what_is_saved
tap "estimate of what does not end" estimates_no_end
tap "not anybody may estimate" not_anybody_estimates
tap "save" saves
tap "inspect" is_inspected
tap "load into another" loads
tap "save and load open the device by themselves" saves_and_loads_by_itself
tap "load into one of another size" wrong_size
tap "load of a broken file" broken_file
tap "an older target, after a conversion" older_target
tap "a conversion that would lose state" engine_stays
tap "a stream is refused in the words of the driver" same_words
tap "watch sees what happens" watches
tap "watch sees why it failed" watches_failures
tap "watch ends when nobody reads" nobody_reads
tap "watch ends when it is told to" watch_ends
choose_hosts 2>/dev/null
echo "# the source runs as: ${on_one[*]}"
tap "send and receive" goes_over
tap "a target of another size refuses, and the source runs on" is_refused
tap "cut at each 64 KiB, the source runs on" each_64_kib
tap "after all that it goes over" goes_over
tap "the namespaces are removed" remove_hosts
# shellcheck source=selftests/cli/lab/card.sh
. "$here/card.sh"
# shellcheck source=selftests/cli/lab/devlink.sh
. "$here/devlink.sh"
tap "nobody has a device open" nothing_is_open
tap "nothing is left: modules are unloaded" unloaded
finish
