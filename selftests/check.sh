#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# check.sh [STEP...]: everything that is tested on each change. Prints the
# TAP of every step and ends with "N passed, N failed, N skipped". Steps:
# unit, fuzz, image, programs, lint, then build-VER, guest-VER and qemu-VER for both
# kernels, 6.12 and 7.2, two-hosts, versions, nic, nic-6.12, mtty and ksft.
set -euo pipefail
# shellcheck source=selftests/steps.sh
. "$(dirname "$0")/steps.sh"

apt_install() {
	DEBIAN_FRONTEND=noninteractive apt-get install -y \
		--no-install-recommends "$@" >&2
}

# The run-time library is a package of its own in newer releases.
fuzzes() {
	echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' |
		clang -fsanitize=fuzzer,address -x c -o /dev/null - 2>/dev/null
}

fuzz() {
	fuzzes || apt_install clang
	fuzzes || apt_install libclang-rt-dev
	make -s --no-print-directory -C "$REPO/selftests/fuzz" check
}

host_tools() {
	local missing=()
	command -v gcc >/dev/null || missing+=(gcc libc6-dev)
	command -v make >/dev/null || missing+=(make)
	command -v spin >/dev/null || missing+=(spin)
	[ ${#missing[@]} -eq 0 ] || apt_install "${missing[@]}"
}

# Unmodified QEMU migrates running guests; a shorter set on the older kernel.
qemu() { # KVER
	local args=()
	[ "$1" = 7.2 ] || args+=(--short)
	"$REPO/selftests/qemu/run.sh" --kernel "$1" ${args[@]+"${args[@]}"}
}

kernel() { # KVER
	single "build-$1" "$LAB_DIR/build.sh" "$1"
	step "guest-$1" guest "$1" 1800
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
	step nic "$REPO/selftests/qemu/nic.sh"
	step nic-6.12 "$REPO/selftests/qemu/nic.sh" --kernel 6.12 --short \
		--only 'idle|ten'
	# The kernel's own sample, on a kernel that shows what is wrong with it.
	step mtty "$REPO/selftests/conformance/mtty.sh"
	step ksft "$REPO/selftests/ksft/run.sh"
}

mkdir -p "$REPO/build"
host_tools
step unit make -s --no-print-directory -C "$REPO/selftests/unit" check
step fuzz fuzz
lab
finish
