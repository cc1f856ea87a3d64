#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# streams.sh: saved streams in files, by vfio-mig inspect and convert. TAP.
# Tests are called by tap.
# shellcheck disable=SC2317
set -uo pipefail
cd "$(dirname "$0")" || exit 1
# shellcheck source=selftests/cli/common.sh
. ./common.sh

vectors=../unit/vectors
a=$work/a.mig b=$work/b.mig
t4='vmig1 type=bochs-vgpu stream=1.1 accepts=1.0-1.1 emits=1.0-1.1 eq_vram_mib=4'
old4='vmig1 type=bochs-vgpu stream=1.0 accepts=1.0 emits=1.0 eq_vram_mib=4'
t16=${t4%4}16

# PART...: the stream of minor 1 that is looked at most often.
make_stream() { mkstream "$a" 1 token "$@"; }
inspect() { vfio-mig inspect "$@"; }

# What a vector says of the framing is what is said of a file with it. Which
# minor is too new is the target's business, and not that of who looks.
vectors_agree() {
	local file want
	for file in "$vectors"/*.hex; do
		want=$(sed -n '1s/^expect: //p' "$file")
		[ "${file##*/}" != minor.hex ] || continue
		vector_bytes "$file" >"$a"
		vfio-mig --json inspect "$a" >"$out"
		case $want in
		OK) json '.complete' ;;
		*) json '.complete | not' && json '.error.code < 0' ;;
		esac || { echo "$file"; return 1; }
	done
}

everything_is_shown() {
	make_stream run=0:4096 zero=8192:4096 disp eng || return 1
	expect 0 inspect "$a" && said 'VRAM     v1   4112 bytes precopy offset 0 length 0x1000' &&
		said 'offset 0x2000 length 0x1000' &&
		said 'dispi          0xb0c0 0xb0c1' && said '0xb0ca' &&
		said 'byte_order     0x1e1e1e1e' &&
		said 'eng_dst        0xfedcba9876543210' &&
		said 'complete, all checksums right' &&
		said 'platform 2026.2' && said 'token vmig1 type=bochs-vgpu'
}

json_has_the_same() {
	make_stream run=4096:8192 disp eng lost=ABCD || return 1
	expect 0 vfio-mig --json inspect "$a" && json '.complete and .known' &&
		json '.stream == "1.1" and .platform == "2026.2"' &&
		json '.records | map(.tag) == ["TOKN", "VRAM", "DISP", "ENG ", "LOST"]' &&
		json '.records[1].fields == {"offset": 4096, "length": 8192}' &&
		json '.records[1].flags == ["precopy"]' &&
		json '.records[2].fields.dispi | length == 11 and .[10] == 45258' &&
		json '.records[3].name == "ENG"' &&
		json '.records[3].fields.eng_dst == "0xfedcba9876543210"' &&
		json '.records[4].lost == [{"tag": "ABCD", "vendor": 6900}]' &&
		json '.bytes == '"$(stat -c %s "$a")" && json '.error == null'
}

# WHY PART...: what a driver would refuse is refused, by its own words.
is_refused() {
	local why=$1
	shift
	make_stream "$@" || return 1
	expect 1 inspect "$a" && said "every target refuses it: $why"
}

old_with_new_section() {
	mkstream "$a" 0 token disp eng || return 1
	expect 1 inspect "$a" && said "ENG: newer than the stream's minor"
}

optional_is_skipped() { make_stream disp optional=ABCD && expect 0 inspect "$a"; }

other_types_are_read() {
	mkstream "$a" 7 "token=vmig1 type=x stream=1.7 accepts=1.0" unknown=ABCD || return 1
	expect 0 inspect "$a" && said 'not known here' && said 'stream 1.7' && said ABCD
}

no_token() { mkstream "$a" 1 disp && expect 1 inspect "$a" && said 'no token'; }
bad_token() { mkstream "$a" 1 token=nonsense disp && expect 1 inspect "$a" && said 'every target refuses'; }
standard_input() { make_stream disp && expect 0 inspect - <"$a" && said byte_order; }
no_file() { expect 3 inspect "$work/none" && warned 'No such file'; }

# Nothing on a terminal or in a log that was not there to be shown.
tags_are_printable() {
	make_stream disp unknown=$'\e[1m' || return 1
	vfio-mig inspect "$a" >"$out"
	said '?[1m' && ! grep -q $'\e' "$out"
}

t82574='vmig1 type=intel-82574l stream=1.0 accepts=1.0 emits=1.0 eq_nvm_words=64 eq_revision=0'

# What a driver has saved whose tables were not those that are tested.
recorded() { vector_bytes "$vectors/82574l.hex" >"$a"; }

card_is_shown() {
	recorded && expect 0 inspect "$a" --target "$t82574" || return 1
	said 'NVM      v1    128 bytes mac 0x52 0x54 0 0x12 0x34 0x57' &&
		said 'RA             0x12005452 0x80005734 0 0' &&
		said 'MTA            0 0 0 0x10002 0' && said 'VFTA[120]      0 0 0 0 0 0 0 0x80000000' &&
		said 'FFVT           0 0x11223344 0' && said 'FFLT           0x2a 0 0 0 0 0' &&
		said 'ITR            0x1f4' && said 'RXDCTL         0x10000 0x10000' &&
		said 'ANAR           0xde1' && said 'BMCR           0x1140' &&
		said 'ICRXOC         0' && said 'irq_line       0xa' &&
		said 'its guest sees platform 2026.1' && said 'target: yes'
}

zeroes_are_left_out() { recorded && inspect "$a" >"$out" && ! grep -F 'MTA[' "$out"; }

card_as_json() {
	recorded && expect 0 vfio-mig --json inspect "$a" && json '.complete and .known' &&
		json '.records | map(.name) == ["TOKN", "NVM", "TABL", "FLEX", "REGS", "PHY", "STAT", "CONF"]' &&
		json '.records[1].fields.mac == [82, 84, 0, 18, 52, 87]' &&
		json '.records[2].fields.MTA | length == 128 and .[3] == 65538' &&
		json '.records[4].fields | .ITR == 500 and .RDTR == 8 and .EITR == [0, 0, 0, 0, 0]' &&
		json '.records[5].fields | .ANAR == 3553 and .phy_page == 0' &&
		json '.records[6].fields | length == 63 and .GPRC == 0' &&
		json '.records[7].fields.devctl == 10256' && json '.error == null'
}

# Each register of the driver's table that moves is in it, by its name.
registers_are_named() {
	local table=../../drivers/e1000e/regs.h
	recorded && vfio-mig --json inspect "$a" |
		jq -r '.records[] | select(.name | IN("TABL", "FLEX", "REGS")) | .fields | keys[]' |
		sort >"$work/shown"
	# The driver keeps some for the guest, in the stream as well.
	sed -n -e 's/^\tR(\([A-Z0-9_]*\),.*\(EXACT\|TRICK\),.*/\1/p' \
		-e '/E1K_KEPT_REGS/,/^$/s/^\tR(\([A-Z0-9_]*\),.*VIRTUAL,.*/\1/p' \
		"$table" | sort >"$work/moving"
	[ -s "$work/moving" ] && diff "$work/moving" "$work/shown"
}

other_nvm() {
	recorded && expect 1 inspect "$a" --target "${t82574/=64/=128}" && said 'target: no: eq_nvm_words is 64'
}

# PART...: a card of which all that must be there is 0.
make_card() {
	mkstream "$a" 0 "token=$t82574" 'fill=NVM :128:0' fill=TABL:1320:0 fill=REGS:368:0 \
		'fill=PHY :38:0' fill=STAT:504:0 fill=CONF:27:0 "$@"
}

card_is_refused() { # WHY PART...
	local why=$1
	shift
	make_card "$@" && expect 1 inspect "$a" && said "every target refuses it: $why"
}

contexts_are_shown() {
	make_card fill=TXCX:82:2 && expect 0 inspect "$a" &&
		said 'tx_low         0x202020202020202' && said 'tx_known       0x2 0x2'
}

card_stays_as_it_is() { recorded && expect 0 convert "$b" 0 && cmp "$a" "$b"; }
card_has_one_version() { recorded && expect 1 convert "$work/none" 1 && warned 'of intel-82574l that is known here is 1.0' && nothing_left; }

target() { # CODE TEXT TARGET
	expect "$1" inspect "$a" --target "$3" && said "target: $2"
}

target_takes_it() { make_stream disp eng && target 0 yes "$t4"; }
target_is_smaller() { make_stream disp && target 1 'no: eq_vram_mib is 4' "$t16"; }
target_is_older() { make_stream disp && target 1 'no: stream' "$old4"; }
target_in_a_file() { make_stream disp && echo "$t4" >"$b" && target 0 yes "$b"; }
target_json() {
	make_stream disp && expect 1 vfio-mig --json inspect "$a" --target "$t16" &&
		json '.target.key == "eq_vram_mib" and (.target.ok | not)'
}
# A token that claims an older version than the header has is found out.
token_lies() {
	mkstream "$a" 1 "token=${old4}" disp || return 1
	target 1 'no: stream' "$old4"
}

flip() { # BYTE: one bit of a copy
	local was
	was=$(od -An -tu1 -j "$1" -N1 "$a")
	cp "$a" "$b"
	# shellcheck disable=SC2059
	printf "\\x$(printf %x $((was ^ 1 << $1 % 8)))" |
		dd of="$b" bs=1 seek="$1" conv=notrunc status=none
}

each_byte_counts() {
	local size i
	make_stream disp || return 1
	size=$(stat -c %s "$a")
	for ((i = 0; i < size; i++)); do
		flip "$i"
		expect 1 inspect "$b" || { echo "byte $i"; return 1; }
	done
}

each_length_counts() {
	local size i
	make_stream disp || return 1
	size=$(stat -c %s "$a")
	for ((i = 0; i < size; i++)); do
		head -c "$i" "$a" >"$b"
		if ! { expect 1 vfio-mig --json inspect "$b" && json '.complete | not'; }; then
			echo "length $i"
			return 1
		fi
	done
}

# What the fuzzers found and kept.
corpus_is_survived() {
	local file
	for file in ../fuzz/corpus/stream/*; do
		vfio-mig inspect "$file" >"$out" 2>"$err"
		[ $? -le 1 ] || { cat "$file" "$err"; return 1; }
		vfio-mig convert "$file" "$b" --stream 1.1 >"$out" 2>"$err"
		[ $? -le 1 ] || { cat "$file" "$err"; return 1; }
	done
}

convert() { # OUT MINOR
	vfio-mig convert "$a" "$1" --stream "1.$2"
}

goes_back_and_comes_again() {
	make_stream run=0:4096 disp || return 1
	expect 0 convert "$b" 0 && warned 'platform 2026.1 instead of 2026.2' &&
		expect 0 inspect "$b" && said 'stream 1.0' &&
		said 'stream=1.0 accepts' && said 'x_platform=2026.1' &&
		expect 0 inspect "$b" --target "$old4" || return 1
	cp "$a" "$work/first"
	mv "$b" "$a"
	expect 0 convert "$b" 1 && cmp "$b" "$work/first"
}

engine_is_not_lost() {
	make_stream disp eng || return 1
	expect 1 convert "$work/none" 0 && warned 'state of section ENG would be lost' &&
		nothing_left
}

# Neither the file nor what it was called while it was written.
nothing_left() { ! compgen -G "$work/none*"; }

too_new() { make_stream disp && expect 1 convert "$work/none" 2 && warned 'is 1.1' && nothing_left; }
unknown_section() {
	make_stream disp unknown=ABCD || return 1
	expect 1 convert "$work/none" 0 && warned 'ABCD' && nothing_left
}
vendor_section() {
	make_stream disp vendor=DISP || return 1
	expect 1 convert "$work/none" 0 && warned '0x1af4' && nothing_left
}
unknown_type() {
	mkstream "$a" 1 "token=vmig1 type=x stream=1.1 accepts=1.0" unknown=ABCD || return 1
	expect 1 convert "$work/none" 0 && warned 'not known here' && nothing_left &&
		expect 0 convert "$b" 1 && cmp "$a" "$b"
}
missing_section() { make_stream run=0:4096 && expect 1 convert "$work/none" 0 && warned 'DISP: section is missing' && nothing_left; }
broken_stream() { make_stream disp noend && expect 1 convert "$work/none" 0 && warned 'END' && nothing_left; }
same_version() { make_stream run=0:8192 disp eng && expect 0 convert "$b" 1 && cmp "$a" "$b"; }

nobody_else_reads() {
	make_stream disp && rm -f "$b" && (umask 0 && convert "$b" 0) &&
		[ "$(stat -c %a "$b")" = 600 ]
}

old_file_stays() {
	make_stream disp eng || return 1
	echo precious >"$b"
	expect 1 convert "$b" 0 && [ "$(cat "$b")" = precious ]
}

to_full() { "$@" >/dev/full; }
no_room() { make_stream disp && expect 3 to_full convert - 0 && warned 'No space'; }
output_is_lost() { make_stream disp && expect 3 to_full inspect "$a" && warned 'output is lost'; }
one_output() { make_stream disp && expect 2 vfio-mig --json convert "$a" - --stream 1.0 && warned JSON; }
no_directory() { make_stream disp && expect 3 convert "$work/none/x" 0; }
by_pipe() { make_stream disp && vfio-mig convert - - --stream 1.0 <"$a" >"$b" && expect 0 inspect "$b" && said 'stream 1.0'; }

usage() {
	expect 2 vfio-mig convert "$a" "$b" && expect 2 convert "$b" x &&
		expect 2 convert "$b" 65536 && expect 2 vfio-mig inspect &&
		expect 2 vfio-mig inspect "$a" --nonsense && expect 2 vfio-mig inspect "$a" --target
}

tap "the vectors are judged as the kernel judges them" vectors_agree
tap "records and fields are shown" everything_is_shown
tap "and the same as JSON" json_has_the_same
tap "a value out of bounds" is_refused 'DISP: byte_order is 0x5' disp=5
tap "another one" is_refused 'ENG: eng_cmd is 0x5, allowed 0x0 to 0x4' disp eng=5
tap "a section twice" is_refused 'DISP: sent twice' disp disp
tap "a section that is missing" is_refused 'DISP: section is missing' run=0:4096
tap "a section that is too short" is_refused 'DISP: 1 bytes are too few' short=DISP
tap "a section that cannot come early" is_refused 'DISP: 1 bytes' late=DISP
tap "an unknown section" is_refused 'unknown mandatory section' disp unknown=ABCD
tap "a section that came later than the version" old_with_new_section
tap "an optional one is skipped" optional_is_skipped
tap "a type that is not known" other_types_are_read
tap "no token" no_token
tap "a token that is none" bad_token
tap "standard input" standard_input
tap "no such file" no_file
tap "tags are printable" tags_are_printable
tap "a network card, recorded" card_is_shown
tap "rows of zeroes are left out" zeroes_are_left_out
tap "a network card, as JSON" card_as_json
tap "all its registers, by name" registers_are_named
tap "a target with another NVM" other_nvm
tap "its transmit contexts" contexts_are_shown
tap "too many of them" card_is_refused 'TXCX: tx_known is 0x3, allowed 0x0 to 0x2' fill=TXCX:82:3
tap "filters that are too short" card_is_refused 'FLEX: 1771 bytes are too few' fill=FLEX:1771:0
tap "an NVM twice is none too many, registers are" card_is_refused 'REGS: sent twice' 'fill=NVM :128:1' fill=REGS:368:0
tap "a target that takes it" target_takes_it
tap "a target of another size" target_is_smaller
tap "a target that is older" target_is_older
tap "a target in a file" target_in_a_file
tap "a target, as JSON" target_json
tap "the header counts, not what the token says" token_lies
tap "a bit in each byte" each_byte_counts
tap "each length" each_length_counts
tap "the fuzzers' corpus" corpus_is_survived
tap "convert to an older version and back" goes_back_and_comes_again
tap "state that would be lost, by name" engine_is_not_lost
tap "a version that nobody knows" too_new
tap "a section that nobody knows" unknown_section
tap "a section of a vendor" vendor_section
tap "a type that nobody knows" unknown_type
tap "what must be there and is not" missing_section
tap "a stream that is not whole" broken_stream
tap "the same version" same_version
tap "the same version of a network card" card_stays_as_it_is
tap "it has no other" card_has_one_version
tap "files are for the owner alone" nobody_else_reads
tap "a file that was there stays" old_file_stays
tap "no room" no_room
tap "no room for what is said" output_is_lost
tap "a stream and JSON do not go to one place" one_output
tap "no directory" no_directory
tap "through pipes" by_pipe
tap "usage" usage
finish
