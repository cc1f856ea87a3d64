#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# inputs.sh PROGRAM: files that are cut, empty, hostile or no files at all; names
# with escapes; outputs that are devices; what is written and read in each of
# these cases by each subcommand. TAP.
# Tests are called by tap.
# shellcheck disable=SC2317,SC2016,SC2030,SC2031,SC2086
# shellcheck source=selftests/cli-host/common.sh
. "$(dirname "$0")/common.sh"

tree vendors
tree mdevs
base="vmig1 type=t stream=1.0 accepts=1.0"
cd "$WORK" || exit 1

mig() { "$PROGRAM" "$@"; }

# A stream: that of a network card, which was recorded.
printf '%b' "$(sed -e 1d -e 's/#.*//' "$TOP/selftests/unit/vectors/82574l.hex" |
	tr -d ' \n' | sed 's/../\\x&/g')" >stream

# --- what is written -------------------------------------------------------

node_stays() {
	rm -f null && mknod null c 1 3 || return 0
	exits 0 mig convert stream null --stream 1.0 && [ -c null ] && ! compgen -G 'null.*'
}

fifo_stays() {
	rm -f fifo && mkfifo fifo
	cat fifo >taken &
	exits 0 timeout 20 "$PROGRAM" convert stream fifo --stream 1.0 && wait $! &&
		[ -p fifo ] && cmp taken stream
}

fifo_without_reader() {
	rm -f fifo && mkfifo fifo
	refuses 3 timeout 20 "$PROGRAM" convert stream fifo --stream 1.0 && [ -p fifo ]
}

link_stays() {
	rm -f link target && echo precious >target && ln -s target link
	exits 0 mig convert stream link --stream 1.0 && [ -L link ] && cmp target stream &&
		[ "$(stat -c %a target)" = 600 ]
}

# If it is refused, what the link names is as it was.
link_is_not_lost() {
	rm -f link target && echo precious >target && ln -s target link
	exits 1 mig convert stream link --stream 1.7 && [ -L link ] && [ "$(cat target)" = precious ]
}

link_to_nothing() {
	rm -f link && ln -s nowhere link
	refuses 3 mig convert stream link --stream 1.0 && [ -L link ] && [ ! -e nowhere ]
}

link_to_node() {
	rm -f null link && mknod null c 1 3 || return 0
	ln -s null link
	exits 0 mig convert stream link --stream 1.0 && [ -L link ] && [ -c null ]
}

directory_stays() { mkdir -p dir && refuses 3 mig convert stream dir --stream 1.0 && [ -d dir ]; }

socket_stays() {
	rm -f socket
	python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")' || return 0
	refuses 3 mig convert stream socket --stream 1.0 && [ -S socket ]
}

by_dev_stdout() { mig convert stream /dev/stdout --stream 1.0 >out.mig && cmp out.mig stream; }

# A signal in the middle of it: neither the file nor what it is called until then.
signal_leaves_nothing() { # SIGNAL
	local pid
	rm -f slow part part.* && mkfifo slow
	"$PROGRAM" convert slow part --stream 1.0 2>/dev/null &
	pid=$!
	# It is open for writing as soon as the other side reads.
	exec 8>slow
	head -c 100 stream >&8
	until compgen -G 'part.*' >/dev/null; do kill -0 "$pid" || break; done
	kill -"$1" "$pid"
	wait "$pid"
	exec 8>&-
	! compgen -G 'part*'
}

tap "out is a device: it stays one" node_stays
tap "out is a FIFO: it is written to" fifo_stays
tap "out is a FIFO that nobody reads: refused, and not waited for" fifo_without_reader
tap "out is a symbolic link: it stays, and its file is replaced" link_stays
tap "and nothing is lost when it is refused" link_is_not_lost
tap "out is a link to nothing" link_to_nothing
tap "out is a link to a device" link_to_node
tap "out is a directory" directory_stays
tap "out is a socket" socket_stays
tap "out is /dev/stdout" by_dev_stdout
for signal in INT TERM HUP; do
	tap "SIG$signal leaves no part of a file" signal_leaves_nothing $signal
done

# --- tokens ----------------------------------------------------------------

words() { # LENGTH: a valid token of that length
	local token=$base n=0
	while [ $((${#token} + 70)) -lt "$1" ]; do
		token="$token x_$((n++))=$(printf '%55s' '' | tr ' ' b)"
	done
	n=$(($1 - ${#token} - 5))
	printf '%s x_z=%s' "$token" "$(printf "%${n}s" '' | tr ' ' c)"
}

words 1023 >tok_whole
{ words 1023; printf ' eq_secret=1'; } >tok_over
printf '%s\0 eq_secret=1' "$base" >tok_nul
printf '%s\n\n' "$base" >tok_base
: >tok_empty

tap "a token as long as one may be" exits 0 mig check tok_whole tok_base
tap "one that is longer: none" refuses 2 mig check tok_over tok_base
tap "the same as an argument" refuses 2 mig check "$(cat tok_over)" tok_base
tap "the same by standard input" refuses 2 mig check - tok_base <tok_over
tap "a NUL in it: none" refuses 2 mig check tok_nul tok_base
tap "an empty one: none" refuses 2 mig check tok_empty tok_base
tap "a directory" refuses 3 mig check dir tok_base
tap "as a target: no" exits 1 mig check tok_base tok_over
tap "with a NUL: no" exits 1 mig check tok_base tok_nul
tap "as a stream's target: no" exits 1 mig inspect stream --target tok_over
tap "negotiated: no" exits 1 mig check --negotiate tok_base tok_over
tap "of a whole host" refuses 2 on mdevs check tok_over

# --- names of devices ------------------------------------------------------

for name in "" . .. / ./ 0000: 65:00 65:00.9 0000:65:00.2/ "0000:65:00.2 " ../devices; do
	for command in show version doctor fingerprint "platform"; do
		tap "$command '$name'" refuses 3 on vendors $command "$name"
	done
done
tap "capital letters are an address, too" exits 0 on vendors version 0000:06:00.1
tap "a file below a type is no type" refuses 3 on mdevs show \
	"$WORK/mdevs/sys/class/mdev_bus/vfio_mig_vgpu/mdev_supported_types/vgpu-16/migration"

# --- inventories -----------------------------------------------------------

one() { # HOST TOKEN [MORE]
	printf '{"format": "vfio-mig-inventory", "version": 1, "host": "%s", "objects": [{"kind": "mdev", "name": "u", "token": "%s"%s}]}\n' "$1" "$2" "${3:-}"
}
kind() { one "$1" "$2" "$3" | sed 's/"mdev"/"type"/'; }

rm -rf inv && mkdir inv
one s1 "$base" >inv/s1.json
kind t1 "$base" ', "available": 0' >full.json
kind t1 "$base" ', "available": 1' >free.json

tap "a host does not migrate to itself" exits 1 mig matrix inv
tap "no room on the target: no" exits 1 mig matrix inv/s1.json full.json --from s1 --to t1
tap "with the reason" grep -q 'no more devices of this type' out
tap "as JSON" bash -c '"$0" --json matrix inv/s1.json full.json | jq -e ".verdicts[0] |
	(.ok | not) and .code == -28 and .key == \"available\""' "$PROGRAM"
tap "room: yes" exits 0 mig matrix inv/s1.json free.json --from s1 --to t1

same_twice() { asked_any mig matrix inv/s1.json inv/s1.json 2>err | head -n 1 | grep -x '1 hosts' && grep -q 'counts once' err; }
other_twice() {
	one s1 "$base eq_x=1" >other.json
	refuses 3 mig matrix inv/s1.json other.json free.json && grep -q '^2 hosts' out
}
tap "a host that is read twice counts once" same_twice
tap "but not if the two say different things" other_twice

without_token() {
	echo '{"format": "vfio-mig-inventory", "version": 1, "host": "n", "objects": [
		{"kind": "pci", "name": "a", "driver": "vfio-pci", "token": null},
		{"kind": "pci", "name": "b", "driver": "vfio-pci"},
		{"kind": "pci", "name": "c", "token": 3}]}' >none.json
	asked_any mig matrix none.json free.json >out
	grep -q 'not judged: 2 of kind pci, driver vfio-pci, on 1 hosts: it has no token' out &&
		grep -q 'not judged: 1 of kind pci, driver ?, on 1 hosts: its token is none' out
}
tap "what has no token is told" without_token

others_are_read() { # TEXT
	refuses 3 mig matrix inv2 && grep -q '^2 hosts' out && grep -qF -- "$1" err &&
		asked_any mig --json matrix inv2 2>/dev/null | jq -e '.hosts == 2 and (.errors | length) == 1'
}
bad_one() { # NAME TEXT: with a file that is bad
	rm -rf inv2/bad.json
	eval "$2"
	tap "$1: named, and the others are read" others_are_read "$3"
}
mkdir -p inv2 && cp inv/s1.json free.json inv2
bad_one "an empty file" ': >inv2/bad.json' 'it is empty'
bad_one "a file of spaces" 'echo "  " >inv2/bad.json' 'it is empty'
bad_one "half a file" 'head -c 50 inv/s1.json >inv2/bad.json' 'it is no JSON'
bad_one "more behind it" 'cat inv/s1.json inv/s1.json >inv2/bad.json' 'it is no JSON'
bad_one "a key twice" 'sed "s/\"host\": \"s1\"/&, &/" inv/s1.json >inv2/bad.json' 'it is no JSON'
bad_one "a FIFO" 'mkfifo inv2/bad.json' 'it is no regular file'
bad_one "a device" 'ln -s /dev/zero inv2/bad.json' 'it is no regular file'
bad_one "a directory" 'mkdir inv2/bad.json' 'it is a directory'
bad_one "UTF-16" 'printf "\xff\xfe{\0" >inv2/bad.json' 'UTF-16'
bad_one "a link to nothing" 'ln -s nothing inv2/bad.json' 'No such file'
rm -rf inv2/bad.json
printf '\xef\xbb\xbf' | cat - inv/s1.json >bom.json
tap "a mark of the byte order is no matter" exits 0 mig matrix bom.json free.json
mkdir -p nothing.d
tap "a directory without any: nothing to look at" refuses 5 mig matrix nothing.d
tap "through a pipe" bash -c '"$0" matrix <(cat inv/s1.json) <(cat free.json)' "$PROGRAM"
tap "by standard input" bash -c '"$0" matrix - free.json <inv/s1.json' "$PROGRAM"
for file in inv2 tok_empty dir; do
	tap "a dump that is $file" refuses 3 mig fingerprint $file --compare $file
done

# --- terminals -------------------------------------------------------------

escapes=$'\e[31m\u009b31m\a\r\nX\x7f'
hostile_inventory() {
	jq -n --arg x "$escapes" --arg token "$base" '{format: "vfio-mig-inventory", version: 1,
		host: ("h" + $x), objects: [
		{kind: ("k" + $x), name: ("n" + $x), driver: ("d" + $x), token: ("bad" + $x)},
		{kind: "mdev", name: ("n" + $x), token: $token}]}' >hostile.json
	jq '.host = "o"' hostile.json >hostile2.json
}
# Neither a control character but newlines, nor a line that a name has begun.
is_plain() { # CMD...
	"$@" >plain.txt 2>&1
	! LC_ALL=C grep -nP '[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|^X' plain.txt
}
hostile_inventory
tap "names of hosts" is_plain mig matrix hostile.json hostile2.json --from "h$escapes"
tap "a host that is not there" is_plain mig matrix hostile.json --from "x$escapes"
tap "files that are not there" is_plain mig matrix "$escapes"
json_is_plain() {
	asked_any mig --json matrix hostile.json hostile2.json >plain.txt
	jq -e . plain.txt && ! LC_ALL=C grep -nP '[\x00-\x09\x0b-\x1f\x80-\xff]' plain.txt
}
tap "JSON" json_is_plain
tap "a token as an argument" is_plain mig check "$base eq_a=$escapes" "$base"
tap "a target" is_plain mig check "$base" "vmig1 $escapes=1 x"
jq -n --arg x "$escapes" '{format: "vfio-mig-fingerprint", version: 1, config: {size: 256, rows: {}},
	regions: [{name: ("r" + $x), size: 1}], registers: {("b" + $x): {size: 64, rows: {}}}}' >h1.json
jq '.regions[0].size = $x | .registers = {}' --arg x "$escapes" h1.json >h2.json
tap "dumps" is_plain mig fingerprint h1.json --compare h2.json
tap "a command" is_plain mig "$escapes"
tap "an option" is_plain mig list "--$escapes"
tap "a device" is_plain on mdevs show "$escapes"
d=$WORK/mdevs/sys/class/mdev_bus/vfio_mig_vgpu/mdev_supported_types
mkdir -p "$d/v$escapes/migration" && printf 'x%s' "$escapes" | tee "$d/v$escapes/version" \
	"$d/v$escapes/migration/f$escapes" >/dev/null
for command in list "check tok_base" doctor nova "nova conf" "show v$escapes"; do
	mapfile -t args < <(tr ' ' '\n' <<<"${command//"$escapes"/}")
	[[ $command != show* ]] || args=(show "v$escapes")
	tap "another host's types: ${args[*]//"$escapes"/}" is_plain on mdevs "${args[@]}"
done
rm -rf "${d:?}/v$escapes"

# --- options and errors ----------------------------------------------------

tap "-h" exits 0 mig -h
tap "help" exits 0 mig help
tap "help of a command" bash -c '"$0" help matrix | grep -q "^Usage: vfio-mig matrix"' "$PROGRAM"
tap "help of none" refuses 2 mig help frob
tap "behind a command" bash -c '"$0" matrix -h | grep -q "^Usage: vfio-mig matrix"' "$PROGRAM"
tap "help that nobody can read" refuses 3 bash -c '"$0" --help >/dev/full' "$PROGRAM"
tap "a version that nobody can read" refuses 3 bash -c '"$0" --version >/dev/full' "$PROGRAM"
tap "--sysfs=DIR" exits 0 mig "--sysfs=$WORK/vendors/sys" version 65:00.2
tap "--option=VALUE" bash -c '"$0" "--sysfs=$1" nova --node=other | grep -q other_pci' "$PROGRAM" "$WORK/mdevs/sys"
tap "a value for an option that takes none" refuses 2 mig check --negotiate=yes a b
tap "--sysfs without a directory" refuses 3 mig --sysfs "" list
tap "--sysfs that is a file" refuses 3 mig --sysfs stream list
ln -s /sys own
for name in /sys/ /sys/. //sys "$WORK/own"; do
	tap "$name is this host" bash -c 'diff <("$0" list) <("$0" --sysfs "$1" list) &&
		diff <("$0" --sysfs "$1" save 00:00.0 x 2>&1) <("$0" save 00:00.0 x 2>&1)' "$PROGRAM" "$name"
done

error_json() { # CODE CMD...
	local code=$1
	shift
	exits "$code" "$@" && jq -e --argjson code "$code" \
		'.error.exit == $code and (.error.text | length) > 0 and (.errors | type) == "array"' "$WORK/out"
}
tap "JSON of an error: no such device" error_json 3 on vendors --json show nothing
tap "of a file" error_json 3 mig --json inspect nothing
tap "of a usage" error_json 2 mig --json matrix
tap "of an option" error_json 2 mig --json matrix --frob x
tap "of a command" error_json 2 mig --json frob
tap "of a source" error_json 2 mig --json check tok_over tok_base
tap "of a refusal" error_json 1 mig --json convert stream new --stream 1.7
tap "of a tree" error_json 3 on nowhere --json list

# --- much ------------------------------------------------------------------

# Inventories of 5000 groups: of TYPES types, so that each has 5000 / TYPES.
many_groups() { # TYPES
	mkdir -p many && rm -f many/*
	awk -v types="$1" 'BEGIN { for (h = 0; h < 2; h++) {
		f = "many/h" h ".json"
		printf "{\"format\": \"vfio-mig-inventory\", \"version\": 1, \"host\": \"h%d\", \"objects\": [", h >f
		for (i = 0; i < 5000; i++)
			printf "%s{\"kind\": \"mdev\", \"name\": \"d%d\", \"token\": \"vmig1 type=t%d stream=1.0 accepts=1.0 eq_x=%d\"}", i ? "," : "", i, i % types, i >f
		print "]}" >f; close(f) } }'
}
# Peak memory in KiB of a run; without the sanitizers, which need their own.
peak() { # CMD...
	python3 - "$@" <<'END'
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:], stdout=open('big.out', 'w'))
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
END
}
needs_less() { # KIB CMD...
	local used
	used=$(peak "${@:2}") || return 1
	echo "$used KiB"
	[ "$used" -lt "$1" ]
}
if [ -x "${PLAIN:-}" ]; then
	many_groups 100
	tap "matrix --json of 5000 groups needs less than 64 MiB" \
		needs_less 65536 "$PLAIN" --json matrix many
	tap "and is whole" jq -e '(.groups | length) == 5000 and (.verdicts | length) == 250000' big.out
	tap "matrix of 5000 groups, too" needs_less 65536 "$PLAIN" --quiet matrix many
	PATH=$(dirname "$PLAIN"):$PATH
fi
plan
