#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kill -9 while a program migrates, at many moments; then the device opens
# and is RUNNING.
set -uo pipefail

rounds=${1:-20}
for ((i = 0; i < rounds; i++)); do
	/lab/programs/data >/dev/null 2>&1 &
	# The moment of death differs with the work done before it.
	for ((n = 0; n < i * 200; n++)); do :; done
	kill -9 $! 2>/dev/null
	wait $! 2>/dev/null
done
pkill -9 -x data
timeout 30 sh -c 'while pgrep -x data >/dev/null; do :; done'
echo "1..1"
if /lab/programs/states -t opens_running >/dev/null; then
	echo "ok 1 - device is RUNNING after $rounds kills"
else
	echo "not ok 1 - device is RUNNING after $rounds kills"
	exit 1
fi
