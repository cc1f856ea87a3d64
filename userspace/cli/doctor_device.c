// SPDX-License-Identifier: LGPL-2.1-or-later
/* The doctor on a device, as it shows itself to a VMM. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "doctor.h"
#include "drivers.h"
#include "facts.h"
#include "fingerprint.h"
#include "pci_config.h"

/* As old as the binding of character devices. */
#ifdef VFIO_DEVICE_BIND_IOMMUFD
#include <linux/iommufd.h>
#endif

/* Does the IOMMU log what the device writes? Only iommufd offers it. */
static bool iommu_tracks(const struct handle *h)
{
#ifdef IOMMU_HWPT_SET_DIRTY_TRACKING
	struct iommu_hw_info info = { .size = sizeof(info), .dev_id = h->dev_id };

	return h->iommufd >= 0 && !ioctl(h->iommufd, IOMMU_GET_HW_INFO, &info) &&
	       info.out_capabilities & IOMMU_HW_CAP_DIRTY_TRACKING;
#else
	return false;
#endif
}

static void examine_dirty(struct doctor *d, const struct object *o,
			  struct handle *h)
{
	if (vfiomig_has(h->ctx, VFIOMIG_HAS_DIRTY_LOG) > 0 || iommu_tracks(h))
		return;
	if (d->kconfig && !kconfig_has(d->kconfig, "CONFIG_IOMMUFD_DRIVER"))
		found(d, NO_DIRTY_TRACKING, o,
		      "this kernel lets no driver track (CONFIG_IOMMUFD_DRIVER is not set)");
	else
		found(d, NO_DIRTY_TRACKING, o,
		      "neither its driver nor the IOMMU does");
}

static void examine_states(struct doctor *d, const struct object *o,
			   struct handle *h)
{
	uint64_t flags = vfiomig_flags(h->ctx);

	if (!(flags & VFIOMIG_STOP_COPY))
		found(d, NO_STOP_COPY, o, "it has the flags 0x%llx",
		      (unsigned long long)flags);
	/* QEMU's rule is of the devices of one guest, see doctor_domain.c. */
	if (!(flags & VFIOMIG_P2P))
		found(d, NO_P2P_ALONE, o, "it has no P2P states");
	if (!(flags & VFIOMIG_PRE_COPY))
		found(d, NO_PRE_COPY, o, "it has no PRE_COPY");
}

static void examine_reset_flag(struct doctor *d, const struct object *o,
			       struct handle *h)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	if (ioctl(h->fd, VFIO_DEVICE_GET_INFO, &info) ||
	    info.flags & VFIO_DEVICE_FLAGS_RESET)
		return;
	found(d, NO_RESET, o, "VFIO says that it cannot be reset");
}

/* The kernel makes it when there is a way; a driver may bring its own. */
static void examine_reset_file(struct doctor *d, const struct object *o)
{
	char path[PATH_MAX];

	if (o->kind != OBJECT_PCI ||
	    !text_set(path, "%s/reset", o->dir) ||
	    !access(path, F_OK))
		return;
	found(d, NO_RESET, o, "the kernel has no way to reset it");
}

static void examine_open(struct doctor *d, const struct object *o,
			 struct handle *h)
{
	examine_reset_flag(d, o, h);
	if (!h->ctx) {
		found(d, NO_MIGRATION, o, "its driver is %s", o->driver);
		return;
	}
	examine_states(d, o, h);
	examine_dirty(d, o, h);
}

static void examine_token(struct doctor *d, const struct object *o)
{
	char token[VFIOMIG_TOKEN_MAX];
	bool composed;

	if (host_token(o, token, &composed) < 0)
		found(d, NO_TOKEN, o, "its driver has no file \"version\"");
	else if (composed)
		found(d, TOKEN_COMPOSED, o, "%s", token);
}

static void examine_serial(struct doctor *d, const struct object *o,
			   const json_t *dump)
{
	const char *name;
	json_t *cap;
	size_t i;

	json_array_foreach(json_object_get(dump, "capabilities"), i, cap) {
		name = json_string_value(json_object_get(cap, "name"));
		if (json_is_true(json_object_get(cap, "extended")) &&
		    json_integer_value(json_object_get(cap, "id")) ==
		    PCI_EXT_CAP_ID_DSN)
			found(d, SERIAL_NUMBER, o, "it has a %s", name);
	}
}

struct comparing {
	struct doctor *d;
	const struct object *o;
};

static void found_difference(void *arg, enum difference_kind kind,
			     const char *what, const char *a, const char *b)
{
	static const enum finding findings[] = {
		[DIFFERS_CONFIG] = CONFIG_DIFFERS,
		[DIFFERS_VISIBLE] = VISIBLE_DIFFERS,
		[DIFFERS_LAYOUT] = LAYOUT_DIFFERS,
		[DIFFERS_REGISTERS] = REGISTERS_DIFFER,
		[DIFFERS_UNKNOWN] = NOT_COMPARED,
	};
	struct comparing *c = arg;

	found(c->d, findings[kind], c->o, "%s is %s here, %s there", what, a, b);
}

/* By sysfs: a device is not reset without need. With a peer, all of it. */
static void examine_visible(struct doctor *d, const struct object *o,
			    bool passive)
{
	struct comparing c = { .d = d, .o = o };
	json_t *dump;

	passive = passive || !d->peer;
	if (passive && (o->kind == OBJECT_MDEV || !object_has(o, "config")))
		return;
	dump = fingerprint_take(o, passive);
	if (!dump)
		return;
	examine_serial(d, o, dump);
	if (d->peer &&
	    fingerprint_compare(dump, d->peer, found_difference, &c) < 0)
		found(d, PEER_UNKNOWN, o, "config space was not compared");
	json_decref(dump);
}

void examine_device(struct doctor *d, const struct object *o)
{
	bool opened = false, ours = o->kind == OBJECT_MDEV || is_on_vfio(o);
	struct handle h;
	int ret;

	/* What is on another driver has been told of by its binding. */
	if (!ours) {
		examine_reset_file(d, o);
		examine_visible(d, o, true);
		return;
	}
	if (!host_is_live()) {
		found(d, NOT_LOOKED_INTO, o, "this is another host's tree");
	} else if (o->driver[0]) {
		ret = device_open_any(&h, o);
		opened = !ret;
		if (ret == -EBUSY)
			found(d, IN_USE, o, "%s", why_not_open(ret));
		else if (ret)
			found(d, NOT_LOOKED_INTO, o, "%s", why_not_open(ret));
	}
	if (opened) {
		examine_open(d, o, &h);
		device_close(&h);
	} else {
		examine_reset_file(d, o);
	}
	if (o->driver[0])
		examine_token(d, o);
	examine_visible(d, o, !opened);
}
