#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# self.sh: what uml.sh and run.sh promise of any test: its output and status, a
# panic and a report of the kernel are failures with their trace, there is an end,
# and nothing of the host can be written. TAP.
# Tests are called by tap.
# shellcheck disable=SC2317
set -uo pipefail
# shellcheck source=selftests/fast/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=selftests/tap.sh
. "$REPO/selftests/tap.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Runs shell commands inside; their output is in $work/said.
inside() { # STATUS COMMANDS [OPTIONS...]
	local want=$1 commands=$2 status=0
	shift 2
	"$FAST_DIR/uml.sh" --timeout 60 --out "$work/out" "$@" plain -- /bin/sh -c "$commands" \
		>"$work/said" 2>&1 || status=$?
	[ "$status" = "$want" ] || { echo "status $status, not $want"; cat "$work/said"; return 1; }
}

says() { tr -d '\r' <"$work/said" | grep -q -x -e "$1"; }

output_and_status() { inside 0 'echo one; echo two' && says one && says two; }
panics() { inside 99 'echo c >/proc/sysrq-trigger' && grep -q -a 'Call Trace' "$work/out/console"; }
ends() { inside 124 'tail -f /dev/null' --timeout 5; }

# Also with what root can do in there.
cannot_write() {
	inside 0 'for d in / /usr /etc /lab/selftests /lab/programs /lab/modules; do
		touch $d/written && echo written; mount -o remount,rw / 2>/dev/null
		touch $d/written && echo written; done; rm -rf /lab/selftests; true' &&
		! says written && [ -e "$FAST_DIR/self.sh" ]
}

has_no_network() { inside 0 'ls /sys/class/net' && ! says 'eth.*'; }

# A list with one test that does what the arguments say.
list_run() { # COMMANDS
	mkdir -p "$work/tree/selftests"
	printf 'made-up all 60 /bin/sh -c %s\n' "$1" >"$work/list"
	FAST_LIST=$work/list "$FAST_DIR/run.sh" --jobs 1 --built "$FAST_BUILD/plain" \
		--out "$work/run" plain >"$work/said" 2>&1
}

report_fails() {
	! list_run '"echo${IFS}1..1;echo${IFS}ok;echo${IFS}WARNING:${IFS}made-up>/dev/kmsg"' &&
		says 'not ok 1 - made-up: the kernel has nothing to report'
}
silence_passes() {
	list_run '"echo${IFS}1..1;echo${IFS}ok"' && says 'ok 1 - made-up: the kernel has nothing to report'
}
failure_without_tap_fails() { ! list_run '"exit${IFS}3"'; }
panic_fails() {
	! list_run '"echo${IFS}c>/proc/sysrq-trigger"' &&
		says 'not ok 1 - made-up: the kernel ended before the test did (panic)'
}

"$FAST_DIR/build.sh" plain || exit 1
tap "output and status are the command's" output_and_status
tap "a status that is not 0, too" inside 7 'exit 7'
tap "a panic is status 99, with its trace" panics
tap "there is an end" ends
tap "nothing of the host can be written" cannot_write
tap "there is no network" has_no_network
tap "a report of the kernel is a failed test" report_fails
tap "no report is none" silence_passes
tap "a program that fails without saying so has failed" failure_without_tap_fails
tap "a panic is a failed test" panic_fails
echo "1..$number"
exit "$status"
