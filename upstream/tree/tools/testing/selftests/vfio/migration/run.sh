#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs vfio-conformance on the device whose sysfs directory VFIO_MIG_DEVICE names.
# VFIO_MIG_OPTIONS are options for it: words with blanks in between.
if [ -z "${VFIO_MIG_DEVICE:-}" ]; then
	echo "1..0 # SKIP VFIO_MIG_DEVICE names no device"
	exit 4
fi
# shellcheck disable=SC2086
exec "$(dirname "$0")/vfio-conformance.sh" ${VFIO_MIG_OPTIONS:-} "$VFIO_MIG_DEVICE"
