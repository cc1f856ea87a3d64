// SPDX-License-Identifier: LGPL-2.1-or-later
/* What VFIO shows of a device: regions, interrupts, registers, EDID. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "fingerprint.h"
#include "pci_config.h"

#define REGISTERS_MAX SPACE_MAX

/* @buf: for names that are no constants. */
static const char *region_name(unsigned int index, char buf[16])
{
	static const char *const names[] = {
		"bar0", "bar1", "bar2", "bar3", "bar4", "bar5",
		"rom", "config", "vga",
	};

	if (index < VFIO_PCI_NUM_REGIONS)
		return names[index];
	text_format(buf, 16, "region%u", index);
	return buf;
}

/* With its capabilities; to be freed. */
static struct vfio_region_info *region_get(int fd, unsigned int index)
{
	struct vfio_region_info *info = calloc(1, sizeof(*info)), *larger;
	__u32 size;

	if (!info)
		return NULL;
	info->argsz = sizeof(*info);
	info->index = index;
	if (ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, info))
		goto none;
	size = info->argsz;
	if (size <= sizeof(*info))
		return info;
	larger = calloc(1, size);
	if (!larger)
		goto none;
	free(info);
	info = larger;
	info->argsz = size;
	info->index = index;
	if (!ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, info) &&
	    info->argsz <= size)
		return info;
none:
	free(info);
	return NULL;
}

/* Next capability with an id, behind @from or the first; NULL for none. */
static const struct vfio_info_cap_header *
region_cap(const struct vfio_region_info *info, unsigned int id)
{
	const struct vfio_info_cap_header *cap;
	__u32 at = info->flags & VFIO_REGION_INFO_FLAG_CAPS ? info->cap_offset : 0;
	int left = 64;

	while (at && left-- && at <= info->argsz - sizeof(*cap)) {
		cap = (const void *)((const char *)info + at);
		if (cap->id == id)
			return cap;
		at = cap->next;
	}
	return NULL;
}

static json_t *areas_of(const struct vfio_region_info *info)
{
	const struct vfio_region_info_cap_sparse_mmap *sparse;
	json_t *areas = json_array();
	__u32 i;

	sparse = (const void *)region_cap(info, VFIO_REGION_INFO_CAP_SPARSE_MMAP);
	if (!sparse && info->flags & VFIO_REGION_INFO_FLAG_MMAP)
		json_array_append_new(areas, json_pack("[I, I]", (json_int_t)0,
						       (json_int_t)info->size));
	for (i = 0; sparse && i < sparse->nr_areas; i++)
		json_array_append_new(areas,
				      json_pack("[I, I]",
						(json_int_t)sparse->areas[i].offset,
						(json_int_t)sparse->areas[i].size));
	return areas;
}

static json_t *region_json(const struct vfio_region_info *info)
{
	const struct vfio_region_info_cap_type *type;
	json_t *value;
	char buf[16];

	value = json_pack("{s:s, s:I, s:b, s:b, s:o}",
			  "name", region_name(info->index, buf),
			  "size", (json_int_t)info->size,
			  "read", info->flags & VFIO_REGION_INFO_FLAG_READ,
			  "write", info->flags & VFIO_REGION_INFO_FLAG_WRITE,
			  "mmap", areas_of(info));
	type = (const void *)region_cap(info, VFIO_REGION_INFO_CAP_TYPE);
	if (type)
		json_object_set_new(value, "type",
				    json_text("%x:%x", type->type,
					      type->subtype));
	return value;
}

static json_t *irqs_of(int fd, unsigned int count)
{
	static const char *const names[] = { "intx", "msi", "msix", "err", "req" };
	json_t *irqs = json_array();
	unsigned int i;

	for (i = 0; i < count && i < 5; i++) {
		struct vfio_irq_info info = { .argsz = sizeof(info), .index = i };

		if (ioctl(fd, VFIO_DEVICE_GET_IRQ_INFO, &info) || !info.count)
			continue;
		json_array_append_new(irqs, json_pack("{s:s, s:i}", "name",
						      names[i], "count",
						      (int)info.count));
	}
	return irqs;
}

int view_regions(struct handle *h, json_t *dump)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	json_t *regions = json_array();
	struct vfio_region_info *region;
	unsigned int i;

	json_object_set_new(dump, "regions", regions);
	if (ioctl(h->fd, VFIO_DEVICE_GET_INFO, &info))
		return -errno;
	for (i = 0; i < info.num_regions; i++) {
		region = region_get(h->fd, i);
		if (region && region->size)
			json_array_append_new(regions, region_json(region));
		free(region);
	}
	json_object_set_new(dump, "irqs", irqs_of(h->fd, info.num_irqs));
	json_object_set_new(dump, "reset",
			    json_boolean(info.flags & VFIO_DEVICE_FLAGS_RESET));
	return 0;
}

int view_config(struct handle *h, uint8_t *config, size_t size)
{
	struct vfio_region_info *info;
	ssize_t n = -1;

	info = region_get(h->fd, VFIO_PCI_CONFIG_REGION_INDEX);
	if (!info)
		return -ENODEV;
	if (info->size < size)
		size = info->size;
	n = pread(h->fd, config, size, info->offset);
	free(info);
	return n < 0 ? -errno : n;
}

/* Lets the device answer for its memory. */
static void memory_on(struct handle *h, uint64_t config)
{
	uint16_t command = 0;

	if (pread(h->fd, &command, 2, config + PCI_COMMAND) != 2)
		return;
	command |= PCI_COMMAND_MEMORY;
	if (pwrite(h->fd, &command, 2, config + PCI_COMMAND) != 2)
		note("memory cannot be enabled");
}

/* A device without a reset is as its last user left it. */
static bool read_after_reset(struct handle *h, uint64_t config,
			     const struct vfio_region_info *info, uint8_t *bytes)
{
	uint64_t at;

	ioctl(h->fd, VFIO_DEVICE_RESET);
	memory_on(h, config);
	for (at = 0; at + 4 <= info->size; at += 4)
		if (pread(h->fd, bytes + at, 4, info->offset + at) != 4)
			return false;
	return true;
}

/*
 * After a reset each. What is not the same twice (clocks, counters) says
 * nothing of the device.
 */
static json_t *registers_of(struct handle *h, uint64_t config,
			    const struct vfio_region_info *info)
{
	uint8_t *first = calloc(2, info->size), *second;
	json_t *value = NULL, *moving;
	uint64_t at;

	if (!first)
		return NULL;
	second = first + info->size;
	if (!read_after_reset(h, config, info, first) ||
	    !read_after_reset(h, config, info, second))
		goto out;
	moving = json_array();
	for (at = 0; at + 4 <= info->size; at += 4)
		if (memcmp(first + at, second + at, 4))
			json_array_append_new(moving, json_integer(at));
	value = json_pack("{s:I, s:o, s:o}", "size", (json_int_t)info->size,
			  "rows", rows_from(second, info->size),
			  "moving", moving);
out:
	free(first);
	return value;
}

/* Not memory, nor ports, nor what a read could change more easily. */
static bool has_registers(const uint8_t *config,
			  const struct vfio_region_info *info)
{
	uint8_t bar = config[PCI_BASE_ADDRESS_0 + 4 * info->index];

	return info->flags & VFIO_REGION_INFO_FLAG_READ && info->size &&
	       info->size <= REGISTERS_MAX &&
	       !(bar & (PCI_BASE_ADDRESS_SPACE_IO | PCI_BASE_ADDRESS_MEM_PREFETCH));
}

/* A monitor's data, where a BAR begins with them. */
static json_t *edid_of_registers(const json_t *registers)
{
	static const uint8_t magic[8] = "\0\xff\xff\xff\xff\xff\xff";
	uint8_t bytes[REGISTERS_MAX];
	size_t size = json_integer_value(json_object_get(registers, "size"));

	if (size < 128 || size > sizeof(bytes) ||
	    !rows_to(json_object_get(registers, "rows"), bytes, size) ||
	    memcmp(bytes, magic, sizeof(magic)))
		return NULL;
	return rows_from(bytes, 128);
}

/* The region in which a VMM describes a monitor. */
static json_t *edid_of_region(struct handle *h,
			      const struct vfio_region_info *info)
{
	const struct vfio_region_info_cap_type *type;
	struct vfio_region_gfx_edid edid;
	uint8_t blob[1024];

	type = (const void *)region_cap(info, VFIO_REGION_INFO_CAP_TYPE);
	if (!type || type->type != VFIO_REGION_TYPE_GFX ||
	    type->subtype != VFIO_REGION_SUBTYPE_GFX_EDID ||
	    pread(h->fd, &edid, sizeof(edid), info->offset) != sizeof(edid) ||
	    edid.edid_size > sizeof(blob) ||
	    pread(h->fd, blob, edid.edid_size, info->offset + edid.edid_offset) !=
	    edid.edid_size)
		return NULL;
	return json_pack("{s:i, s:i, s:i, s:o}", "max_size", edid.edid_max_size,
			 "max_xres", edid.max_xres, "max_yres", edid.max_yres,
			 "blob", rows_from(blob, edid.edid_size));
}

struct viewer {
	struct handle *h;
	uint64_t config;		/* where configuration space is */
	uint8_t header[PCI_STD_HEADER_SIZEOF];
	json_t *registers;
	json_t *edid;
};

static void look_into(struct viewer *v, const struct vfio_region_info *info)
{
	json_t *registers = NULL, *edid = NULL;
	char buf[16];
	const char *name = region_name(info->index, buf);

	if (info->index >= VFIO_PCI_NUM_REGIONS)
		edid = edid_of_region(v->h, info);
	else if (info->index <= VFIO_PCI_BAR5_REGION_INDEX &&
		 has_registers(v->header, info))
		registers = registers_of(v->h, v->config, info);
	if (registers) {
		edid = edid_of_registers(registers);
		json_object_set_new(v->registers, name, registers);
	}
	if (edid)
		json_object_set_new(v->edid, name, edid);
}

int view_registers(struct handle *h, json_t *dump)
{
	struct viewer v = {
		.h = h, .registers = json_object(), .edid = json_object(),
	};
	struct vfio_region_info *info;
	unsigned int i;

	json_object_set_new(dump, "registers", v.registers);
	json_object_set_new(dump, "edid", v.edid);
	info = region_get(h->fd, VFIO_PCI_CONFIG_REGION_INDEX);
	if (!info)
		return -ENODEV;
	v.config = info->offset;
	free(info);
	if (pread(h->fd, v.header, sizeof(v.header), v.config) !=
	    sizeof(v.header))
		return -EIO;
	for (i = 0; i < VFIO_PCI_NUM_REGIONS + 16; i++) {
		info = region_get(h->fd, i);
		if (info)
			look_into(&v, info);
		free(info);
	}
	/* Nobody has ever used it. */
	ioctl(h->fd, VFIO_DEVICE_RESET);
	return 0;
}
