#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# check.sh: all tests of vfio-mig that need no device; see Makefile. TAP.
set -uo pipefail
cd "$(dirname "$0")" || exit 1
status=0
for part in streams objects transfer; do
	echo "# $part"
	"./$part.sh" || status=1
done
exit $status
