#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# doorbell.sh: the model of the doorbells' hand-over, in spin where it is
# installed: it holds, and each of its faults is found. TAP.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
faults=(BREAK_ZAP BREAK_FILL BREAK_DRAIN BREAK_RECORD BREAK_REFRESH)

if ! command -v spin >/dev/null; then
	echo "1..0 # SKIP spin is not installed"
	exit 0
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

# True when spin finds no error; what it says is in $dir/out.
verify() { # SPIN_ARGS...
	rm -f pan* -- *.trail
	if ! { spin "$@" -a "$here/doorbell.pml" &&
		${CC:-cc} -O2 -w -DSAFETY -DCOLLAPSE -o pan pan.c &&
		timeout 300 ./pan -m1000000; } >out 2>&1; then
		sed 's/^/# /' out
		exit 1
	fi
	grep -q 'errors: 0' out && ! grep -q 'max search depth' out
}

echo "1..$((1 + ${#faults[@]}))"
number=1 status=0
if verify; then
	echo "ok 1 - no doorbell is lost, and none arrives before it is recorded"
else
	echo "not ok 1 - no doorbell is lost, and none arrives before it is recorded"
	sed 's/^/# /' out
	status=1
fi
for fault in "${faults[@]}"; do
	number=$((number + 1))
	if verify "-D$fault"; then
		echo "not ok $number - $fault is found"
		status=1
	else
		echo "ok $number - $fault is found"
	fi
done
exit $status
