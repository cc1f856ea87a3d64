#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# in-lab.sh SCRIPT ARGS...: inside a lab machine, loads the modules and runs
# one of the Python scripts beside it.
set -euo pipefail
# The second host may have other modules.
[ "${LAB_HOST:-1}" = 1 ] || [ ! -d /lab/modules-old ] ||
	export LAB_MODULES=/lab/modules-old
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/lab/load.sh
. "$here/../lab/load.sh"

# Without hardware support QEMU falls back to emulation: slow, but it works.
lab_load_kvm || echo "# no kvm"
lab_load mdev
lab_load vfio_iommu_type1
lab_load vfio_pci
while read -r _ name _; do
	if lab_module_file "$name" >/dev/null; then
		lab_load "$name" </dev/null
	else
		echo "# $name is not built"
	fi
done </lab/modules.list
export PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
exec python3 "$here/$1" "${@:2}"
