#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# suite-builds.sh: the suite, copied out of the project, builds on this host with
# gcc and clang, against a kernel's source that nothing was built in. TAP.
# Tests are called by tap.
# shellcheck disable=SC2317
set -uo pipefail
# shellcheck source=selftests/fast/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=selftests/tap.sh
. "$REPO/selftests/tap.sh"

source=$(fast_source) || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$REPO/selftests/conformance" "$work/"
rm -rf "$work/conformance/build"

builds() { # CC
	make -s -j"$(nproc)" -C "$work/conformance" CC="$1" OUT="$work/$1" \
		KSFT="$source/tools/testing/selftests" &&
		"$work/conformance/vfio-conformance" --programs "$work/$1" --list none |
		grep '^states: opens running$'
}

# Names of ours in what any driver is tested with.
knows_us() { grep -n -E 'debugfs|vfio_mig|vmig' "$work"/conformance/*.[ch]; }

for cc in gcc clang; do
	if command -v "$cc" >/dev/null; then
		tap "the suite builds with $cc" builds "$cc"
	else
		tap_skip "the suite builds with $cc" "there is no $cc"
	fi
done
tap "the suite names nothing of the project" eval '! knows_us'
echo "1..$number"
exit "$status"
