# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Hosts as operators have described them, each made by its own function:
# SITUATION=NAME. Numbers and names are made up.
# shellcheck source=selftests/cli-host/trees/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

all=(VFIO VFIO_GROUP VFIO_IOMMU_TYPE1 VFIO_PCI VFIO_PCI_CORE VFIO_MDEV IOMMUFD
	VFIO_DEVICE_CDEV IOMMUFD_DRIVER)

# A host with nothing to complain of.
healthy() { # NAME RELEASE [OPTION...]
	host "$1" "$2"
	options "${all[@]}" "${@:3}"
	module vfio
	module vfio_iommu_type1
	touch "$ROOT/usr/sbin/mdevctl"
	mkdir -p "$ROOT/sys/class/iommu/dmar0"
	alias_of "v*d*sv*sd*bc*sc*i*" vfio_pci
	driver vfio-pci vfio_pci
}

grouped() { # ADDRESS GROUP
	link "$devices/$1/iommu_group" "sys/kernel/iommu_groups/$2"
	link "sys/kernel/iommu_groups/$2/devices/$1" "$devices/$1"
}

# A card of two virtual functions on the host's own driver.
mellanox() { # PF
	driver mlx5_core mlx5_core
	pci "$1.0" 15b3 1021 mlx5_core
	for f in 2 3; do
		pci "$1.$f" 15b3 101e mlx5_core
		vf "$1.$f" "$1.0"
		grouped "$1.$f" "3$f"
	done
}

mlx5_alias() { alias_of "v000015B3d0000101Esv*sd*bc*sc*i*" mlx5_vfio_pci; }

devlink() { # PSID RUNNING STORED [MIGRATABLE]
	cat >"$ROOT/devlink.json" <<END
{"info": {"pci/0000:41:00.0": {"driver": "mlx5_core", "versions": {
	"fixed": {"fw.psid": "$1"}, "running": {"fw.version": "$2"},
	"stored": {"fw.version": "$3"}}}},
"port": {
	"pci/0000:41:00.0/1": {"flavour": "pcivf", "pfnum": 0, "vfnum": 0,
		"function": {"migratable": "${4:-enable}"}},
	"pci/0000:41:00.0/2": {"flavour": "pcivf", "pfnum": 0, "vfnum": 1,
		"function": {"migratable": "enable"}}}}
END
}

on_mlx5() { # ADDRESS...
	driver mlx5_vfio_pci mlx5_vfio_pci
	for a; do
		link "$devices/$a/driver" sys/bus/pci/drivers/mlx5_vfio_pci
		mkdir -p "$ROOT/$devices/$a/vfio-dev/vfio0"
	done
}

unbound() {
	healthy unbound 6.8.0 MLX5_VFIO_PCI
	mellanox 0000:41:00
	mlx5_alias
}

# The physical function has no virtual ones yet.
no_vfs() {
	healthy novfs 6.8.0 MLX5_VFIO_PCI
	driver mlx5_core mlx5_core
	pci 0000:41:00.0 15b3 1021 mlx5_core
	file $devices/0000:41:00.0/sriov_totalvfs 8
	file $devices/0000:41:00.0/sriov_numvfs 0
	mlx5_alias
}

# What this host has, nobody migrates.
nothing() {
	healthy nothing 6.8.0
	driver nvme nvme
	pci 0000:01:00.0 144d a80a nvme
	driver ahci ahci
	pci 0000:02:00.0 8086 a352 ahci
}

shared_group() {
	healthy shared 6.16.0 MLX5_VFIO_PCI
	mellanox 0000:41:00
	mlx5_alias
	grouped 0000:41:00.0 11
	grouped 0000:41:00.2 11
	grouped 0000:41:00.3 11
	on_mlx5 0000:41:00.2
	devlink MT_0000000111 28.1.0 28.1.0
}

no_option() {
	healthy nooption 6.8.0
	mellanox 0000:41:00
	for f in 2 3; do
		link $devices/0000:41:00.$f/driver sys/bus/pci/drivers/vfio-pci
		mkdir -p "$ROOT/$devices/0000:41:00.$f/vfio-dev/vfio$f"
	done
}

# The option is there, the module is in a package that is not installed.
no_module() {
	no_option
	options "${all[@]}" MLX5_VFIO_PCI
}

# VERSION RELEASE
nvidia_vf() {
	healthy "nvidia-$1" "$2"
	module nvidia "$1"
	module nvidia_vgpu_vfio "$1"
	driver nvidia nvidia
	pci 0000:51:00.0 10de 26b9 nvidia
	for f in 4 5 6; do
		pci 0000:51:00.$f 10de 26b9 nvidia
		file "$devices/0000:51:00.$f/class" 0x030200
		vf 0000:51:00.$f 0000:51:00.0
		grouped 0000:51:00.$f "10$f"
		file "$devices/0000:51:00.$f/nvidia/current_vgpu_type" 0
		file "$devices/0000:51:00.$f/nvidia/creatable_vgpu_types" \
			"ID    : vGPU Name
700 : NVIDIA X-8Q
701 : NVIDIA X-16Q"
	done
	file $devices/0000:51:00.4/nvidia/current_vgpu_type 700
	file $devices/0000:51:00.4/nvidia/creatable_vgpu_types ""
	mkdir -p "$ROOT/$devices/0000:51:00.4/vfio-dev/vfio0"
}

# VERSION RELEASE
nvidia_mdev() {
	local type uuid=33333333-0000-4000-8000-000000000001
	healthy "nvmdev-$1" "$2"
	module nvidia "$1"
	module nvidia_vgpu_vfio "$1"
	driver nvidia nvidia
	pci 0000:61:00.0 10de 1eb8 nvidia
	for type in 300:GRID_X-1B 301:GRID_X-2Q; do
		type 0000:61:00.0 "nvidia-${type%:*}" 8 x
		file "$devices/0000:61:00.0/mdev_supported_types/nvidia-${type%:*}/name" "${type#*:}"
		rm -r "$ROOT/$devices/0000:61:00.0/mdev_supported_types/nvidia-${type%:*}"/{version,migration}
	done
	mdev $uuid 0000:61:00.0 nvidia-301 x
	rm -r "$ROOT/$devices/0000:61:00.0/$uuid"/{version,migration}
	link $devices/0000:61:00.0/$uuid/driver sys/bus/mdev/drivers/nvidia-vgpu-vfio
}

# A virtual function of a graphics device for which there is no driver.
igpu_vf() {
	healthy igpu 6.8.12-9-pve
	driver i915 i915
	pci 0000:00:02.0 8086 4680 i915
	pci 0000:00:02.1 8086 4680 vfio-pci
	vf 0000:00:02.1 0000:00:02.0
	vfio 0000:00:02.1 20
}

gvt_g() {
	local uuid=44444444-0000-4000-8000-000000000001
	healthy gvt "${1:-6.8.0}"
	module kvmgt
	driver i915 i915
	pci 0000:00:02.0 8086 5912 i915
	type 0000:00:02.0 i915-GVTg_V5_4 1 x
	rm -r "$ROOT/$devices/0000:00:02.0/mdev_supported_types/i915-GVTg_V5_4"/{version,migration}
	mdev $uuid 0000:00:02.0 i915-GVTg_V5_4 x
	rm -r "$ROOT/$devices/0000:00:02.0/$uuid"/{version,migration}
	link $devices/0000:00:02.0/$uuid/driver sys/bus/mdev/drivers/intel_vgpu_mdev
}

# RELEASE
bound() {
	healthy "bound" "$1" MLX5_VFIO_PCI
	mellanox 0000:41:00
	mlx5_alias
	on_mlx5 0000:41:00.2 0000:41:00.3
	devlink MT_0000000111 28.1.0 28.1.0
}

# VFIO is a part of the kernel, and has no directory below module/.
built_in() {
	bound 6.12.0
	rm -r "$ROOT/sys/module/vfio" "$ROOT/sys/module/vfio_iommu_type1"
}

# An old kernel, and nothing that shows what is in it.
old() {
	healthy old "$1"
	pci 0000:41:00.2 15b3 101e vfio-pci
	grouped 0000:41:00.2 3
}

# A card of this project, still the host's.
own_card() {
	healthy own 6.12.0
	driver e1000e e1000e
	pci 0000:07:00.0 8086 10d3 e1000e
	grouped 0000:07:00.0 7
}

types_alone() {
	healthy types 6.12.0
	pci 0000:84:00.0 1234 1111
	type 0000:84:00.0 vgpu-16 3 "vmig1 type=bochs-vgpu stream=1.0 accepts=1.0"
	type 0000:84:00.0 vgpu-64 3 "vmig1 type=bochs-vgpu stream=1.0 accepts=1.0"
}

# Two cards with three types each; of the second a device has been made.
many_types() {
	local parent mib
	healthy many 6.12.0
	for parent in 0000:84:00.0 0000:85:00.0; do
		pci $parent 1234 1111
		for mib in 4 16 64; do
			type $parent vgpu-$mib 3 "$(vgpu $mib)"
		done
	done
	mdev 55555555-0000-4000-8000-000000000001 0000:85:00.0 vgpu-64 "$(vgpu 64)"
}
vgpu() { echo "vmig1 type=bochs-vgpu stream=1.1 accepts=1.0-1.1 eq_vram_mib=$1"; }

# The same card on its driver, which was bound by hand: libvirt does not find it.
own_bound() {
	healthy ownbound 6.12.0
	driver e1000e_vfio_pci e1000e_vfio_pci
	pci 0000:07:00.0 8086 10d3 e1000e_vfio_pci
	vfio 0000:07:00.0 7
	file $devices/0000:07:00.0/version "vmig1 type=intel-82574l stream=1.0 accepts=1.0"
}

# Words are meant.
# shellcheck disable=SC2086
${SITUATION:?}
