// SPDX-License-Identifier: LGPL-2.1-or-later
/* The drivers of Linux and of this project that migrate: one table. */
#include <vmig/user.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "driver_list.h"	/* made of drivers/modules.list */
#include "drivers.h"
#include "facts.h"

#define OWN_CARD(name, type, vendor_id, device_ids) {			\
	.module = (name), .family = (type),				\
	.vendor = (vendor_id), .devices = (device_ids) },

static const struct migration_driver drivers[] = {
	{
		.module = "mlx5_vfio_pci", .family = "mlx5",
		.option = "CONFIG_MLX5_VFIO_PCI", .since = "5.18",
		.vendor = 0x15b3, .devices = "101e",
		.host_drivers = "mlx5_core",
		.needs = "firmware with VF_MIGRATION_MODE=2 (mlxconfig), and \"migratable enable\" of the VF's devlink port before it is bound",
		.firmware = "fw.version", .board = "fw.psid",
	}, {
		.module = "hisi_acc_vfio_pci", .family = "hisi-acc",
		.option = "CONFIG_HISI_ACC_VFIO_PCI", .since = "5.18",
		.vendor = 0x19e5, .devices = "a251 a256 a259",
		.host_drivers = "hisi_zip hisi_sec2 hisi_hpre",
	}, {
		.module = "pds_vfio_pci", .family = "pds",
		.option = "CONFIG_PDS_VFIO_PCI", .since = "6.6",
		.vendor = 0x1dd8, .devices = "1003", .host_drivers = "pds_core",
		.firmware = "fw",
	}, {
		.module = "qat_vfio_pci", .family = "qat",
		.option = "CONFIG_QAT_VFIO_PCI", .since = "6.10",
		.vendor = 0x8086, .devices = "4941 4943 4945",
		.host_drivers = "4xxx qat_4xxx",
		.fact = "qat/cfg_services", .fact_key = "eq_services",
	}, {
		.module = "virtio_vfio_pci", .family = "virtio",
		.option = "CONFIG_VIRTIO_VFIO_PCI", .since = "6.13",
		.vendor = 0x1af4, .devices = "1041 1042",
		.host_drivers = "virtio-pci",
	}, {
		.module = "xe_vfio_pci", .family = "xe",
		.option = "CONFIG_XE_VFIO_PCI", .since = "6.19",
		.vendor = 0x8086,
		.devices = "e202 e209 e20b e20c e20d e210 e211 e212 e216 e220 e221 e222 e223 b080 b081 b082 b083 b084 b085 b086 b087 b08f b090 b0a0 b0b0",
		.host_drivers = "xe",
	},
	VMIG_CARDS(OWN_CARD)
};

unsigned int pci_number(const struct object *o, const char *name)
{
	char text[32];

	if (fact_get(o->dir, name, text, sizeof(text)) <= 0)
		return 0;
	return strtoul(text, NULL, 16);
}

bool object_has(const struct object *o, const char *name)
{
	char path[PATH_MAX];

	return text_set(path, "%s/%s", o->dir, name) && !access(path, F_OK);
}

bool is_generic_vfio(const char *driver)
{
	return same_module(driver, "vfio-pci");
}

bool is_on_vfio(const struct object *o)
{
	return object_has(o, "vfio-dev") || strstr(o->driver, "vfio");
}

/* Is it one of the words of a list? Names are the same with "-" and "_". */
static bool is_listed(const char *list, const char *word)
{
	char one[64];
	size_t n;

	for (; list && *list; list += n + (list[n] == ' ')) {
		n = strcspn(list, " ");
		if (text_set(one, "%.*s", (int)n, list) && same_module(one, word))
			return true;
	}
	return false;
}

const struct migration_driver *driver_made_for(const struct object *o)
{
	unsigned int vendor, device;
	char number[16];
	size_t i;

	if (o->kind != OBJECT_PCI)
		return NULL;
	vendor = pci_number(o, "vendor");
	device = pci_number(o, "device");
	text_set(number, "%04x", device);
	for (i = 0; i < ARRAY_SIZE(drivers); i++)
		if (drivers[i].vendor == vendor &&
		    is_listed(drivers[i].devices, number))
			return &drivers[i];
	return NULL;
}

const struct migration_driver *driver_bound_to(const struct object *o)
{
	size_t i;

	if (o->kind != OBJECT_PCI)
		return NULL;
	for (i = 0; i < ARRAY_SIZE(drivers); i++)
		if (same_module(drivers[i].module, o->driver))
			return &drivers[i];
	return NULL;
}

const struct migration_driver *driver_of_family(const struct object *o)
{
	unsigned int vendor = pci_number(o, "vendor");
	char dir[PATH_MAX], owner[64] = "";
	size_t i;

	if (o->kind != OBJECT_PCI)
		return NULL;
	if (!object_has(o, "physfn"))
		text_set(owner, "%s", o->driver);
	else if (text_set(dir, "%s/physfn", o->dir))
		link_name(dir, "driver", owner, sizeof(owner));
	for (i = 0; i < ARRAY_SIZE(drivers); i++)
		if (drivers[i].vendor == vendor && owner[0] &&
		    is_listed(drivers[i].host_drivers, owner))
			return &drivers[i];
	return NULL;
}
