#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# transfer.sh: save, load, send and receive, with a device that is none
# (fake_mig.c). TAP.
# Tests are called by tap.
# shellcheck disable=SC2317
set -uo pipefail
cd "$(dirname "$0")" || exit 1
# shellcheck source=selftests/cli/common.sh
. ./common.sh

file=$work/file
source=$work/source target=$work/target

# What became of the device is in $source or $target.
mig() { fake-mig "$source" "$@"; }
is() { # FILE STATE
	[ "$(cat "$1")" = "$2" ] || { echo "${1##*/}: $(cat "$1"), not $2"; cat "$err"; return 1; }
}
only_file() { [ "$(cd "$work" && echo file*)" = "$1" ] || { echo "$work"/file*; return 1; }; }

saves() {
	rm -f "$file"
	umask 0
	expect 0 mig save fd:9 "$file" && is "$source" STOP &&
		[ "$(stat -c %a:%s "$file")" = 600:45008 ] && only_file file &&
		warned 'fd:9: saving done, 44.0 KiB'
}

says_where_it_is() {
	expect 0 mig save fd:9 "$file" && warned 'saving while the device runs' &&
		warned 'saving with the device stopped' &&
		expect 0 mig --quiet save fd:9 "$file" && [ ! -s "$err" ]
}

saves_json() {
	expect 0 mig --json save fd:9 "$file" &&
		json '.result == "done" and .bytes == 45008 and .stopped_bytes == 5008 and .device == "fd:9"'
}

stops_at_once() { expect 0 mig --json save fd:9 "$file" --no-precopy && json '.stopped_bytes == 45008'; }
runs_on() { expect 0 mig save fd:9 "$file" --resume && is "$source" RUNNING; }
to_pipe() { mig save fd:9 - >"$work/piped" 2>"$err" && mig save fd:9 "$file" 2>"$err" && cmp "$work/piped" "$file"; }
loads() { expect 0 mig save fd:9 "$file" && expect 0 mig load fd:9 "$file" && is "$source" "RUNNING loaded"; }
stays() { expect 0 mig load fd:9 "$file" --stay && is "$source" "STOP loaded"; }
from_pipe() { expect 0 mig load fd:9 - <"$file" && is "$source" "RUNNING loaded"; }

half_is_refused() {
	head -c 20000 "$file" >"$work/half"
	expect 1 mig load fd:9 "$work/half" && is "$source" "RUNNING reset" && warned refused
}

# Whatever fails, there is a whole file or none, and the device runs or its
# state is in the file.
each_call_may_fail() {
	local i code
	for ((i = 1; i < 200; i++)); do
		rm -f "$file"
		FAKE_FAULT=$i mig save fd:9 "$file" >"$out" 2>"$err"
		code=$?
		if [ "$code" = 0 ]; then
			only_file file && is "$source" STOP || return 1
			[ "$i" -lt 9 ] || return 0
			continue
		fi
		echo "call $i: $code"
		[ "$code" = 3 ] && only_file 'file*' && grep '^RUNNING' "$source" || return 1
	done
	echo "it never ends"
	return 1
}

old_file_stays() {
	echo precious >"$file"
	FAKE_FAULT=8 expect 3 mig save fd:9 "$file" && [ "$(cat "$file")" = precious ] && only_file file
}

to_full() { "$@" >/dev/full; }
no_room() { expect 3 to_full mig save fd:9 - && is "$source" RUNNING; }
no_directory() { expect 3 mig save fd:9 "$work/none/file" && is "$source" RUNNING; }

# It was all written, and cannot be called so.
no_such_name() {
	mkdir "$work/file.d"
	expect 3 mig save fd:9 "$work/file.d" && is "$source" RUNNING && rmdir "$work/file.d" &&
		rm -f "$file" && only_file 'file*'
}

wont_fit() {
	rm -f "$file"
	expect 1 mig save fd:9 "$file" --downtime 1 --bandwidth 1K && is "$source" RUNNING && only_file 'file*'
}

# Runs in the background as $pid, with what it says on the file $says.
begin() { # STATE ARGS...
	local state=$1
	shift
	rm -f "$work/says"
	mkfifo "$work/says"
	fake-mig "$state" "$@" >"$out" 2>"$work/says" &
	pid=$!
	exec {says}<"$work/says"
}

await() { # TEXT
	local line
	while read -r -t 60 -u "$says" line; do
		heard=$line
		[[ $line != *"$1"* ]] || return 0
	done
	echo "it never says: $1"
	return 1
}

ended() { # CODE
	local code=0
	wait "$pid" || code=$?
	[ "$code" = "$1" ] || { echo "exit code $code, not $1"; cat <&"$says"; }
	exec {says}<&-
	[ "$code" = "$1" ]
}

# A guest that is always faster never gets to the end.
endless=(save fd:9 "$file" --downtime 1 --bandwidth 50M)

times_out() {
	rm -f "$file"
	FAKE_CHURN=100000 FAKE_PIECE=1000 expect 3 mig "${endless[@]}" --timeout 1 &&
		is "$source" RUNNING && only_file 'file*'
}

is_interrupted() {
	rm -f "$file"
	FAKE_CHURN=100000 FAKE_PIECE=1000 begin "$source" "${endless[@]}"
	await 'while the device runs' && kill -TERM "$pid"
	ended 3 && is "$source" RUNNING && only_file 'file*'
}

draws_a_bar() {
	command -v script >/dev/null || return 0
	script -qec "fake-mig $source save fd:9 $file" /dev/null >"$out" </dev/null
	grep -q 'saving while the device runs \[#' "$out"
}

no_device() {
	expect 3 mig save fd:77 "$file" && warned 'fd:77' && expect 3 mig save nothing "$file" &&
		expect 3 vfio-mig load fd:0 "$file" </dev/null
}

usage() {
	local command
	for command in save load send receive; do
		expect 2 mig "$command" && expect 2 mig "$command" fd:9 && expect 2 mig "$command" fd:9 a b &&
			expect 2 mig "$command" fd:9 a --timeout x &&
			expect 2 mig "$command" fd:9 a --timeout 99999999 || return 1
	done
	expect 2 mig send fd:9 a --resume && expect 3 mig send fd:9 nonsense &&
		expect 2 mig --json save fd:9 - && expect 3 mig receive fd:9 nonsense && expect 3 mig send fd:9 fd:88
}

# Starts a receiver; $port is where it listens.
receive() { # WHERE ARGS...
	rm -f "$target"
	begin "$target" receive fd:9 "$@" --wait 60 --timeout 60
	await 'listening on' && port=${heard##*:}
}

over() { # LISTEN SEND, with PORT in it
	receive "$1" --once || return 1
	expect 0 mig send fd:9 "${2/PORT/$port}" --timeout 60 && ended 0 &&
		is "$source" STOP && is "$target" "RUNNING loaded"
}

over_unix() { over "unix:$work/socket" "unix:$work/socket" && [ ! -e "$work/socket" ]; }
socket_is_private() {
	receive "unix:$work/socket" --once || return 1
	[ "$(stat -c %a "$work/socket")" = 700 ] || return 1
	kill -TERM "$pid" && ended 3 && [ ! -e "$work/socket" ]
}
# A receiver that was killed leaves its socket; the next one is not hindered.
stale_socket() {
	receive "unix:$work/socket" --once && kill -KILL "$pid"
	ended 137
	[ -S "$work/socket" ] && over_unix
}
socket_in_use() {
	receive "unix:$work/socket" --once || return 1
	expect 3 mig receive fd:9 "unix:$work/socket" --once && warned 'in use' || return 1
	kill -TERM "$pid" && ended 3
}

over_fds() {
	local code=0
	mkfifo "$work/there" "$work/back"
	begin "$target" receive fd:9 fd:3,4 3<>"$work/there" 4<>"$work/back"
	mig send fd:9 fd:3,4 3<>"$work/back" 4<>"$work/there" 2>"$err" || code=$?
	ended 0 && [ "$code" = 0 ] && is "$source" STOP && is "$target" "RUNNING loaded"
}

# The one that refuses is not the last one to come.
waits_for_another() {
	receive 127.0.0.1:0 || return 1
	FAKE_VERDICT=34 expect 1 mig send fd:9 "127.0.0.1:$port" &&
		is "$source" RUNNING && expect 0 mig send fd:9 "127.0.0.1:$port" && ended 0 &&
		is "$target" "RUNNING loaded"
}

# Without the driver's word the tokens decide, and tell why.
by_token() {
	local -x FAKE_FEATURES=0xcf
	FAKE_TOKEN='vmig1 type=fake stream=1.0 accepts=1.0 eq_x=2' receive 127.0.0.1:0 --once &&
		is_refused && warned eq_x && is "$target" RUNNING
}

is_refused() {
	expect 1 mig send fd:9 "127.0.0.1:$port" && is "$source" RUNNING && ended 1
}
by_driver() { FAKE_VERDICT=34 receive 127.0.0.1:0 --once && is_refused && is "$target" RUNNING; }
by_data() { FAKE_REFUSES=22 receive 127.0.0.1:0 --once && is_refused && is "$target" "RUNNING reset"; }

refusal_as_json() {
	FAKE_VERDICT=34 receive 127.0.0.1:0 --once &&
		expect 1 mig --json send fd:9 "127.0.0.1:$port" &&
		json '.result == "refused" and (.error | length > 0)' && ended 1
}

nobody_there() { expect 3 mig send fd:9 "unix:$work/nobody" && is "$source" RUNNING; }
nobody_comes() { expect 3 mig receive fd:9 127.0.0.1:0 --wait 1 && warned 'no connection'; }

stays_there() {
	receive 127.0.0.1:0 --once --stay || return 1
	expect 0 mig send fd:9 "127.0.0.1:$port" && ended 0 && is "$target" "STOP loaded"
}

# The device runs at one end and not at both, however the connection breaks.
cut() { # THERE BACK
	local code=0 in moved cutter
	receive 127.0.0.1:0 --once || return 1
	exec {cutter}< <(exec cutter "$1" "$2" 127.0.0.1 "$port")
	read -r -t 30 -u "$cutter" in || return 1
	mig send fd:9 "127.0.0.1:$in" --timeout 60 >"$out" 2>"$err" || code=$?
	read -r -t 60 -u "$cutter" moved
	wait "$pid"
	exec {says}<&- {cutter}<&-
	echo "cut $1 $2: exit $code, source $(cat "$source"), target $(cat "$target"), moved $moved"
	case $code in
	0) is "$source" STOP && is "$target" "RUNNING loaded" ;;
	4) is "$source" STOP ;;
	*) is "$source" RUNNING && ! grep -q loaded "$target" ;;
	esac && result=$code
}

cut_there() {
	local at
	for at in 0 1 12 13 40 60 100 500 1000 5000 20000 40000 45000 45100; do
		cut "$at" - && [ "$result" != 0 ] || return 1
	done
}

# Not all can be told from each other; that the last answer was lost, can.
cut_back() {
	local at unconfirmed=0
	for ((at = 0; at < 200; at += 7)); do
		cut - "$at" || return 1
		[ "$result" != 4 ] || unconfirmed=1
		[ "$result" != 0 ] || break
	done
	[ "$unconfirmed" = 1 ] && [ "$result" = 0 ]
}

tap "a file, for its owner alone" saves
tap "phases are told once, or not at all" says_where_it_is
tap "figures as JSON" saves_json
tap "without pre-copy" stops_at_once
tap "and the device runs on" runs_on
tap "to a pipe" to_pipe
tap "what was saved is loaded" loads
tap "and left in STOP" stays
tap "from a pipe" from_pipe
tap "half of it is refused" half_is_refused
tap "each call of the driver may fail" each_call_may_fail
tap "then a file that was there stays" old_file_stays
tap "no room" no_room
tap "no directory" no_directory
tap "a name that a directory has" no_such_name
tap "what cannot be in time is not begun" wont_fit
tap "a limit of time" times_out
tap "SIGTERM" is_interrupted
tap "a bar on a terminal" draws_a_bar
tap "no device" no_device
tap "usage" usage
tap "IPv4" over 127.0.0.1:0 127.0.0.1:PORT
tap "any address, by IPv4" over :0 127.0.0.1:PORT
if grep -q . /proc/net/if_inet6 2>/dev/null; then
	tap "IPv6" over '[::1]:0' '[::1]:PORT'
	tap "any address, by IPv6" over ':0' '[::1]:PORT'
fi
tap "a Unix socket" over_unix
tap "it is for its owner alone, and removed" socket_is_private
tap "one that was left behind" stale_socket
tap "one that is in use" socket_in_use
tap "files that are open already" over_fds
tap "a receiver goes on after a refusal" waits_for_another
tap "refused by the token" by_token
tap "refused by the driver" by_driver
tap "refused for its data" by_data
tap "a refusal as JSON" refusal_as_json
tap "nobody listens" nobody_there
tap "nobody comes" nobody_comes
tap "the target is left in STOP" stays_there
tap "cut on the way there" cut_there
tap "cut on the way back" cut_back
finish
