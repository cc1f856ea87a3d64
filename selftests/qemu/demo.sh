#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# demo.sh [--kernel VER] [--hosts 1|2] [demo.py's options]: live-migrates a
# guest with a virtual GPU between two lab machines, shows how it goes, and
# leaves a picture of before and one of after in build/demo/. Without --kernel
# the newest is taken; if that does not build, boot or pass, demo.sh says which of
# them and shows the release's own kernel.
set -euo pipefail
dir=$(cd "$(dirname "$0")" && pwd)
top=$dir/../..

args=() kernel='' hosts=2
while [ $# -gt 0 ]; do
	case $1 in
	--kernel) kernel=$2; shift ;;
	--hosts) hosts=$2; shift ;;
	*) args+=("$1") ;;
	esac
	shift
done

demo_on() { # KERNEL
	"$dir/../lab/build.sh" "$1" || return 10
	"$dir/../lab/run.sh" --kernel "$1" --hosts "$hosts" --timeout 400 \
		--out "$top/build/demo" -- \
		/lab/selftests/qemu/in-lab.sh demo.py ${args[@]+"${args[@]}"}
}

# How far a demo came, by its status.
trouble() { # STATUS
	case $1 in
	10) echo "the modules do not build for it" ;;
	125) echo "a machine does not boot with it" ;;
	124) echo "the demo does not end on it" ;;
	99) echo "it reports a fault in its log" ;;
	*) echo "the demo fails on it" ;;
	esac
}

"$dir/guest/mkguest.sh"
status=0
demo_on "${kernel:-newest}" || status=$?
if [ $status -ne 0 ] && [ -z "$kernel" ]; then
	echo "demo.sh: newest, the newest kernel of the archive: $(trouble $status)." \
		"The demo goes on with stable, the release's own." >&2
	status=0
	demo_on stable || status=$?
fi
[ $status -eq 0 ] || exit $status
echo "pictures: build/demo/source-before.png build/demo/target-after.png"
