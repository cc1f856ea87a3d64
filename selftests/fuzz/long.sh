#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# long.sh OUT SECONDS: goes on for so long with each target, from what earlier
# runs have found, and reports executions and lines that were reached.
set -euo pipefail
cd "$(dirname "$0")"
# Debian names them with the version, and the shorter name is another package.
tool() {
	command -v "$1" || compgen -c "$1-" | sort -V | tail -n 1
}
profdata=$(tool llvm-profdata) cov=$(tool llvm-cov)
if [ -z "$profdata" ] || [ -z "$cov" ]; then
	echo "needs the package llvm" >&2
	exit 1
fi
out=$(readlink -f "$1") seconds=$2

for target in stream token; do
	mkdir -p "$out/$target.found"
	LLVM_PROFILE_FILE=$out/$target.profraw "$out/$target-coverage" \
		-max_total_time="$seconds" -max_len=8192 -timeout=10 \
		-dict="$target.dict" -artifact_prefix="$out/$target-" \
		-print_final_stats=1 "$out/$target.found" "corpus/$target" \
		2>&1 | grep -E 'stat::|ERROR|DONE' || true
	"$profdata" merge -o "$out/$target.profdata" "$out/$target.profraw"
	"$cov" report "$out/$target-coverage" \
		-instr-profile="$out/$target.profdata" ../../drivers/vfio-mig/shared
done
