#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# check-deep.sh [STEP...]: on a kernel that forgives nothing, what check.sh runs
# in a machine and what only makes sense there: injected faults, races, kills
# and QEMU's enable-migration=auto. Ends like check.sh. Steps: image, programs,
# build-deep, guest-deep, deep-programs, auto. Building the kernel takes twenty minutes,
# once; KILLS says how many processes are killed.
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

mkdir -p "$REPO/build"
single image "$LAB_DIR/image.sh"
single programs "$LAB_DIR/programs.sh"
single build-deep "$LAB_DIR/build.sh" deep
step guest-deep guest deep 3600
step deep-programs deep_programs
step auto "$REPO/selftests/qemu/auto.sh"
finish
