#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# deep.sh [KIND..]: the tests of the fast tier on the deep kinds of kernel, memory
# (KASAN, UBSAN, kmemleak, fault injection) and locks (lockdep); then the part of
# core and vGPU that they have reached, by lines and branches. TAP. Needs no root.
set -euo pipefail
# shellcheck source=selftests/fast/common.sh
. "$(dirname "$0")/common.sh"

[ $# -gt 0 ] || set -- memory locks
status=0
for kind; do
	"$FAST_DIR/run.sh" "$kind" || status=1
done
[ ! -d "$FAST_BUILD/memory/run" ] || [[ " $* " != *" memory "* ]] ||
	"$FAST_DIR/coverage.py" "$FAST_BUILD"/memory/run/*/ || status=1
exit $status
