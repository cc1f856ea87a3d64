#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# check.sh [STEP...]: everything that is tested on each change. Prints the
# TAP of every step and ends with "N passed, N failed, N skipped". Steps:
# unit, image, programs, lint, then build-VER, guest-VER and qemu-VER for both
# kernels, 6.12 and 7.2, and two-hosts.
set -euo pipefail
# shellcheck source=selftests/lab/common.sh
. "$(dirname "$0")/lab/common.sh"

passed=0 failed=0 skipped=0 known=0
steps=("$@")

# One more failed test, of the harness itself.
fail() {
	echo "not ok - $1"
	failed=$((failed + 1))
}

wanted() {
	local step
	[ ${#steps[@]} -gt 0 ] || return 0
	for step in "${steps[@]}"; do
		[ "$step" != "$1" ] || return 0
	done
	return 1
}

# A step that prints TAP. Statuses above 98 are the lab's own (see run.sh).
step() { # NAME CMD...
	local name=$1 status=0 start=$SECONDS log p f s bad k
	shift
	wanted "$name" || return 0
	log=$REPO/build/check-$name.log
	echo "# === $name"
	"$@" 2>&1 | tee "$log" || status=$?
	read -r p f s bad k < <(tr -d '\r' <"$log" | awk -f "$REPO/selftests/tap.awk")
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	known=$((known + k))
	if [ "$status" -ge 99 ] || { [ "$status" -ne 0 ] && [ "$f" = 0 ]; }; then
		fail "$name: exit status $status"
	fi
	[ "$bad" = 0 ] || fail "$name: the TAP plan is missing or not fulfilled"
	echo "# === $name: $p passed, $f failed, $s skipped, $k known to fail, $((SECONDS - start)) s"
}

# A step that is one test by itself.
single() { # NAME CMD...
	local name=$1
	shift
	step "$name" one_test "$name" "$@"
}

one_test() { # NAME CMD...
	local name=$1
	shift
	echo "1..1"
	if "$@"; then echo "ok 1 - $name"; else echo "not ok 1 - $name"; fi
}

host_tools() {
	local missing=()
	command -v gcc >/dev/null || missing+=(gcc libc6-dev)
	command -v make >/dev/null || missing+=(make)
	[ ${#missing[@]} -gt 0 ] || return 0
	DEBIAN_FRONTEND=noninteractive apt-get install -y \
		--no-install-recommends "${missing[@]}" >&2
}

guest() { # KVER
	"$LAB_DIR/run.sh" --kernel "$1" --timeout 600 -- \
		/lab/selftests/lab/in-guest-check.sh
}

# Unmodified QEMU migrates running guests; a shorter set on the older kernel.
qemu() { # KVER
	local args=()
	[ "$1" = 7.2 ] || args+=(--short)
	"$REPO/selftests/qemu/run.sh" --kernel "$1" ${args[@]+"${args[@]}"}
}

kernel() { # KVER
	single "build-$1" "$LAB_DIR/build.sh" "$1"
	step "guest-$1" guest "$1"
	step "qemu-$1" qemu "$1"
}

# All that needs the lab; without an image each of its tests would fail.
lab() {
	local before=$failed kver
	single image "$LAB_DIR/image.sh"
	[ "$failed" = "$before" ] || return 0
	single programs "$LAB_DIR/programs.sh"
	step lint "$REPO/selftests/lint.sh"
	for kver in $LAB_KERNELS; do
		kernel "$kver"
	done
	step two-hosts "$REPO/selftests/qemu/two-hosts.sh"
	step versions "$REPO/selftests/qemu/versions.sh"
}

mkdir -p "$REPO/build"
host_tools
step unit make -s --no-print-directory -C "$REPO/selftests/unit" check
lab
echo "# $SECONDS s in all, $known known to fail"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
