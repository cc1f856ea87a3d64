#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# libvirt-host.sh: inside a lab machine, what a host with libvirt has: our modules
# where depmod finds them, udevd, the message bus and libvirt's daemons. The lab has
# neither systemd nor users, so libvirt is told to do without.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/lab/load.sh
. "$here/../lab/load.sh"

modules() {
	local to
	to=/lib/modules/$(uname -r)/updates
	mkdir -p "$to"
	cp "$LAB_MODULES"/*.ko "$to/"
	depmod -a
	lab_load_kvm || echo "# no kvm"
	modprobe -a vfio_iommu_type1 vfio_mig_vgpu
}

devices() {
	/usr/lib/systemd/systemd-udevd --daemon --resolve-names=never
	udevadm trigger --action=add
	udevadm settle --timeout=60
}

settings() {
	cat >/etc/libvirt/qemu.conf <<-END
		user = "root"
		group = "root"
		dynamic_ownership = 0
		remember_owner = 0
		security_driver = "none"
		namespaces = []
		cgroup_controllers = []
		stdio_handler = "file"
	END
	cat >/etc/libvirt/libvirtd.conf <<-END
		listen_tls = 0
		listen_tcp = 1
		auth_tcp = "none"
		host_uuid = "a1b0c0de-0000-4000-9000-00000000000${LAB_HOST:-1}"
	END
}

# A host tells the other one its name, to be reached by.
names() {
	printf '10.99.0.1 host1\n10.99.0.2 host2\n' >>/etc/hosts
}

daemons() {
	mkdir -p /run/dbus
	dbus-uuidgen --ensure
	dbus-daemon --system --fork
	virtlogd -d
	libvirtd -d --listen
}

modules
devices
settings
names
daemons
