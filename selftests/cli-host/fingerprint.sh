#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# fingerprint.sh PROGRAM: dumps of made-up devices, and what differs. TAP.
# Tests are called by tap.
# shellcheck disable=SC2317
# shellcheck source=selftests/cli-host/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=selftests/cli-host/trees/poke.sh
. "$HERE/trees/poke.sh"

tree sick
device=0000:04:00.0
dir=$WORK/sick/sys/bus/pci/devices/$device
cp "$dir/config" "$WORK/config"
cp "$dir/resource" "$WORK/resource"
dump=$WORK/dump.json

take() { on sick fingerprint "$device" >"$dump"; }

change() { poke "$dir/config" "$1" "$2"; }

# Kinds of what differs after a change, in words.
after() { # AT HEX
	cp "$WORK/config" "$dir/config"
	change "$1" "$2"
	asked sick --json fingerprint "$device" --compare "$dump" |
		jq -r '[.differences[].kind] | unique | join(" ")'
	cp "$WORK/config" "$dir/config"
}

differs() { # KIND AT HEX
	local out
	out=$(after "$2" "$3")
	[ "$out" = "$1" ] || { echo "it is: $out"; return 1; }
}

# As in a dump, changed by a program of jq: "kind what" of what differs.
edited() { # PROGRAM
	jq "$1" "$dump" >"$WORK/edited.json"
	asked sick --json fingerprint "$WORK/edited.json" --compare "$dump" |
		jq -r '.differences[] | "\(.kind) \(.what)"'
}

edit_differs() { # "KIND WHAT" PROGRAM
	local out
	out=$(edited "$2")
	[ "$out" = "$1" ] || { echo "it is: $out"; return 1; }
}

# A register that moves in the second dump alone.
same_register() {
	jq '.registers.bar2.rows["0020"] = "ff"' "$dump" >"$WORK/edited.json"
	exits 0 on sick fingerprint "$WORK/edited.json" --compare "$WORK/moving.json"
}

has() { # PROGRAM
	jq -e "$1" "$dump"
}

says_qemu() {
	change 0x148 aa
	asked sick fingerprint "$device" --compare "$dump" | grep -q "Device Serial Number.*QEMU refuses"
	local ret=$?
	cp "$WORK/config" "$dir/config"
	return "$ret"
}

# What is different is one line for bytes that follow each other.
runs() {
	[ "$(after 0x144 0102030405060708; )" = config ] || return 1
	change 0x144 0102030405060708
	change 0x150 ff
	[ "$(asked sick --json fingerprint "$device" --compare "$dump" |
		jq '.differences | length')" = 2 ]
	local ret=$?
	cp "$WORK/config" "$dir/config"
	return "$ret"
}

peer_finds() { # "SEVERITY ID" AT HEX
	change "$2" "$3"
	asked sick --json doctor "$device" --peer "$dump" |
		jq -r '.findings[] | "\(.severity) \(.id)"' | grep -qx "$1"
	local ret=$?
	cp "$WORK/config" "$dir/config"
	return "$ret"
}

# Lists of capabilities that loop, or go where there is nothing.
survives() { # AT HEX
	change "$1" "$2"
	exits 0 on sick fingerprint "$device"
	local ret=$?
	cp "$WORK/config" "$dir/config"
	return "$ret"
}

short_config() {
	head -c 64 "$WORK/config" >"$dir/config"
	asked_any on sick --json fingerprint "$device" --compare "$dump" 2>/dev/null |
		jq -e '(.same | not) and .result == "unknown" and (.differences[0].kind == "unknown")' &&
		refuses 3 on sick fingerprint "$device" --compare "$dump" &&
		! grep -x same "$WORK/out"
	local ret=$?
	cp "$WORK/config" "$dir/config"
	return "$ret"
}

smaller_bar() {
	sed -i '1s/3fff/1fff/' "$dir/resource"
	asked sick --json fingerprint "$device" --compare "$dump" |
		jq -e '.differences | length == 1 and .[0].kind == "layout" and
			.[0].what == "bar0: size"'
	local ret=$?
	cp "$WORK/resource" "$dir/resource"
	return "$ret"
}

moved_bar() {
	sed -i '1s/fe00/ae00/g' "$dir/resource"
	exits 0 on sick fingerprint "$device" --compare "$dump"
	local ret=$?
	cp "$WORK/resource" "$dir/resource"
	return "$ret"
}

bad_dump() { # TEXT
	printf '%s' "$1" >"$WORK/bad.json"
	refuses 3 on sick fingerprint "$WORK/bad.json" --compare "$dump" &&
		refuses 3 on sick fingerprint "$dump" --compare "$WORK/bad.json"
}

# What makes no sense is no dump, on either side, and of a peer.
bad_space() { # PROGRAM
	jq "$1" "$dump" >"$WORK/bad.json"
	refuses 3 on sick fingerprint "$WORK/bad.json" --compare "$dump" &&
		refuses 3 on sick fingerprint "$dump" --compare "$WORK/bad.json" &&
		grep -q '" of this dump makes no sense' "$WORK/err" &&
		refuses 3 on sick doctor "$device" --peer "$WORK/bad.json"
}

# Two dumps of which nothing can be compared are not the same.
undecided() { # PROGRAM, for both
	jq "$1" "$dump" >"$WORK/part.json"
	refuses 3 on sick fingerprint "$WORK/part.json" --compare "$WORK/part.json" &&
		! grep -qx same "$WORK/out" &&
		asked_any on sick --json fingerprint "$WORK/part.json" --compare "$WORK/part.json" 2>/dev/null |
		jq -e '.same == false and .result == "unknown"'
}

# A difference is one, also where the rest was not compared.
differs_in_part() {
	jq '.config = {size: 64, rows: {"0000": "8680d310"}}' "$dump" >"$WORK/part.json"
	jq '.config = {size: 64, rows: {"0000": "8680d410"}}' "$dump" >"$WORK/part2.json"
	exits 1 on sick fingerprint "$WORK/part.json" --compare "$WORK/part2.json"
}

# 32768 words of which each was said to move, 32768 times.
moving_is_quick() {
	jq '.registers = {bar2: {size: 131072, rows: {}, moving: [range(32768) | . * 4]}}' \
		"$dump" >"$WORK/moving1.json"
	exits 0 timeout 10 "$PROGRAM" fingerprint "$WORK/moving1.json" --compare "$WORK/moving1.json"
}

tap "a device is dumped" take
tap "its capabilities are there" has '[.capabilities[] | "\(.at):\(.id)"] |
	. == ["64:1", "80:5", "112:9", "256:1", "320:3", "384:16"]'
tap "by name" has '.capabilities[4].name == "Device Serial Number"'
tap "sizes of BARs are there" has '[.regions[] | "\(.name) \(.size)"] |
	. == ["bar0 16384", "bar2 4096"]'
tap "rows that are zero are left out" has '.config.rows | length < 20'
tap "a device is what it is: exit code 0" exits 0 on sick fingerprint "$device" --compare "$dump"
tap "another is not: exit code 1" exits 1 on sick fingerprint 0000:03:00.0 --compare "$dump"
tap "two dumps are compared" exits 0 on sick fingerprint "$dump" --compare "$dump"
tap "no such device: exit code 3" refuses 3 on sick fingerprint 0000:ff:00.0
tap "no device at all: exit code 2" refuses 2 on sick fingerprint
tap "two devices: exit code 2" refuses 2 on sick fingerprint a b

tap "vendor id: compared" differs config 0 87
tap "device id: compared" differs config 2 ff
tap "revision: compared" differs config 8 02
tap "class: compared" differs config 10 ff
tap "header type: compared" differs config 14 80
tap "first capability: compared" differs config 0x34 50
tap "power management's abilities: compared" differs config 0x42 ff
tap "power state: not" differs "" 0x44 03
tap "but the byte's other bits" differs config 0x44 04
tap "MSI's abilities: compared" differs config 0x52 80
tap "MSI's enable and size: not" differs "" 0x52 71
tap "MSI's addresses and data: not" differs "" 0x54 ffffffffffffffffffff
tap "vendor-specific length: compared" differs config 0x72 10
tap "vendor-specific body: the guest sees it" differs visible 0x74 ff
tap "error reporting: compared" differs config 0x104 ff
tap "serial number: compared" differs config 0x148 aa
tap "SR-IOV: hidden" differs "" 0x190 ff
tap "subsystem ids: the guest sees them" differs visible 0x2c ff
tap "command: not" differs "" 4 07
tap "BARs: not" differs "" 0x10 00000080
tap "interrupt line: not" differs "" 0x3c 0b
tap "interrupt pin: the guest sees it" differs visible 0x3d 01
tap "interrupt status: not" differs "" 6 18

tap "bytes in a row are one difference" runs
tap "in words: what it is, and that QEMU refuses" says_qemu
tap "a smaller BAR" smaller_bar
tap "a BAR elsewhere" moved_bar
tap "an unprivileged dump: nothing says that it is the same" short_config
tap "two of them" undecided '.config.size = 64 | .config.rows |= with_entries(select(.key < "0040"))'
tap "two without config space" undecided 'del(.config)'
tap "two that are empty" undecided '{format, version}'
tap "but what differs does" differs_in_part

registers='{bar2: {size: 64, rows: {"0010": "01000000000000000200000000000000"}, moving: [16]}}'
jq ".registers = $registers | .edid = {} | .irqs = [{name: \"msi\", count: 1}] | .reset = true" \
	"$dump" >"$WORK/full.json" && mv "$WORK/full.json" "$dump"
tap "a register" edit_differs "registers bar2 register 0x20" \
	'.registers.bar2.rows["0020"] = "ff"'
tap "a register that moves: not" edit_differs "" \
	'.registers.bar2.rows["0010"] = "05000000000000000200000000000000"'
tap "nor one that moves in one of the dumps" edit_differs "" \
	'.registers.bar2.rows["0020"] = "ff" | .registers.bar2.moving = [16, 32]'
jq '.registers.bar2.moving += [32]' "$dump" >"$WORK/moving.json"
tap "in the other either" same_register
tap "the one beside it does not move" edit_differs "registers bar2 register 0x18" \
	'.registers.bar2.rows["0010"] = "01000000000000000300000000000000"'
tap "registers of another size" edit_differs "registers bar2" '.registers.bar2.size = 128'
tap "registers of one more BAR" edit_differs "registers bar4" \
	'.registers.bar4 = .registers.bar2'
tap "EDID" edit_differs "registers edid" '.edid = {bar2: {"0000": "00ff"}}'
tap "number of interrupts" edit_differs "layout msi: count" '.irqs[0].count = 2'
tap "one more interrupt" edit_differs "layout msix" '.irqs += [{name: "msix", count: 2}]'
tap "one interrupt less" edit_differs "layout msi" '.irqs = []'
tap "reset" edit_differs "layout reset" '.reset = false'
tap "token and driver do not count" edit_differs "" '.token = "x" | .driver = "y"'
tap "a dump without registers: not compared" edit_differs "unknown registers" 'del(.registers)'

jq 'del(.registers, .edid, .irqs, .reset)' "$dump" >"$WORK/plain.json"
mv "$WORK/plain.json" "$dump"
tap "doctor: what QEMU refuses" peer_finds "error config-differs" 0x148 aa
tap "doctor: what the guest sees" peer_finds "warning visible-differs" 0x2c ff

tap "a capability that is its own next" survives 0x41 40
tap "a capability at the end" survives 0x41 fc
tap "a capability in the header" survives 0x41 04
tap "extended capabilities in a ring" survives 0x182 0110
tap "an extended capability at the end" survives 0x182 c1ff
tap "config space of ones" survives 0x100 ffffffff

tap "a dump that is no JSON" bad_dump '{'
tap "a dump that is no dump" bad_dump '{"format": "x", "version": 1}'
tap "a dump of the future" bad_dump '{"format": "vfio-mig-fingerprint", "version": 2}'
tap "an array" bad_dump '[]'
tap "a row outside" bad_space '.config.rows["1000"] = "00"'
tap "a row that is too long" bad_space '.config.rows["0ff0"] = "00112233445566778899aabbccddeeff00"'
tap "a row across the end" bad_space '.config.rows["0ff8"] = "00112233445566778899aabbccddeeff"'
tap "a row that is no hex" bad_space '.config.rows["0000"] = "zz"'
tap "a size that is too large" bad_space '.config.size = 1000000000000'
tap "a size below zero" bad_space '.config.size = -1'
tap "a size of zero" bad_space '.config.size = 0'
tap "a size that is smaller than a header" bad_space '.config.size = 63 | .config.rows = {}'
tap "a size that is a word" bad_space '.config.size = "4096"'
tap "a config that is a list" bad_space '.config = []'
tap "registers larger than any" bad_space '.registers = {bar2: {size: 262144, rows: {}}}'
tap "more words that move than there are" bad_space \
	'.registers = {bar2: {size: 64, rows: {}, moving: [range(17)]}}'
tap "words that move elsewhere" bad_space '.registers = {bar2: {size: 64, rows: {}, moving: [64]}}'
tap "regions without names" bad_space '.regions = [{size: 1}]'
tap "a region twice" bad_space '.regions = [.regions[0], .regions[0]]'
tap "as many words that move as there are: quick" moving_is_quick
plan
