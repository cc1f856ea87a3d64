# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For scripts inside a lab machine: lab_load NAME [PARAM=VALUE...] loads a
# module, ours from /lab/modules (after what it depends on) or the kernel's;
# lab_unload NAME... unloads in the order given; lab_load_vfio loads what opening
# a device needs, and lab_ways prints the ways that there are: group, cdev.

LAB_MODULES=${LAB_MODULES:-/lab/modules}

# Groups and their containers are an option of the kernel.
lab_has_groups() { [ -e /dev/vfio/vfio ]; }

lab_load_vfio() {
	lab_load vfio && lab_load mdev || return 1
	! lab_has_groups || lab_load vfio_iommu_type1
}

lab_ways() {
	! lab_has_groups || echo group
	[ ! -e /dev/iommu ] || echo cdev
}

# The file of one of our modules; file names have "-" or "_".
lab_module_file() {
	local file
	for file in "$LAB_MODULES"/*.ko; do
		file=${file##*/}
		if [ "${file//-/_}" = "${1//-/_}.ko" ]; then
			printf '%s\n' "$LAB_MODULES/$file"
			return 0
		fi
	done
	return 1
}

lab_loaded() { [ -d "/sys/module/${1//-/_}" ]; }

lab_load() {
	local name=$1 file dep
	shift
	! lab_loaded "$name" || return 0
	if ! file=$(lab_module_file "$name"); then
		modprobe "$name" "$@"
		return
	fi
	for dep in $(modinfo -F depends "$file" | tr ',' ' '); do
		lab_load "$dep" || return 1
	done
	insmod "$file" "$@"
}

lab_unload() {
	local name
	for name; do
		! lab_loaded "$name" || rmmod "$name" || return 1
	done
}

# Our modules, one that is used by another after its user: order to unload.
lab_unload_all() {
	local file
	for _ in 1 2 3 4; do
		for file in "$LAB_MODULES"/*.ko; do
			file=${file##*/}
			rmmod "${file%.ko}" 2>/dev/null || :
		done
	done
	for file in "$LAB_MODULES"/*.ko; do
		file=${file##*/}
		! lab_loaded "${file%.ko}" || return 1
	done
}

# One that the lab has built of the kernel's source, see lab_own_module.
lab_load_own() { # NAME
	local ours=/lab/lab-modules/$1.ko dep
	[ -f "$ours" ] || return 1
	for dep in $(modinfo -F depends "$ours" | tr ',' ' '); do
		lab_load "$dep" || return 1
	done
	insmod "$ours"
}

# What lets this machine run guests; under TCG it is always AMD's. See
# kvm-amd.sh for the one that the lab brings.
lab_load_kvm() {
	! lab_loaded kvm_amd && ! lab_loaded kvm_intel || return 0
	lab_load_own kvm-amd || modprobe kvm_amd 2>/dev/null ||
		modprobe kvm_intel
}
