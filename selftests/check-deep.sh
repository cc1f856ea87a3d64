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

deep_programs() {
	"$LAB_DIR/run.sh" --kernel deep --timeout 5400 \
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
