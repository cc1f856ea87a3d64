# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# TAP for scripts: tap NAME CMD... runs a command, and prints a line for it; what
# the command says is shown only when it fails, or as it comes with
# TAP_THROUGH=1. tap_skip NAME WHY prints a line for one that cannot be run here.
# $number counts, $status is 1 after a failure.

# shellcheck disable=SC2034
number=0 status=0

tap_run() {
	if [ -n "${TAP_THROUGH:-}" ]; then "$@"; else tap_log=$("$@" 2>&1); fi
}

tap() { # NAME CMD...
	local name=$1 tap_log=
	shift
	number=$((number + 1))
	if tap_run "$@"; then
		echo "ok $number - $name"
		return
	fi
	status=1
	echo "not ok $number - $name"
	[ -z "$tap_log" ] || printf '%s\n' "$tap_log" | tail -n 40 | sed 's/^/# /'
}

tap_skip() { # NAME WHY
	number=$((number + 1))
	echo "ok $number - $1 # SKIP $2"
}
