#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# accel.sh: prints "kvm" if a lab machine boots with it, else "tcg". Asked
# once per boot of this computer: a /dev/kvm that is there need not work.
set -euo pipefail
# shellcheck source=selftests/lab/common.sh
. "$(dirname "$0")/common.sh"

probe() {
	[ -c /dev/kvm ] || return 1
	LAB_DISCARD=1 "$LAB_DIR/run.sh" --accel kvm --timeout 20 --mem 512 -- true >&2
}

answer=$CACHE/accel-$(cat /proc/sys/kernel/random/boot_id)
exec 9>"$CACHE/accel.lock"
flock -w 60 9 || :
if [ ! -s "$answer" ]; then
	rm -f "$CACHE"/accel-*
	if probe 2>/dev/null; then
		echo kvm >"$answer"
	else
		echo tcg >"$answer"
	fi
fi
cat "$answer"
