#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# check.sh OUT RUNS: the corpus, then RUNS inputs from a fixed seed, for each
# target. TAP; what made one fail is kept in OUT.
set -uo pipefail
cd "$(dirname "$0")" || exit 1
out=$1 runs=$2 number=0 status=0

for target in stream token; do
	rm -rf "$out/$target.new"
	mkdir -p "$out/$target.new"
	log=$("$out/$target" -seed=1 -runs="$runs" -max_len=8192 -timeout=10 \
		-dict="$target.dict" -artifact_prefix="$out/$target-" \
		-verbosity=1 "$out/$target.new" "corpus/$target" 2>&1)
	code=$?
	number=$((number + 1))
	grep -E '^#[0-9]+.(INITED|DONE)' <<<"$log" | sed 's/^#/# /'
	if [ $code = 0 ]; then
		echo "ok $number - $runs inputs for $target"
	else
		echo "not ok $number - $runs inputs for $target"
		tail -n 30 <<<"$log" | sed 's/^/# /'
		status=1
	fi
done
echo "1..$number"
exit $status
