#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh: inside a lab machine, what vfio_mig has beyond linux/vfio.h: version
# and migration/ in sysfs, device features, netlink, uevents. TAP.
# Tests are called by tap.
# shellcheck disable=SC2317
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/lab/load.sh
. "$here/../lab/load.sh"

parent=/sys/class/mdev_bus/vfio_mig_vgpu
types=$parent/mdev_supported_types
uuid=22222222-0000-4000-8000-00000000000a
device=/sys/bus/mdev/devices/$uuid
# shellcheck source=selftests/tap.sh
. "$here/../tap.sh"
# What they start and say goes on.
TAP_THROUGH=1

create() { echo "$uuid" >"$types/vfio_mig_vgpu-4/create"; }
remove() { echo 1 >"$device/remove"; }
rounds() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		remove || return 1
		create || return 1
	done
}
reload() {
	remove && rmmod vfio_mig_vgpu && lab_load vfio_mig_vgpu && create
}
refused() { ! "$@" 2>/dev/null; }
parameter_pins() { # PLATFORM
	lab_load vfio_mig_vgpu "platform=$1" && create &&
		[ "$(cat "$device/migration/platform")" = "$1" ] && remove && lab_unload_all
}
accepts() { cat "$2/version" >"$1/version"; }

type_has_files() {
	[ "$(cat "$types/vfio_mig_vgpu-16/migration/eq_vram_mib")" = 16 ] &&
		[ "$(cat "$types/vfio_mig_vgpu-16/migration/type")" = bochs-vgpu ] &&
		[ ! -e "$types/vfio_mig_vgpu-16/migration/platform" ]
}

mode_is() { [ "$(stat -c %a "$2")" = "$1" ]; }

dump_is_complete() {
	local out
	out=$(mignl dump) || return 1
	[ "$(grep -c "^type vfio_mig_vgpu-[0-9]* vfio_mig_vgpu 2026.2 vmig1 " <<<"$out")" = 4 ] &&
		grep -q "^device $uuid - 2026.2 $(cat "$device/version")\$" <<<"$out"
}

check_is_yes() {
	mignl check "$1" "$(cat "$device/version")" | grep -q '^0 '
}

check_says_why() {
	local out
	out=$(mignl check vfio_mig_vgpu-64 "$(cat "$device/version")")
	[ $? = 1 ] && grep -q 'key=eq_vram_mib source=4 target=64 .*equal' <<<"$out" &&
		grep -q '^error' <<<"$out"
}

# The kernel's own tool understands the family by its specification alone.
ynl() {
	python3 /lab/programs/pyynl/cli.py --no-schema --output-json \
		--spec /lab/specs/vfio_mig.yaml "$@"
}

spec_fits() {
	ynl --dump object-get | python3 -c '
import json, sys
found = {(o["name"], o["token"]) for o in json.load(sys.stdin)}
sys.exit((sys.argv[1], sys.argv[2]) not in found or len(found) != 5)
' "$uuid" "$(cat "$device/version")" &&
		ynl --do check --json "$(printf '{"name": "%s", "token": "%s"}' \
			"$uuid" "$(cat "$device/version")")" | grep -q '"code": 0'
}

anybody() { setpriv --reuid 65534 --clear-groups --bounding-set -all "$@"; }
counter() { mignl counters "$uuid" | awk -v name="$1" '$1 == name { print $2 }'; }

# By netlink, by the specification and in debugfs they are the same.
counters_agree() {
	local all
	all=$(mignl counters "$uuid") &&
		[ "$all" = "$(cat "/sys/kernel/debug/vfio_mig/$uuid/counters")" ] &&
		ynl --do counters-get --json "{\"name\": \"$uuid\"}" | python3 -c '
import json, sys
found = ["%s %d" % (c["name"], c["value"])
         for c in json.load(sys.stdin)["counter"]]
sys.exit("\n".join(found) != sys.argv[1])
' "$all"
}

# What a test does, and nothing else, is counted.
counted() { # COUNTER BY TEST...
	local before test name=$1 by=$2
	shift 2
	before=$(counter "$name") || return 1
	for test; do
		VFIO_MIG_DEVICE=$device features -t "$test" >/dev/null
	done
	test "$(counter "$name")" "$by" "$before"
}

anybody_reads() { anybody mignl dump >/dev/null && anybody cat "$device/version" >/dev/null; }
anybody_checks() { anybody mignl check "$uuid" "$(cat "$device/version")" >/dev/null; }

anybody_sees_no_state() {
	[ "$(mignl states | grep "^$uuid ")" = "$uuid 2" ] &&
		[ "$(anybody mignl states | grep "^$uuid ")" = "$uuid -" ]
}

# A VMM that floods is told of for a second's worth, and other kinds of events come.
flood_is_cut() {
	local out
	out=$(events_of "state $uuid 6>2" flood_of_progress | tr ';' '\n')
	[ "$(grep -c "^precopy $uuid" <<<"$out")" -lt 1000 ] &&
		grep -q "^state $uuid 6>2" <<<"$out" && [ "$(counter untold)" -gt 500 ]
}

# A reader of a dump is told that the list has changed meanwhile.
dump_is_interrupted() {
	local n status
	for n in $(seq 10 69); do
		echo "44444444-0000-4000-8000-0000000000$n" >"$types/vfio_mig_vgpu-4/create"
	done
	python3 - "44444444-0000-4000-8000-0000000000" <<-'END'
	import socket, struct, sys
	NLM_F_REQUEST, NLM_F_DUMP, NLM_F_DUMP_INTR, DONE = 1, 0x300, 0x10, 3
	def ask(family, cmd, flags, attrs=b""):
	    body = struct.pack("=BBH", cmd, 1, 0) + attrs
	    sk.send(struct.pack("=IHHII", 16 + len(body), family, flags, 1, 0) + body)
	def messages(data):
	    while data:
	        size, kind, flags = struct.unpack_from("=IHH", data)
	        yield kind, flags, data[16:size]
	        data = data[(size + 3) & ~3:]
	def dump(between):
	    ask(family, 1, NLM_F_REQUEST | NLM_F_DUMP)
	    interrupted = False
	    while True:
	        for kind, flags, _ in messages(sk.recv(4096)):
	            interrupted |= bool(flags & NLM_F_DUMP_INTR)
	            if kind == DONE:
	                return interrupted
	        between()
	        between = lambda: None
	def remove():
	    with open("/sys/bus/mdev/devices/%s69/remove" % sys.argv[1], "w") as f:
	        f.write("1")
	sk = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
	sk.settimeout(20)
	ask(16, 3, NLM_F_REQUEST, struct.pack("=HH", 13, 2) + b"vfio_mig\0" + bytes(3))
	attrs = next(messages(sk.recv(4096)))[2][4:]
	while True:
	    size, kind = struct.unpack_from("=HH", attrs)
	    if kind == 1:
	        family = struct.unpack_from("=H", attrs, 4)[0]
	        break
	    attrs = attrs[(size + 3) & ~3:]
	sys.exit(dump(lambda: None) or not dump(remove))
	END
	status=$?
	for n in $(seq 10 68); do
		echo 1 >"/sys/bus/mdev/devices/44444444-0000-4000-8000-0000000000$n/remove"
	done
	return "$status"
}

# Runs tests of the device and prints the events that they cause, up to LAST.
events_of() { # LAST TEST...
	local last=$1 line test
	shift
	coproc LISTEN { exec mignl events 1000; }
	read -r -t 20 line <&"${LISTEN[0]}" && [ "$line" = listening ] || return 1
	for test; do
		VFIO_MIG_DEVICE=$device features -t "$test" >/dev/null
	done
	while read -r -t 20 line <&"${LISTEN[0]}"; do
		printf '%s;' "$line"
		[[ $line != $last* ]] || break
	done
	kill "$LISTEN_PID"
	wait "$LISTEN_PID" 2>/dev/null
}

events_are() { # PATTERN LAST TEST...
	local pattern=$1 out
	shift
	out=$(events_of "$@")
	grep -q "$pattern" <<<"$out" || { echo "# $out"; return 1; }
}

# KOBJ_CHANGE, so that inventories refresh: of the device, and of types when
# a format turned out to be bad.
uevents_come() {
	python3 - "$device" "$types" <<-'END'
	import socket, sys
	s = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, 15)
	s.bind((0, 1))
	s.settimeout(20)
	def wait(want):
	    while want not in s.recv(65536).decode(errors="replace"):
	        pass
	with open(sys.argv[1] + "/migration/stream_emit", "w") as f:
	    f.write("auto")
	wait("change@" + __import__("os").path.realpath(sys.argv[1])[4:])
	with open("/sys/module/vfio_mig/parameters/refuse_formats", "w") as f:
	    f.write("\n")
	wait("vfio_mig_vgpu-4")
	END
}

# Checks go on while what they ask goes and comes.
hammer() { # FILE...
	local token file
	token=$(cat "$types/vfio_mig_vgpu-4/version")
	while [ ! -e /run/hammer-stop ]; do
		for file; do
			printf '%s\n' "$token" >"$file"
			cat "$file"
			mignl check "$uuid" "$token"
		done >/dev/null 2>&1
	done
}

survives_coming_and_going() {
	local pids=() failed=0
	rm -f /run/hammer-stop
	hammer "$device/version" "$types/vfio_mig_vgpu-4/version" &
	pids+=($!)
	hammer "$types/vfio_mig_vgpu-64/version" "$device/version" &
	pids+=($!)
	for _ in 1 2 3; do
		rounds || failed=1
		reload || failed=1
	done
	touch /run/hammer-stop
	wait "${pids[@]}"
	[ "$failed" = 0 ] && accepts "$device" "$device"
}

lab_load_vfio && lab_load vfio_mig_vgpu || exit 1
tap "a type has its files before there is a device" type_has_files
tap "a device is made" create
tap "the type accepts the device" accepts $types/vfio_mig_vgpu-4 $device
tap "the device accepts the type" accepts $device $types/vfio_mig_vgpu-4
tap "another type does not" refused accepts $types/vfio_mig_vgpu-16 $device
tap "version is 0644" mode_is 644 $device/version
tap "a dump has all" dump_is_complete
tap "netlink checks a device" check_is_yes $uuid
tap "netlink checks a type" check_is_yes vfio_mig_vgpu-4
tap "netlink says why" check_says_why
tap "netlink knows no others" refused mignl check nobody vmig1
tap "the specification describes it" spec_fits
tap "counters agree" counters_agree
tap "changes of state are counted" counted arcs -gt negotiated_minor_is_sent
tap "failures are counted" counted refused -gt \
	state_that_comes_up_in_precopy_is_refused
tap "a check is no failure" counted refused -eq check_says_why
tap "types and others have no counters" refused mignl counters vfio_mig_vgpu-4
tap "anybody may read" anybody_reads
tap "not anybody may check" refused anybody_checks
tap "not anybody may read counters" refused anybody mignl counters $uuid
tap "not anybody may read sizes" refused anybody mignl sizes $uuid
tap "not anybody may listen" refused anybody mignl events 1
tap "not anybody is told a state" anybody_sees_no_state
tap "a dump that was interrupted says so" dump_is_interrupted
tap "a flood of events is cut" flood_is_cut
tap "a change is an event" events_are "compat $uuid;" compat \
	negotiated_minor_is_sent
tap "states and failures are events" events_are \
	"state $uuid 2>6;.*failed $uuid ENG: .*state $uuid 6>2;" "state $uuid 6>2" \
	state_that_comes_up_in_precopy_is_refused
tap "precopy and ends are events, with figures" events_are \
	"done $uuid bytes=\([1-9][0-9]*\);.*done $uuid bytes=\1;" "state $uuid 4>1" \
	negotiated_minor_is_sent
tap "changes are uevents" uevents_come
tap "checks during removal and unloading" survives_coming_and_going
echo "1..$number"

export VFIO_MIG_DEVICE=$device
features || status=1
sizes || status=1
tokens $device/version || status=1
tokens $types/vfio_mig_vgpu-4/version 2000 7 || status=1

number=0
tap "the device is removed" remove
tap "modules are unloaded" lab_unload_all
tap "the module's parameter chooses the platform" parameter_pins 2026.1
echo "1..$number"
exit $status
