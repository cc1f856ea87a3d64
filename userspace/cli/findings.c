// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the doctor's findings mean, and what is to be done. */
#include "doctor.h"

#define NOTE SEVERITY_NOTE
#define WARNING SEVERITY_WARNING
#define ERROR SEVERITY_ERROR

const char *const severity_names[] = { "note", "warning", "error" };

const struct finding_text finding_texts[FINDINGS] = {
	[KERNEL_TOO_OLD] = {
		"kernel-too-old", ERROR,
		"VFIO migration as QEMU knows it came with Linux 5.18; libvirt wants vfio-dev/ of 6.1",
		"use a newer kernel",
	},
	[KERNEL_NUMBER] = {
		"kernel-number", NOTE,
		"a distribution brings newer VFIO into a kernel of this number, so that the number says nothing; nothing here shows whether it did",
		"load vfio and look again: it then has /sys/class/vfio-dev, or not",
	},
	[NO_CANDIDATES] = {
		"no-candidates", WARNING,
		"nothing on this host could migrate, so nothing was examined",
		"for a card with SR-IOV make virtual functions (sriov_numvfs); for a vGPU load its driver; vfio-mig doctor DEVICE looks at any device",
	},
	[KCONFIG_UNKNOWN] = {
		"kconfig-unknown", NOTE,
		"the options of this kernel are neither in /boot nor in /proc/config.gz, and were not checked",
		"install the kernel's config file, or set CONFIG_IKCONFIG_PROC",
	},
	[KCONFIG_VFIO] = {
		"kconfig-vfio", ERROR,
		"without VFIO no device is assigned",
		"use a kernel with this option",
	},
	[KCONFIG_VFIO_PCI] = {
		"kconfig-vfio-pci", ERROR,
		"drivers for PCI devices stand on it",
		"use a kernel with this option",
	},
	[KCONFIG_MDEV] = {
		"kconfig-mdev", ERROR,
		"mediated devices stand on it",
		"use a kernel with this option",
	},
	[KCONFIG_CONTAINER] = {
		"kconfig-container", ERROR,
		"a VMM needs a container with type1, or iommufd with the devices' character files",
		"use a kernel with CONFIG_VFIO_GROUP and CONFIG_VFIO_IOMMU_TYPE1, or CONFIG_IOMMUFD and CONFIG_VFIO_DEVICE_CDEV",
	},
	[KCONFIG_DMA_LOGGING] = {
		"kconfig-dma-logging", WARNING,
		"without CONFIG_IOMMUFD_DRIVER the kernel gives drivers no bitmaps of dirty memory, so devices report none",
		"set enable-migration=on for each vfio-pci device of QEMU, or use a kernel with CONFIG_IOMMUFD",
	},
	[NO_IOMMU] = {
		"no-iommu", ERROR,
		"PCI devices are assigned only where an IOMMU keeps them apart",
		"switch it on in the firmware, and boot with intel_iommu=on where the kernel wants that",
	},
	[MODULE_NOT_LOADED] = {
		"module-not-loaded", WARNING,
		"a VMM that may not load modules fails to open /dev/vfio",
		"modprobe it, and list it in /etc/modules-load.d",
	},
	[MDEVCTL_MISSING] = {
		"mdevctl-missing", WARNING,
		"libvirt creates mediated devices by mdevctl, and Nova by libvirt",
		"install mdevctl",
	},
	[QEMU_OLD] = {
		"qemu-too-old", ERROR,
		"migration of VFIO devices is a matter of course since QEMU 8.1, and an experiment, or missing, before",
		"use QEMU 8.1 or newer",
	},
	[QEMU_ONE_DEVICE] = {
		"qemu-one-device", ERROR,
		"QEMU before 8.2 migrates guests with one VFIO device only",
		"use QEMU 8.2 or newer, or give the guest one device",
	},
	[LIBVIRT_OLD] = {
		"libvirt-too-old", ERROR,
		"libvirt before 8.6 refuses to migrate a guest with any hostdev",
		"use libvirt 8.6 or newer",
	},
	[LIBVIRT_NO_VARIANT] = {
		"libvirt-no-variant", WARNING,
		"libvirt before 10.0 does not know drivers other than vfio-pci: managed='yes' takes the device away from the one that migrates it",
		"bind the device yourself and use managed='no', or libvirt 10.0 or newer",
	},
	[NOVA_OLD] = {
		"nova-too-old", WARNING,
		"Nova migrates guests with mediated devices since 2024.1 (29), with PCI devices since 2025.1 (31)",
		"use a newer Nova, or migrate by libvirt",
	},
	[DOMAIN_DEVICE] = {
		"domain-device", ERROR,
		"the guest cannot run here without its device",
		"look at the host that the guest is on, or name the device that it is to have here",
	},
	[DOMAIN_HOSTDEV] = {
		"domain-hostdev", ERROR,
		"QEMU migrates no devices of the host but those of VFIO",
		"take it out of the guest before it migrates",
	},
	[DOMAIN_MANAGED] = {
		"domain-managed", ERROR,
		"libvirt would bind the device to vfio-pci, which takes it away from the vendor's driver",
		"set managed='no'",
	},
	[DOMAIN_VIOMMU] = {
		"domain-viommu", ERROR,
		"QEMU blocks migration of VFIO devices behind an IOMMU of the guest; since 11.0 not if the host's IOMMU, and not the device, reports dirty memory",
		"take the IOMMU out of the guest",
	},
	[DOMAIN_ENABLE_MIGRATION] = {
		"domain-enable-migration", ERROR,
		"QEMU 9.1 and newer then blocks migration",
		"set enable-migration to on in <qemu:override> of each hostdev; all memory of the guest is then sent again at the end",
	},
	[DOMAIN_DOWNTIME] = {
		"domain-downtime", WARNING,
		"what the device has to send while the guest stands still does not fit into the downtime limit, so that the migration does not end by itself",
		"virsh migrate-setmaxdowntime, or live_migration_downtime of Nova; or a faster link; a paused guest needs virsh migrate --available-switchover-bandwidth",
	},
	[DOMAIN_POSTCOPY] = {
		"domain-postcopy", NOTE,
		"QEMU refuses post-copy for guests with VFIO devices",
		"migrate without --postcopy; for Nova live_migration_permit_post_copy = False",
	},
	[DOMAIN_STORAGE] = {
		"domain-storage", NOTE,
		"whether both hosts reach its disks is not looked at here",
		"see to it that they do, or migrate with --copy-storage-all",
	},
	[NO_DRIVER] = {
		"no-driver", ERROR,
		"QEMU finds no VFIO device",
		"bind the device to its VFIO driver: driverctl set-override DEVICE DRIVER, or managed='yes' in libvirt",
	},
	[NOT_A_VFIO_DRIVER] = {
		"not-a-vfio-driver", ERROR,
		"the host itself uses the device; libvirt rebinds it only with managed='yes'",
		"bind the device to its VFIO driver",
	},
	[GENERIC_DRIVER] = {
		"generic-driver", ERROR,
		"the generic driver vfio-pci cannot migrate: \"VFIO migration is not supported in kernel\"",
		"bind the device to the driver that is made for it",
	},
	[PF_KEEPS_DRIVER] = {
		"pf-keeps-driver", NOTE,
		"its virtual functions are what is assigned and migrates, and its driver carries that out",
		"leave it on its driver, and look at its virtual functions",
	},
	[NO_VFS] = {
		"no-vfs", WARNING,
		"there are no virtual functions that could be assigned",
		"write their number to sriov_numvfs of the device",
	},
	[DRIVER_NEEDS] = {
		"driver-needs", NOTE,
		"without this the driver binds, and has no migration; sysfs and devlink do not show whether it is so",
		"see to it on both hosts",
	},
	[MIGRATABLE_OFF] = {
		"migratable-off", ERROR,
		"the card's firmware does not let a function migrate whose devlink port does not say so",
		"unbind the device, devlink port function set PORT migratable enable, and bind it again",
	},
	[FIRMWARE_PENDING] = {
		"firmware-pending", NOTE,
		"after the next reset of the card other firmware runs, and hosts that fit now may not fit then",
		"bring all hosts to one version, and reset the card while nothing is assigned of it",
	},
	[KNOWN_BUG] = {
		"known-bug", NOTE,
		"a kernel of this number has a bug in the device's driver that is fixed in Linux, unless its maintainers have brought the fix in",
		"look for that commit in the change log of this kernel, or use one that has it",
	},
	[VENDOR_FRAMEWORK] = {
		"vendor-framework", NOTE,
		"the vendor's own driver makes vGPUs and migrates them; vfio-pci, and managed='yes' in libvirt, would take the device away from it",
		"use managed='no'; write the number of a type to nvidia/current_vgpu_type; give source and target the same version of the driver",
	},
	[NO_VGPU] = {
		"no-vgpu", WARNING,
		"as long as it is of no type there is no vGPU that could be assigned",
		"write the number of one of its creatable_vgpu_types to nvidia/current_vgpu_type",
	},
	[NO_MDEV] = {
		"no-mdev", NOTE,
		"there are types of mediated devices, and no device that could be examined",
		"make one: mdevctl start, or libvirt's nodedev-create",
	},
	[GVT_G] = {
		"gvt-g", ERROR,
		"GVT-g of Linux (kvmgt) has no migration: \"VFIO device doesn't support migration\"",
		"none: the patches that once had it were never in Linux; newer graphics of Intel have virtual functions, which xe_vfio_pci migrates",
	},
	[OTHER_DRIVER] = {
		"other-driver", WARNING,
		"with managed='yes' libvirt binds the driver whose alias fits best, which is another one",
		"bind that one, or name the driver in libvirt: <driver name='vfio' model='DRIVER'/>",
	},
	[NO_ALIAS] = {
		"no-alias", WARNING,
		"libvirt finds drivers by their alias vfio_pci: in modules.alias, and without one takes vfio-pci, which cannot migrate",
		"install the module below /lib/modules and run depmod, or name the driver in libvirt: <driver name='vfio' model='DRIVER'/>",
	},
	[ALIAS_UNKNOWN] = {
		"alias-unknown", NOTE,
		"modules.alias or modalias cannot be read; which driver libvirt would take was not checked",
		"run depmod",
	},
	[DRIVER_NAME] = {
		"driver-name", WARNING,
		"libvirt derives the driver's name from the module's, which works for one driver of the same name in it",
		"name the driver in libvirt: <driver name='vfio' model='DRIVER'/>",
	},
	[NO_VFIO_DEV] = {
		"no-vfio-dev", ERROR,
		"libvirt knows a VFIO device by the directory vfio-dev, and refuses with managed='no'",
		"bind a VFIO driver on Linux 6.1 or newer",
	},
	[NO_IOMMU_GROUP] = {
		"no-iommu-group", ERROR,
		"VFIO cannot give a device away that is in no IOMMU group",
		"see no-iommu",
	},
	[GROUP_NOT_VIABLE] = {
		"group-not-viable", ERROR,
		"no device of an IOMMU group can be assigned while the host's drivers have another one of it",
		"bind the others to VFIO drivers, too, or move the card to a slot of its own",
	},
	[NO_RESET] = {
		"no-reset", ERROR,
		"QEMU resets a device whose migration has failed, and gives the guest up when it cannot",
		"put it behind a port of its own, or use a driver that brings a reset",
	},
	[MDEV_PARENT_UNKNOWN] = {
		"mdev-parent-unknown", WARNING,
		"libvirt knows parents of mediated devices on PCI, ccw, ap, and mtty; this one it does not list, nor does Nova",
		"create the device by sysfs or mdevctl and give libvirt its UUID",
	},
	[MDEV_API] = {
		"mdev-api", WARNING,
		"QEMU's vfio-pci and libvirt's hostdev of model vfio-pci want that API",
		"use a type whose device_api is vfio-pci",
	},
	[IN_USE] = {
		"in-use", NOTE,
		"what only the open device tells was not checked",
		"run it again when the device is free",
	},
	[NOT_LOOKED_INTO] = {
		"not-looked-into", NOTE,
		"what only the open device tells was not checked",
		"run it as root, on the host itself",
	},
	[NO_MIGRATION] = {
		"no-migration", ERROR,
		"the driver has no migration: QEMU blocks it, or does not start with enable-migration=on",
		"use a driver that has, and firmware or a module's parameter that allows it",
	},
	[NO_STOP_COPY] = {
		"no-stop-copy", ERROR,
		"QEMU wants STOP_COPY of each device",
		"use a newer driver",
	},
	[NO_P2P] = {
		"no-p2p", ERROR,
		"QEMU blocks migration of a guest with several VFIO devices unless all of them have P2P states",
		"give a guest one device of the kind, or use a driver with P2P",
	},
	[NO_P2P_ALONE] = {
		"no-p2p-alone", NOTE,
		"the guest migrates only as long as it has no second VFIO device",
		"give a guest one device of the kind",
	},
	[P2P_UNKNOWN] = {
		"p2p-unknown", NOTE,
		"QEMU migrates a guest with several VFIO devices only if all have P2P states, and whether this one has was not seen",
		"vfio-mig show DEVICE, as root and while it is free",
	},
	[NO_PRE_COPY] = {
		"no-pre-copy", NOTE,
		"all state is sent while the guest stands still, and an unfit target is found out only then",
		"allow for it in the downtime limit, and check tokens before",
	},
	[NO_DIRTY_TRACKING] = {
		"no-dirty-tracking", ERROR,
		"neither device nor IOMMU reports memory that the device writes; QEMU 9.1 and newer then blocks migration",
		"set enable-migration=on (libvirt: <qemu:override>); all guest memory is then sent again at the end. Or use a kernel with CONFIG_IOMMUFD",
	},
	[SERIAL_NUMBER] = {
		"serial-number", WARNING,
		"QEMU compares the Device Serial Number, which no two devices share, where the guest's bus is PCI Express",
		"use a driver that hides it, or plug the device into a conventional PCI bus of the guest",
	},
	[NO_TOKEN] = {
		"no-token", NOTE,
		"whether a target fits is found out only during the migration",
		"keep hosts alike: same hardware, firmware and driver",
	},
	[TOKEN_COMPOSED] = {
		"token-composed", NOTE,
		"the driver has no token; the one that vfio-mig makes up of sysfs and devlink is no promise of the driver",
		"see Documentation/cli.rst for what it is made of",
	},
	[CONFIG_DIFFERS] = {
		"config-differs", ERROR,
		"QEMU compares these bytes of config space and refuses: \"Bad config data\"",
		"use equal devices, firmware and driver versions on both hosts, or a driver that hides the difference",
	},
	[VISIBLE_DIFFERS] = {
		"visible-differs", WARNING,
		"QEMU does not compare it, but the guest's device changes while it runs",
		"use equal devices and firmware on both hosts",
	},
	[LAYOUT_DIFFERS] = {
		"layout-differs", ERROR,
		"regions, interrupts or reset differ: the guest's mappings do not fit the target",
		"use equal devices, and pin both to one platform",
	},
	[REGISTERS_DIFFER] = {
		"registers-differ", WARNING,
		"after a reset the guest finds other values in the device than on the source",
		"pin both to one platform: vfio-mig platform DEVICE NAME",
	},
	[NOT_COMPARED] = {
		"not-compared", NOTE,
		"only one of the two dumps has it",
		"make both dumps as root, of a device that is free",
	},
	[PEER_UNKNOWN] = {
		"peer-unknown", WARNING,
		"config space is not whole in both dumps, so that nothing says that QEMU would take the device",
		"make both dumps as root",
	},
};
