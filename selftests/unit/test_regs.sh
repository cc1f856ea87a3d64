#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The documentation of the 82574L has the table of registers that the driver has,
# and no register stands in it twice.
set -uo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
status=0

echo "1..2"
if "$top/drivers/e1000e/regs-doc.sh" --check | sed 's/^/# /'; then
	echo "ok 1 - Documentation/e1000e.rst has the table of regs.h"
else
	echo "not ok 1 - Documentation/e1000e.rst: run drivers/e1000e/regs-doc.sh"
	status=1
fi
twice=$(grep -o '\b[RSP]([A-Z0-9_]*,' "$top/drivers/e1000e/regs.h" | sort | uniq -d)
if [ -z "$twice" ]; then
	echo "ok 2 - no register is in the table twice"
else
	echo "not ok 2 - in the table twice: $twice"
	status=1
fi
exit $status
