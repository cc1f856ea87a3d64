#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# test_walkthrough.sh: each block of code that Documentation/writing-a-driver.rst
# shows of a driver ("``FILE``::") is in that file. TAP.
# Tests are called by tap.
# shellcheck disable=SC2317
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=selftests/tap.sh
. selftests/tap.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Writes each block to a file of its own; the first line names its source.
split() {
	awk -v dir="$work" '
	/^``drivers\/.*``::$/ {
		out = sprintf("%s/%02d", dir, ++n)
		gsub(/[`:]/, "")
		print >out
		began = blank = 0
		next
	}
	out && /^  / { while (blank) { print "" >out; blank-- } print substr($0, 3) >out; began = 1; next }
	out && /^$/ { blank += began; next }
	{ out = ""; began = blank = 0 }' Documentation/writing-a-driver.rst
}

is_in_source() { # BLOCK
	local source
	source=$(expand "$(head -n 1 "$1")")
	[[ $source == *"$(tail -n +2 "$1")"* ]]
}

split
tap "there are blocks" compgen -G "$work/*"
for block in "$work"/*; do
	tap "$(head -n 1 "$block"): $(sed -n 2p "$block")" is_in_source "$block"
done
echo "1..$number"
exit "$status"
