#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Figures as ratios, each from one run; a table on stdout, JSON lines in
# build/bench.json. In the lab they are TCG's, not silicon's.
set -euo pipefail
# shellcheck source=selftests/lab/common.sh
. "$(dirname "$0")/../lab/common.sh"

json=$REPO/build/bench.json
"$LAB_DIR/build.sh" newest
"$LAB_DIR/programs.sh"
"$REPO/selftests/qemu/guest/mkguest.sh"
{
	"$LAB_DIR/run.sh" --kernel newest -- /lab/selftests/bench/in-guest.sh
	"$LAB_DIR/run.sh" --kernel newest --timeout 600 -- \
		/lab/selftests/qemu/in-lab.sh ../bench/downtime.py
	"$LAB_DIR/run.sh" --kernel newest --hosts 2 --wire --timeout 900 -- \
		/lab/selftests/qemu/in-lab.sh ../bench/card_moves.py
	"$LAB_DIR/run.sh" --kernel newest --hosts 2 --wire --timeout 1800 -- \
		/lab/selftests/qemu/in-lab.sh ../bench/card_downtime.py
} | tr -d '\r' | tee "$json.log" | grep '^{' >"$json"
sed -E 's/.*"what": "([^"]*)", "value": ([0-9.]*), "target": "([^"]*)", "met": (.*)}/\2 (\3, met: \4)  \1/' "$json"
