# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For the tests beside it, which print TAP: where the project is, and plan.
set -uo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck disable=SC2034
TOP=$(cd "$HERE/../.." && pwd)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
# shellcheck source=selftests/tap.sh
. "$HERE/../tap.sh"

# shellcheck disable=SC2154
plan() {
	echo "1..$number"
	exit "$status"
}

# Succeeds if a command prints nothing; shows what it prints.
quiet() { # CMD...
	local out
	out=$("$@" 2>&1)
	[ -z "$out" ] || { printf '%s\n' "$out"; return 1; }
}
