#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# demo.sh [--kernel VER] [--hosts 1|2] [demo.py's options]: live-migrates a
# guest with a virtual GPU between two lab machines, shows how it goes, and
# leaves a picture of before and one of after in build/demo/.
set -euo pipefail
dir=$(cd "$(dirname "$0")" && pwd)
top=$dir/../..

args=() kernel=newest hosts=2
while [ $# -gt 0 ]; do
	case $1 in
	--kernel) kernel=$2; shift ;;
	--hosts) hosts=$2; shift ;;
	*) args+=("$1") ;;
	esac
	shift
done

"$dir/guest/mkguest.sh"
"$dir/../lab/build.sh" "$kernel"
"$dir/../lab/run.sh" --kernel "$kernel" --hosts "$hosts" --timeout 400 \
	--out "$top/build/demo" -- \
	/lab/selftests/qemu/in-lab.sh demo.py ${args[@]+"${args[@]}"}
echo "pictures: build/demo/source-before.png build/demo/target-after.png"
