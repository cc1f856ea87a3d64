// SPDX-License-Identifier: LGPL-2.1-or-later
/* The doctor on one guest: what its migration will meet besides its devices. */
#include <stdlib.h>
#include <string.h>
#include "doctor.h"
#include "drivers.h"
#include "facts.h"
#include "nvidia.h"
#include "vmm.h"

/* QEMU's default, and a link that is common. */
#define LIMIT_MS	300
#define LINK_BYTES	(1000000000ull / 8)

/* Devices that the doctor knows to have no P2P states; -1 for what it cannot know. */
static int has_p2p(const struct object *o)
{
	int known = -1;
	struct handle h;

	if (host_is_live() && !device_open_any(&h, o)) {
		if (h.ctx)
			known = !!(vfiomig_flags(h.ctx) & VFIOMIG_P2P);
		device_close(&h);
	}
	/* This one has none in any version of Linux. */
	if (known < 0 && same_module(o->driver, "hisi_acc_vfio_pci"))
		known = 0;
	return known;
}

static void examine_p2p(struct doctor *d, const struct object *o, size_t count)
{
	int p2p = has_p2p(o);

	if (count < 2)
		return;
	if (!p2p)
		found(d, NO_P2P, o, "it has no P2P states, and the guest has %zu VFIO devices",
		      count);
	else if (p2p < 0)
		found(d, P2P_UNKNOWN, o, "the guest has %zu VFIO devices", count);
	if (vmm_version(VMM_QEMU) && vmm_version(VMM_QEMU) < 8002)
		found(d, QEMU_ONE_DEVICE, o, "QEMU is %d.%d",
		      vmm_version(VMM_QEMU) / 1000, vmm_version(VMM_QEMU) % 1000);
}

/* Of the device itself, or of the memory that its token tells of. */
static uint64_t size_of(const struct object *o)
{
	char token[VFIOMIG_TOKEN_MAX], value[VFIOMIG_VALUE_MAX];
	struct vfiomig_sizes sizes = { .size = sizeof(sizes) };
	struct handle h;
	uint64_t bytes = 0;

	if (host_is_live() && !device_open_any(&h, o)) {
		if (h.ctx && !vfiomig_size(h.ctx, &sizes))
			bytes = sizes.stop_copy;
		device_close(&h);
	}
	if (!bytes && host_token(o, token, NULL) >= 0 &&
	    vfiomig_token_get(token, "eq_vram_mib", value, sizeof(value)) > 0)
		bytes = strtoull(value, NULL, 10) << 20;
	return bytes;
}

static void examine_size(struct doctor *d, const struct object *o)
{
	uint64_t bytes = size_of(o), ms = bytes * 1000 / LINK_BYTES;
	char text[16];

	if (ms > LIMIT_MS)
		found(d, DOMAIN_DOWNTIME, o,
		      "%s take %llu ms at 1 Gbit/s, the default limit is %d ms",
		      human_bytes(text, bytes), (unsigned long long)ms, LIMIT_MS);
}

static void examine_managed(struct doctor *d, const struct object *o,
			    const json_t *device)
{
	if (json_is_true(json_object_get(device, "managed")) && nvidia_is_vf(o))
		found(d, DOMAIN_MANAGED, o, "the domain has managed='yes'");
}

static void examine_rest(struct doctor *d, const json_t *domain)
{
	const char *model = json_string_value(json_object_get(domain, "viommu"));
	json_t *type;
	size_t i;

	if (model)
		found(d, DOMAIN_VIOMMU, NULL, "it has an IOMMU of model %s",
		      *model ? model : "?");
	json_array_foreach(json_object_get(domain, "other_hostdevs"), i, type)
		found(d, DOMAIN_HOSTDEV, NULL, "it has a hostdev of type %s",
		      json_string_value(type));
	if (d->kconfig && !kconfig_has(d->kconfig, "CONFIG_IOMMUFD_DRIVER") &&
	    !json_is_true(json_object_get(domain, "enable_migration")))
		found(d, DOMAIN_ENABLE_MIGRATION, NULL,
		      "this kernel lets no device report dirty memory, and the domain does not set enable-migration=on");
	found(d, DOMAIN_POSTCOPY, NULL, "it has VFIO devices");
	if (json_integer_value(json_object_get(domain, "disks")))
		found(d, DOMAIN_STORAGE, NULL, "it has %d disks",
		      (int)json_integer_value(json_object_get(domain, "disks")));
}

int domain_devices(const json_t *domain,
		   int (*fn)(void *arg, const struct object *object), void *arg)
{
	struct object o;
	json_t *device;
	size_t i;
	int ret;

	json_array_foreach(json_object_get(domain, "devices"), i, device) {
		if (host_find(json_string_value(json_object_get(device, "name")),
			      OBJECT_DEVICES, &o))
			continue;
		ret = fn(arg, &o);
		if (ret)
			return ret;
	}
	return 0;
}

void examine_domain(struct doctor *d, const json_t *domain)
{
	const json_t *devices = json_object_get(domain, "devices");
	size_t i, count = json_array_size(devices);
	struct object o;
	json_t *device;
	const char *name;

	json_array_foreach((json_t *)devices, i, device) {
		name = json_string_value(json_object_get(device, "name"));
		if (host_find(name, OBJECT_DEVICES, &o)) {
			found(d, DOMAIN_DEVICE, NULL, "%s is not on this host", name);
			continue;
		}
		examine_p2p(d, &o, count);
		examine_size(d, &o);
		examine_managed(d, &o, device);
	}
	if (count || json_array_size(json_object_get(domain, "other_hostdevs")))
		examine_rest(d, domain);
}

/* What follows from versions of programs, where they are known. */
void examine_vmm(struct doctor *d, unsigned int kinds)
{
	int qemu = vmm_version(VMM_QEMU), libvirt = vmm_version(VMM_LIBVIRT);
	int nova = vmm_version(VMM_NOVA);

	if (qemu && qemu < 8001)
		found(d, QEMU_OLD, NULL, "it is %d.%d", qemu / 1000, qemu % 1000);
	if (libvirt && libvirt < 8006)
		found(d, LIBVIRT_OLD, NULL, "it is %d.%d", libvirt / 1000,
		      libvirt % 1000);
	else if (libvirt && libvirt < 10000 && kinds & OBJECT_PCI)
		found(d, LIBVIRT_NO_VARIANT, NULL, "it is %d.%d", libvirt / 1000,
		      libvirt % 1000);
	if (nova && nova < 29000 && kinds & (OBJECT_MDEV | OBJECT_TYPE))
		found(d, NOVA_OLD, NULL, "it is %d, mediated devices want 29",
		      nova / 1000);
	else if (nova && nova < 31000 && kinds & OBJECT_PCI)
		found(d, NOVA_OLD, NULL, "it is %d, PCI devices want 31",
		      nova / 1000);
}
