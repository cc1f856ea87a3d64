#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# citations.sh [VFIO_H]: every sentence that a test cites stands in linux/vfio.h.
# Prints those that do not.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
header=${1:-/usr/include/linux/vfio.h}

# Words only: no comment stars, tabs or line ends.
words() { sed 's/^[[:space:]]*\/\{0,1\}\*\{1,2\}\/\{0,1\}//' "$1" | tr -s '[:space:]' ' '; }

text=$(words "$header")
status=0
while IFS= read -r sentence; do
	[[ $text == *"$sentence"* ]] && continue
	printf 'not in linux/vfio.h: %s\n' "$sentence"
	status=1
done < <(sed -n -E 's/.*(CITES\(|define [A-Z]+ )"(.*)"\)?;?$/\2/p' "$here"/*.c "$here"/../vgpu/*.c)
exit $status
