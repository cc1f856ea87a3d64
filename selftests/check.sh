#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# check.sh [STEP...]: everything that is tested on each change. Prints the
# TAP of every step and ends with "N passed, N failed, N skipped". Steps:
# unit, lab-self, fast, fast-self, suite-builds, mutants, fuzz and strict need no machine;
# then image, programs, lint, headers, dkms, deb, upstream, host, for both kernels, stable
# and newest, build-KERNEL, guest-KERNEL and qemu-KERNEL, build-previous, two-hosts,
# libvirt, bochs, versions,
# nic, nic-stable and nova. What takes longer is in check-deep.sh.
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
	local dir status=0
	fuzzes || apt_install clang
	fuzzes || apt_install libclang-rt-dev
	for dir in fuzz cli; do
		make -s --no-print-directory -C "$REPO/selftests/$dir" fuzz || status=1
	done
	return $status
}

# shellcheck source=selftests/fast/common.sh
host_tools() {
	local missing
	mapfile -t missing < <(. "$REPO/selftests/fast/common.sh" &&
		fast_missing "$REPO/selftests/packages" "$FAST_DIR/packages")
	[ ${#missing[@]} -eq 0 ] || apt_install "${missing[@]}"
}

# The modules on a kernel that is a program; some of the faults that it has to find.
fast() {
	step fast "$REPO/selftests/fast/run.sh"
	step fast-self "$REPO/selftests/fast/self.sh"
	step suite-builds "$REPO/selftests/fast/suite-builds.sh"
	step mutants "$REPO/selftests/fast/mutants.sh" --sample 20
}

# What needs no lab machine: the code that kernel and user space share, the
# library and the command.
unit() {
	local dir status=0
	for dir in unit lib cli cli-host docs; do
		make -s --no-print-directory -C "$REPO/selftests/$dir" check || status=1
	done
	return $status
}

# Unmodified QEMU migrates running guests; a shorter set on the older kernel.
qemu() { # KVER
	local args=()
	[ "$1" = newest ] || args+=(--short)
	"$REPO/selftests/qemu/run.sh" --kernel "$1" ${args[@]+"${args[@]}"}
}

kernel() { # KVER
	single "build-$1" "$LAB_DIR/build.sh" "$1"
	# What follows from the core's code alone has been tried by the fast tier.
	step "guest-$1" guest "$1" 1800 --brief
	step "qemu-$1" qemu "$1"
}

# All that needs the lab; without an image each of its tests would fail.
lab() {
	local before=$failed kver
	lab_roles
	sed 's/^/# /' "$LAB_RESOLVED"
	single image "$LAB_DIR/image.sh"
	[ "$failed" = "$before" ] || return 0
	single programs "$LAB_DIR/programs.sh"
	step lint "$REPO/selftests/lint.sh"
	step headers "$LAB_DIR/headers.sh"
	step dkms "$LAB_DIR/dkms.sh"
	step deb "$LAB_DIR/deb.sh"
	step upstream "$REPO/selftests/upstream/run.sh"
	step host "$LAB_DIR/host.sh"
	for kver in $LAB_KERNELS; do
		kernel "$kver"
	done
	[ -z "$(lab_role previous)" ] || single build-previous "$LAB_DIR/build.sh" previous
	step two-hosts "$REPO/selftests/qemu/two-hosts.sh"
	step libvirt "$REPO/selftests/qemu/libvirt.sh"
	step bochs "$REPO/selftests/qemu/bochs.sh"
	step versions "$REPO/selftests/qemu/versions.sh"
	step nic "$REPO/selftests/qemu/nic.sh"
	step nic-stable "$REPO/selftests/qemu/nic.sh" --kernel stable --short \
		--only 'idle|ten'
	step nova "$REPO/selftests/cli-host/nova.sh"
}

mkdir -p "$REPO/build"
host_tools
step unit unit
step lab-self "$LAB_DIR/self.sh"
fast
step fuzz fuzz
step strict make -s --no-print-directory -C "$REPO/selftests/strict" check
lab
finish
