#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# check-deep.sh [STEP...]: on a kernel that forgives nothing, what check.sh runs
# in a machine and what only makes sense there: injected faults, races, kills
# and QEMU's enable-migration=auto; and on the newest what is fuzzed in numbers, and a
# card tracked for ten minutes. Ends like check.sh. Steps: image, programs,
# build-deep, guest-deep, deep-programs, mtty, ksft, auto, build-newest, many, tracked,
# strict; and of the fast tier and of the archive all: fast-deep, mutants, headers,
# deb-older; and upstream-builds, each patch of "make upstream" built.
# Building the kernel takes twenty minutes, once; KILLS says how many processes are
# killed by each way to a device, FUZZ_STREAMS and FUZZ_IOCTLS how much is fuzzed,
# MIXED_SECONDS how long the card is tracked, STRICT_SECONDS how long its driver runs
# against the strict model, from a seed that no night has had before.
set -euo pipefail
# shellcheck source=selftests/steps.sh
. "$(dirname "$0")/steps.sh"

# VFIO warns, and loses an IOMMU group, when it cannot add a group's device. The
# line before a warning says nothing; run.sh of the programs judges leaks.
splats='WARNING: drivers/vfio/group.c:[0-9]+ at vfio_group_release|cut here|kmemleak: [0-9]+ new suspected'

deep_programs() {
	"$LAB_DIR/run.sh" --kernel deep --timeout 5400 --allow-splat "$splats" \
		--env "KILLS=${KILLS:-500}" -- /lab/selftests/deep/run.sh
}

# In numbers, on a kernel that is fast enough for them.
many() {
	"$LAB_DIR/run.sh" --kernel newest --timeout 5400 \
		--env "FUZZ_STREAMS=${FUZZ_STREAMS:-100000}" \
		--env "FUZZ_IOCTLS=${FUZZ_IOCTLS:-1000000}" -- \
		/lab/selftests/fuzz/lab/in-guest.sh bits
}

# In seconds, under load: Documentation/dirty-tracking.rst, "Shown".
tracked() {
	local seconds=${MIXED_SECONDS:-600}
	"$LAB_DIR/run.sh" --kernel newest --timeout $((seconds + 900)) \
		--env "MIXED_SECONDS=$seconds" -- \
		/lab/selftests/e1000e/run.sh --mixed
}

mkdir -p "$REPO/build"
lab_roles
single image "$LAB_DIR/image.sh"
single programs "$LAB_DIR/programs.sh"
single build-deep "$LAB_DIR/build.sh" deep
step guest-deep guest deep 9000
step deep-programs deep_programs
# The kernel's own sample, on a kernel that shows what is wrong with it.
step mtty "$REPO/selftests/conformance/mtty.sh"
step ksft "$REPO/selftests/ksft/run.sh"
step auto "$REPO/selftests/qemu/auto.sh"
single build-newest "$LAB_DIR/build.sh" newest
step many many
step tracked tracked
step strict make -s --no-print-directory -C "$REPO/selftests/strict" check \
	STRICT_SECONDS="${STRICT_SECONDS:-1200}" STRICT_SEED="$(date +%s)"
step fast-deep "$REPO/selftests/fast/deep.sh"
step deb-older "$LAB_DIR/deb.sh" older
step upstream-builds "$REPO/selftests/upstream/run.sh" --build
step mutants "$REPO/selftests/fast/mutants.sh"
step headers "$LAB_DIR/headers.sh" --all
finish
