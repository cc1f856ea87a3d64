#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# programs.sh: builds the test programs with the tree's compiler, for the
# tree's C library, into build/programs. Also the library and the command,
# where they are there.
set -euo pipefail
# shellcheck source=selftests/lab/common.sh
. "$(dirname "$0")/common.sh"

"$LAB_DIR/image.sh"
lab_roles
source=$("$LAB_DIR/linux-source.sh" deep)
mkdir -p "$REPO/build/programs"
exec 9>"$REPO/build/programs.lock"
flock -w 900 9 || lab_die "another build of the programs does not end"
drivers=$("$REPO/drivers/list.sh" lines | awk '{ print "selftests/" $1 }')
# shellcheck disable=SC2086
for dir in ${LAB_PROGRAM_DIRS:-selftests/conformance $drivers selftests/compat selftests/deep \
		selftests/qemu \
		selftests/bench selftests/fuzz/lab userspace/examples \
		selftests/lib/lab userspace/cli selftests/cli/lab}; do
	[ -f "$REPO/$dir/Makefile" ] || continue
	lab_chroot make -s -j"$(nproc)" -C "/src/$dir" \
		OUT=/src/build/programs \
		KSFT="/cache/${source##*/}/tools/testing/selftests" || lab_die "$dir does not build"
done
# The kernel's own reader of netlink specifications.
rsync -a "$source/tools/net/ynl/pyynl" "$REPO/build/programs/"
