// SPDX-License-Identifier: GPL-2.0-only
/* What a guest reaches: registers, VRAM, the copy engine and its memory. */
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "fuzzer.h"

void map_vram(struct fuzzer *f)
{
	struct vfio_region_info bar;

	if (vdev_region(&f->v, BAR_VRAM, &bar))
		run_broken(f->run, "no BAR0");
	f->vram_size = bar.size;
	f->vram = mmap(NULL, bar.size, PROT_READ | PROT_WRITE, MAP_SHARED,
		       f->v.fd, bar.offset);
	if (f->vram == MAP_FAILED)
		run_broken(f->run, "BAR0: errno %d", errno);
}

static void put(struct fuzzer *f, uint32_t region, uint32_t off, uint64_t value,
		size_t len)
{
	ssize_t n = pwrite(f->v.fd, &value, len, at(region, off));

	if (n != (ssize_t)len)
		run_broken(f->run, "write at %#x of region %u: %zd, errno %d",
			   off, region, n, errno);
}

static uint64_t some_offset(struct fuzzer *f)
{
	static const uint32_t regions[] = {
		BAR_VRAM, BAR_REGS, BAR_ENGINE, VFIO_PCI_CONFIG_REGION_INDEX,
	};
	uint64_t region = regions[rng_below(&f->rng, 4)];

	if (rng_once_in(&f->rng, 8))
		return rng_odd(&f->rng, 64);
	if (rng_once_in(&f->rng, 8))
		region = rng_below(&f->rng, 16);
	if (region == BAR_REGS && rng_once_in(&f->rng, 2))
		return at(region, 0x4f0 + rng_below(&f->rng, 0x120));
	return at(region, rng_odd(&f->rng, rng_once_in(&f->rng, 4) ? 40 : 8));
}

void op_region(struct fuzzer *f)
{
	size_t len = rng_once_in(&f->rng, 4) ? rng_odd(&f->rng, 17) :
					       1u << rng_below(&f->rng, 4);
	bool write = rng_once_in(&f->rng, 2), fair;
	uint64_t off = some_offset(f);
	void *buf = hostile_buf(f, len, &fair);
	ssize_t n;

	run_doing(f->run, f->thread, "%s %zu at %#llx, buffer %p",
		  write ? "pwrite" : "pread", len, (unsigned long long)off, buf);
	if (write && fair && buf >= (void *)f->buf &&
	    buf < (void *)(f->buf + BUF_SIZE) && len >= 8)
		*(uint64_t *)buf = rng_odd(&f->rng, 64);
	n = write ? pwrite(f->v.fd, buf, len, off) :
		    pread(f->v.fd, buf, len, off);
	f->run->report->good += n > 0;
	if (n < 0 && errno != EINVAL && errno != ENOMEM &&
	    (fair || errno != EFAULT))
		run_broken(f->run, "region at %#llx: errno %d",
			   (unsigned long long)off, errno);
	if (n > (ssize_t)len)
		run_broken(f->run, "%zd of %zu bytes", n, len);
}

static uint64_t engine_address(struct fuzzer *f)
{
	switch (rng_below(&f->rng, 4)) {
	case 0:
		return rng_odd(&f->rng, 64);
	case 1:
		return DMA_IOVA + rng_below(&f->rng, 2 * DMA_SIZE);
	default:
		return rng_below(&f->rng, f->vram_size + PAGE);
	}
}

/* A copy, started as a guest would, whether it may run now or not. */
void op_engine(struct fuzzer *f)
{
	uint32_t cmd = rng_below(&f->rng, 6);
	uint64_t len = rng_odd(&f->rng, rng_once_in(&f->rng, 16) ? 32 : 17);

	run_doing(f->run, f->thread, "engine %u, %llu bytes", cmd,
		  (unsigned long long)len);
	put(f, VFIO_PCI_CONFIG_REGION_INDEX, 4,
	    rng_once_in(&f->rng, 4) ? 2 : 6, 2);
	put(f, BAR_ENGINE, 0x28, rng_below(&f->rng, 2), 4);
	put(f, BAR_ENGINE, 0x08, engine_address(f), 4);
	put(f, BAR_ENGINE, 0x0c, rng_once_in(&f->rng, 8), 4);
	put(f, BAR_ENGINE, 0x10, engine_address(f), 4);
	put(f, BAR_ENGINE, 0x14, rng_once_in(&f->rng, 8), 4);
	put(f, BAR_ENGINE, 0x18, len, 4);
	put(f, BAR_ENGINE, 0x1c, cmd, 4);
	put(f, BAR_ENGINE, 0x20, rng_below(&f->rng, 8), 4);
}

static uint16_t some_size(struct fuzzer *f)
{
	static const uint16_t sizes[] = { 1, 640, 1024, 0x8000, 0x8001, 0xffff };

	return rng_once_in(&f->rng, 4) ? rng_odd(&f->rng, 16) :
					 sizes[rng_below(&f->rng, 6)];
}

void op_mode(struct fuzzer *f)
{
	unsigned int i;

	run_doing(f->run, f->thread, "mode in %s", state_name(f->state));
	for (i = 1; i < 3; i++)
		put(f, BAR_REGS, 0x500 + 2 * i, some_size(f), 2);
	put(f, BAR_REGS, 0x506, 16 << rng_below(&f->rng, 2), 2);
	put(f, BAR_REGS, 0x508, !rng_once_in(&f->rng, 8), 2);
	put(f, BAR_REGS, 0x50c, rng_once_in(&f->rng, 4) ? some_size(f) : 0, 2);
	for (i = 8; i < 10; i++)
		put(f, BAR_REGS, 0x500 + 2 * i, rng_once_in(&f->rng, 8), 2);
	put(f, BAR_REGS, 0x604, 0x1e1e1e1e, 4);
}

/* A picture that is there lies in the region, with all of its lines. */
static void check_plane(struct fuzzer *f,
			const struct vfio_device_gfx_plane_info *p)
{
	uint64_t all = (uint64_t)p->stride * p->height;

	if (p->drm_format && (all != p->size || all > f->vram_size ||
			      p->width > p->stride / 2))
		run_broken(f->run, "picture of %ux%u, stride %u, in %u bytes",
			   p->width, p->height, p->stride, p->size);
}

void op_plane(struct fuzzer *f)
{
	struct vfio_device_gfx_plane_info p = {
		.argsz = sizeof(p), .flags = VFIO_GFX_PLANE_TYPE_REGION,
	};
	bool fair;
	void *arg;

	if (rng_once_in(&f->rng, 4))
		p.flags = rng_odd(&f->rng, 8);
	if (rng_once_in(&f->rng, 8))
		p.argsz = rng_odd(&f->rng, 32);
	arg = hostile_arg(f, &p, sizeof(p), &fair);
	run_doing(f->run, f->thread, "QUERY_GFX_PLANE at %p", arg);
	if (ioctl(f->v.fd, VFIO_DEVICE_QUERY_GFX_PLANE, arg) || !fair)
		return;
	f->run->report->good++;
	memcpy(&p, arg, sizeof(p));
	if (p.flags == VFIO_GFX_PLANE_TYPE_REGION)
		check_plane(f, &p);
}

/* Any part of any region, touched when there is one, and gone again. */
void op_mmap(struct fuzzer *f)
{
	size_t len = PAGE * (1 + rng_odd(&f->rng, 11));
	uint64_t off = some_offset(f) & ~(uint64_t)(PAGE - 1);
	int prot = rng_below(&f->rng, 8);
	char *p;

	run_doing(f->run, f->thread, "mmap %zu at %#llx, prot %d", len,
		  (unsigned long long)off, prot);
	p = mmap(NULL, len, prot,
		 rng_once_in(&f->rng, 8) ? MAP_PRIVATE : MAP_SHARED, f->v.fd,
		 off);
	if (p == MAP_FAILED)
		return;
	f->run->report->good++;
	if (off >= f->vram_size || len > f->vram_size - off)
		run_broken(f->run, "mmap of %zu at %#llx", len,
			   (unsigned long long)off);
	if (prot & PROT_WRITE)
		memset(p + rng_below(&f->rng, len), 1, 1);
	else if (prot & PROT_READ)
		f->buf[0] = p[rng_below(&f->rng, len)];
	if (rng_once_in(&f->rng, 4) && mprotect(p, PAGE, PROT_READ))
		run_broken(f->run, "mprotect: errno %d", errno);
	munmap(p, len);
}

/* The long-lived mapping: a write, and now and then a new mapping. */
void op_touch(struct fuzzer *f)
{
	unsigned int i;

	run_doing(f->run, f->thread, "VRAM in %s", state_name(f->state));
	if (f->vram && rng_once_in(&f->rng, 32)) {
		munmap(f->vram, f->vram_size);
		f->vram = NULL;
	}
	if (!f->vram)
		map_vram(f);
	for (i = rng_below(&f->rng, 8); i; i--)
		f->vram[rng_below(&f->rng, f->vram_size)]++;
}

/* Guest memory comes and goes; it may be the device's own. */
void op_dma(struct fuzzer *f)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map), .iova = DMA_IOVA, .size = DMA_SIZE,
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)f->dma,
	};
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap), .iova = DMA_IOVA, .size = DMA_SIZE,
	};

	run_doing(f->run, f->thread, "DMA map in %s", state_name(f->state));
	ioctl(f->v.container, VFIO_IOMMU_UNMAP_DMA, &unmap);
	if (rng_once_in(&f->rng, 8))
		return;
	if (f->vram && rng_once_in(&f->rng, 4))
		map.vaddr = (uintptr_t)f->vram;
	if (!ioctl(f->v.container, VFIO_IOMMU_MAP_DMA, &map))
		f->run->report->good++;
}
