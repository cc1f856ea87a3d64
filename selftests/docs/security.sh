#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# security.sh: each test that the threat model names is there, and each of its
# parties has some. TAP.
# Tests are called by tap.
# shellcheck disable=SC2317
# shellcheck source=selftests/docs/common.sh
. "$(dirname "$0")/common.sh"
cd "$TOP" || exit 1

# "FILE<tab>NAME" of all that are named.
named() { grep -oE '`selftests/[^`]*: [^`]*`' SECURITY.md | tr -d '`' | sed 's/: /\t/'; }

are_there() {
	local file name
	while IFS=$'\t' read -r file name; do
		grep -qwF -- "$name" "$file" || printf '%s has no %s\n' "$file" "$name"
	done < <(named)
}

parties_have_tests() {
	awk '/^### / { party = $0; count[party] += 0 }
	/^\| .*`selftests\// { count[party]++ }
	END { for (p in count) if (!count[p] && p !~ /Outside/) print p }' SECURITY.md
}

enough() { [ "$(named | wc -l)" -ge 30 ]; }

tap "the threat model names tests" enough
tap "each is there" quiet are_there
tap "each party has one" quiet parties_have_tests
plan
