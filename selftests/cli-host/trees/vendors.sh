# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# A host with one function of each driver of the kernel that migrates and has
# no token, and nothing to complain of but that.
# shellcheck source=selftests/cli-host/trees/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

all=(VFIO VFIO_GROUP VFIO_IOMMU_TYPE1 VFIO_PCI VFIO_PCI_CORE VFIO_MDEV IOMMUFD
	VFIO_DEVICE_CDEV IOMMUFD_DRIVER)

# A function and its driver, with module and alias of the same name.
variant() { # ADDRESS VENDOR DEVICE DRIVER [MODULE]
	local name=${5:-$4}
	driver "$4" "$name"
	pci "$1" "$2" "$3" "$4"
	vfio "$1" "$((10#${1:5:2}))"
	config "$1" 256 0x40:01 0x50:11
	alias_of "v0000${2^^}d0000${3^^}sv*sd*bc*sc*i*" "$name"
}

host alpha 7.2.0-test
options "${all[@]}"
module vfio
module vfio_iommu_type1
alias_of "v*d*sv*sd*bc*sc*i*" vfio_pci

driver mlx5_core mlx5_core
pci 0000:65:00.0 15b3 101d mlx5_core
variant 0000:65:00.2 15b3 101e mlx5_vfio_pci
vf 0000:65:00.2 0000:65:00.0

variant 0000:75:00.1 19e5 a256 hisi_acc_vfio_pci

driver pds_core pds_core
pci 0000:85:00.0 1dd8 100c pds_core
variant 0000:85:00.1 1dd8 1003 pds_vfio_pci
vf 0000:85:00.1 0000:85:00.0

driver 4xxx qat_4xxx
pci 0000:95:00.0 8086 4940 4xxx
file $devices/0000:95:00.0/qat/cfg_services "sym;asym"
variant 0000:95:00.1 8086 4941 qat_vfio_pci
vf 0000:95:00.1 0000:95:00.0

variant 0000:05:00.1 1af4 1041 virtio_vfio_pci
variant 0000:06:00.1 8086 e223 xe-vfio-pci xe_vfio_pci

cat >"$ROOT/devlink.json" <<'END'
{"info": {
  "pci/0000:65:00.0": {"driver": "mlx5_core", "versions": {
    "fixed": {"fw.psid": "MT_0000000359"},
    "running": {"fw.version": "22.41.1000", "fw": "22.41.1000"},
    "stored": {"fw.version": "22.43.1014"}}},
  "pci/0000:85:00.0": {"driver": "pds_core", "serial_number": "FPN20270001",
    "versions": {"running": {"fw": "1.90.0 a"}}}}}
END
