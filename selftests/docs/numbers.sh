#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# numbers.sh: no text names a kernel by its number but where numbers.allow says so,
# and no line of that is for nothing. TAP.
# Tests are called by tap.
# shellcheck disable=SC2317
# shellcheck source=selftests/docs/common.sh
. "$(dirname "$0")/common.sh"
cd "$TOP" || exit 1

allowed() { sed '/^#/d' "$HERE/numbers.allow"; }

# "FILE:LINE:TEXT" of all that looks like one of Linux 5.10 to 7.99.
numbers() {
	git grep -nIE '(^|[^0-9.%])(5\.1[0-9]|6\.[0-9]{1,2}|7\.[0-9]{1,2})(\.[0-9]+)?([^0-9.%]|\.?$|\.[^0-9])' -- \
		README.md CONTRIBUTING.md NEWS SECURITY.md Documentation userspace selftests \
		drivers include Kbuild Makefile dkms.conf .ci \
		':!selftests/docs' ':!selftests/fuzz/corpus' ':!selftests/unit/vectors'
}

stray() {
	local file rest
	while IFS=: read -r file _ rest; do
		printf '%s %s\n' "$file" "$rest"
	done < <(numbers) | grep -vxEf <(allowed)
}

none_stray() {
	stray >"$WORK/stray"
	[ ! -s "$WORK/stray" ] || { cat "$WORK/stray"; return 1; }
}

all_needed() {
	local line needed=0
	numbers | sed -E 's/^([^:]*):[0-9]+:/\1 /' >"$WORK/all"
	while read -r line; do
		grep -qxE -- "$line" "$WORK/all" || { echo "for nothing: $line"; needed=1; }
	done < <(allowed)
	return "$needed"
}

tap "no kernel is named by its number" none_stray
tap "all that numbers.allow allows is there" all_needed
plan
