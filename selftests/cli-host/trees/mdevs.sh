# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# A host with mdev types on a PCI device, and on one that libvirt does not know.
# shellcheck source=selftests/cli-host/trees/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

old="vmig1 type=bochs-vgpu stream=1.0 accepts=1.0 eq_vram_mib=16 drv=x"
new="vmig1 type=bochs-vgpu stream=1.1 accepts=1.0-1.1 emits=1.0-1.1 eq_vram_mib=16 drv=x x_platform=2026.2"

host beta 7.2.0-test
options VFIO VFIO_GROUP VFIO_IOMMU_TYPE1 VFIO_PCI_CORE VFIO_MDEV
module vfio
module vfio_iommu_type1
module vfio_mig 0.1
pci 0000:84:00.0 1234 1111
type 0000:84:00.0 vgpu-16 3 "$new"
type vfio_mig_vgpu vgpu-16 2 "$old"
mdev 22222222-0000-4000-8000-00000000000a 0000:84:00.0 vgpu-16 "$new"
mdev 22222222-0000-4000-8000-00000000000b vfio_mig_vgpu vgpu-16 "$old"
