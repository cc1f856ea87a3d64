#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# fuzz.sh OUT RUNS: vfio-mig inspect and convert on RUNS inputs from a fixed
# seed, that begin with what the fuzzers of the parser keep and with streams of
# a virtual GPU and a network card. TAP; what made it fail is kept in OUT.
set -uo pipefail
cd "$(dirname "$0")" || exit 1
out=$1 runs=$2
seeds=$out/fuzz-seeds
rm -rf "$seeds" "$out/fuzz-new"
mkdir -p "$seeds" "$out/fuzz-new"
"$out/mkstream" "$seeds/new" 1 token run=0:4096 zero=8192:4096 disp eng lost=ABCD
"$out/mkstream" "$seeds/old" 0 token zero=0:4096 disp optional=ABCD vendor=DISP
"$out/mkstream" "$seeds/short" 1 token disp
"$out/mkstream" "$seeds/card" 0 'token=vmig1 type=intel-82574l stream=1.0 accepts=1.0' \
	'fill=NVM :128:1' fill=TABL:1320:2 fill=REGS:368:3 'fill=PHY :38:4' fill=STAT:504:5 \
	fill=CONF:27:6 fill=TXCX:82:2
echo "1..1"
if log=$("$out/fuzz-inspect" -seed=1 -runs="$runs" -max_len=8192 -timeout=10 \
	-dict=../fuzz/stream.dict -artifact_prefix="$out/inspect-" \
	"$out/fuzz-new" "$seeds" ../fuzz/corpus/stream 2>&1); then
	grep -E '^#[0-9]+.(INITED|DONE)' <<<"$log" | sed 's/^#/# /'
	echo "ok 1 - $runs inputs for inspect and convert"
else
	echo "not ok 1 - $runs inputs for inspect and convert"
	tail -n 40 <<<"$log" | sed 's/^/# /'
	exit 1
fi
