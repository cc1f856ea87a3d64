#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# bench.sh PROGRAM HOSTS: makes inventories of that many hosts, each with 4 mdev
# types, 8 devices and 4 virtual functions, in three releases, and a remark in
# each token that no other host has; and says how long a matrix of them takes.
set -euo pipefail
program=$1 hosts=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

awk -v hosts="$hosts" -v dir="$work" '
function object(kind, name, token) {
	printf "%s{\"kind\": \"%s\", \"name\": \"%s\", \"token\": \"vmig1 %s x_host=%s\"}",
		first++ ? ", " : "", kind, name, token, host > file
}
BEGIN {
	for (i = 0; i < hosts; i++) {
		host = sprintf("host%05d", i)
		file = dir "/" host ".json"
		minor = i % 3
		first = 0
		printf "{\"format\": \"vfio-mig-inventory\", \"version\": 1, \"host\": \"%s\", \"objects\": [", host > file
		for (n = 0; n < 12; n++)
			object(n < 4 ? "type" : "mdev", "d" n, "type=bochs-vgpu stream=1." minor \
				" accepts=1.0-1." minor " eq_vram_mib=" 4 ^ (n % 4 + 1) " drv=v")
		for (n = 0; n < 4; n++)
			object("pci", "p" n, "type=mlx5-15b3-101e stream=1.0 accepts=1.0 eq_fw=22." i % 5)
		printf "]}\n" > file
		close(file)
	}
}'
run() { # NAME OPTIONS...
	local name=$1 start=$EPOCHREALTIME
	shift
	"$program" "$@" >"$work/out" || [ $? = 1 ]
	printf '%s of %s hosts: %s s, %s groups\n' "$name" "$hosts" \
		"$(awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f", b - a }')" \
		"$(grep -cE '^ *[0-9]+ +[0-9]+ +[0-9]+  vmig1|"id":' "$work/out")"
}
run "matrix" matrix "$work"
run "matrix from one" matrix "$work" --from host00007
run "matrix as JSON" --json matrix "$work"
