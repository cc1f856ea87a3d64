#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# mkguest.sh: puts the guest's kernel and initramfs where the lab finds them,
# build/programs/guest-kernel and build/programs/guest-initramfs.
set -euo pipefail
# shellcheck source=selftests/lab/common.sh
. "$(dirname "$0")/../../lab/common.sh"

kernel=$("$LAB_DIR/kernel.sh" guest)/bzImage
LAB_PROGRAM_DIRS=selftests/qemu "$LAB_DIR/programs.sh"
# Under another name first: a lab run may be copying the directory.
cp "$kernel" "$REPO/build/programs/.guest-kernel.$$"
mv "$REPO/build/programs/.guest-kernel.$$" "$REPO/build/programs/guest-kernel"
