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
if lab_module_file vfio_mig_vgpu >/dev/null; then
	lab_load vfio_mig_vgpu
else
	echo "# vfio_mig_vgpu is not built"
fi
export PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
exec python3 "$here/$1" "${@:2}"
