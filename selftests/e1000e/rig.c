// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/iommufd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "rig.h"

#define LIMIT_MS	5000
#define DOORBELLS	0x2000
#define RCTL_DTYP_SPLIT	0x00000400
#define RCTL_BSIZE_8K	0x00020000
#define RCTL_BSEX	0x02000000
#define RCTL_LPE	0x00000020
#define RFCTL_EXSTEN	0x00008000
#define TARC_EN		0x00000400

/* Header, then three buffers of 1 KiB. */
static const uint32_t psrctl = 1 | 1 << 8 | 1 << 16 | 1 << 24;

static uint64_t iova(unsigned int page)
{
	return RIG_IOVA + (uint64_t)page * PAGE;
}

static void wrote(struct rig *r, unsigned int page)
{
	r->own[page / 64] |= 1ULL << page % 64;
}

uint32_t rig_get(struct rig *r, uint32_t offset)
{
	return r->doorbells[(offset - DOORBELLS) / 4];
}

void rig_put(struct rig *r, uint32_t offset, uint32_t value)
{
	r->doorbells[(offset - DOORBELLS) / 4] = value;
}

static bool has_log(struct vdev *v)
{
	return !vdev_feature(v, VFIO_DEVICE_FEATURE_PROBE |
			     VFIO_DEVICE_FEATURE_GET |
			     VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT, NULL, 0);
}

int rig_map(struct rig *r)
{
	return vdev_map_dma(&r->c.v, RIG_IOVA, r->mem, RIG_LEN);
}

int rig_open(struct rig *r, enum rig_format format, unsigned int queue)
{
	int ret;

	memset(r, 0, sizeof(*r));
	r->data_fd = -1;
	r->format = format;
	r->queue = queue;
	r->units = format == RIG_SPLIT ? 2 : 1;
	r->frame = format == RIG_SPLIT ? 3100 :
		   format == RIG_JUMBO ? RIG_FRAME_MAX : 1000;
	ret = card_open(&r->c, 0);
	if (ret)
		return ret;
	r->log = has_log(&r->c.v);
	r->mem = mmap(NULL, RIG_LEN, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	r->before = malloc(RIG_LEN);
	r->doorbells = mmap(NULL, 0x2000, PROT_READ | PROT_WRITE, MAP_SHARED,
			    r->c.v.fd, DOORBELLS);
	if (r->mem == MAP_FAILED || r->doorbells == MAP_FAILED || !r->before)
		return -ENOMEM;
	return rig_map(r);
}

void rig_close(struct rig *r)
{
	if (r->data_fd >= 0)
		close(r->data_fd);
	munmap((void *)r->doorbells, 0x2000);
	card_close(&r->c);
	munmap(r->mem, RIG_LEN);
	free(r->before);
}

static uint32_t q(struct rig *r, uint32_t offset)
{
	return offset + 0x100 * r->queue;
}

/* Everything to the second queue. */
static void steer(struct rig *r)
{
	unsigned int i;

	put(&r->c, MRQC, 1 | 0x3f << 16);
	put(&r->c, RXCSUM, 1 << 13);
	for (i = 0; i < 32; i++)
		put(&r->c, RETA + 4 * i, r->queue ? 0x80808080 : 0);
}

/* Both rings, empty. */
void rig_rings(struct rig *r)
{
	r->tx_tail = 0;
	r->rx_tail = 0;
	r->rx_next = 0;
	memset(r->posted, 0, sizeof(r->posted));
	memset(r->mem + RIG_TX_RING * PAGE, 0, RIG_UNITS * 16);
	memset(r->mem + RIG_RX_RING * PAGE, 0, RIG_UNITS * 16);
	wrote(r, RIG_TX_RING);
	wrote(r, RIG_RX_RING);
	rig_put(r, q(r, RDBAL), iova(RIG_RX_RING));
	rig_put(r, q(r, RDBAH), 0);
	rig_put(r, q(r, RDLEN), RIG_UNITS * 16);
	rig_put(r, q(r, RDH), 0);
	rig_put(r, q(r, RDT), 0);
	rig_put(r, q(r, TDBAL), iova(RIG_TX_RING));
	rig_put(r, q(r, TDBAH), 0);
	rig_put(r, q(r, TDLEN), RIG_UNITS * 16);
	rig_put(r, q(r, TDH), 0);
	rig_put(r, q(r, TDT), 0);
	rig_put(r, q(r, TARC), TARC_EN);
	rig_put(r, PSRCTL, psrctl);
}

void rig_go(struct rig *r)
{
	uint32_t rctl = RCTL_EN | RCTL_UPE | RCTL_MPE | RCTL_BAM |
			RCTL_LBM_MAC | RCTL_SECRC | RCTL_LPE;

	steer(r);
	put(&r->c, CTRL, get(&r->c, CTRL) | CTRL_SLU);
	put(&r->c, RFCTL, r->format == RIG_EXTENDED || r->format == RIG_SPLIT ?
	    RFCTL_EXSTEN : 0);
	if (r->format == RIG_SPLIT)
		rctl |= RCTL_DTYP_SPLIT;
	if (r->format == RIG_JUMBO)
		rctl |= RCTL_BSEX | RCTL_BSIZE_8K;
	put(&r->c, TCTL, TCTL_EN | TCTL_PSP);
	put(&r->c, RCTL, rctl);
}

static unsigned int take_pages(struct rig *r, unsigned int n)
{
	if (r->page + n > RIG_PAGES - RIG_POOL)
		r->page = 0;
	r->page += n;
	return RIG_POOL + r->page - n;
}

/* A descriptor, with a page of its own for each buffer. */
static void post_one(struct rig *r)
{
	uint64_t *desc = (void *)(r->mem + RIG_RX_RING * PAGE +
				  r->rx_tail * 16);
	uint64_t *own = r->posted[r->rx_tail];
	unsigned int i, n = r->format == RIG_SPLIT ? 4 : 1;

	memset(desc, 0, 16 * r->units);
	memset(own, 0, 4 * sizeof(*own));
	for (i = 0; i < n; i++) {
		own[i] = iova(take_pages(r, r->format == RIG_JUMBO ? 2 : 1));
		desc[i] = own[i];
	}
	wrote(r, RIG_RX_RING);
	r->rx_tail = (r->rx_tail + r->units) % RIG_UNITS;
}

/* As much as the ring takes, and the doorbell. */
void rig_post(struct rig *r)
{
	while ((r->rx_tail + r->units) % RIG_UNITS != r->rx_next)
		post_one(r);
	rig_put(r, q(r, RDT), r->rx_tail);
}

/* A frame like no other, with an IPv4 and a TCP header for the hash. */
static void make_frame(struct rig *r, uint8_t *frame)
{
	static const uint8_t head[] = {
		0x52, 0x54, 0, 0, 0, 1, 0x52, 0x54, 0, 0, 0, 2, 0x08, 0x00,
		0x45, 0, 0x03, 0xda, 0x12, 0x34, 0, 0, 64, 6, 0, 0,
		10, 0, 0, 1, 10, 0, 0, 2,
		0x10, 0, 0x20, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x18, 4, 0,
	};
	unsigned int i;

	r->frames++;
	for (i = 0; i < r->frame; i += 4)
		memcpy(frame + i, &r->frames, 4);
	memcpy(frame, head, sizeof(head));
}

/* QEMU's model drops what is not in one piece of memory: a descriptor for a page. */
static void send_page(struct rig *r, unsigned int page, unsigned int len,
		      bool last)
{
	uint64_t *desc = (void *)(r->mem + RIG_TX_RING * PAGE +
				  r->tx_tail * 16);

	wrote(r, page);
	desc[0] = iova(page);
	desc[1] = len | 0x0a000000 | (last ? 0x01000000 : 0);
	wrote(r, RIG_TX_RING);
	r->tx_tail = (r->tx_tail + 1) % RIG_UNITS;
}

static void send_one(struct rig *r)
{
	unsigned int page = RIG_TX_BUFFERS + r->frames % 12 * 4;
	unsigned int left;

	make_frame(r, r->mem + page * PAGE);
	for (left = r->frame; left > PAGE; left -= PAGE)
		send_page(r, page++, PAGE, false);
	send_page(r, page, left, true);
}

static bool done(struct rig *r)
{
	volatile uint8_t *desc = r->mem + RIG_RX_RING * PAGE + r->rx_next * 16;

	return desc[r->format == RIG_LEGACY || r->format == RIG_JUMBO ?
		    12 : 8] & 1;
}

static bool wait_done(struct rig *r)
{
	struct timespec tick = { .tv_nsec = 100000 };
	unsigned int left = LIMIT_MS * 10;

	while (!done(r) && left--)
		nanosleep(&tick, NULL);
	return done(r);
}

/* Some frames at once, at most what the rings hold; they come back. */
bool rig_round(struct rig *r, unsigned int frames)
{
	unsigned int i;

	for (i = 0; i < frames; i++)
		send_one(r);
	rig_put(r, q(r, TDT), r->tx_tail);
	for (i = 0; i < frames; i++) {
		if (!wait_done(r))
			return false;
		/* As Linux does it. */
		memset(r->mem + RIG_RX_RING * PAGE + r->rx_next * 16 +
		       (r->units == 2 || r->format == RIG_EXTENDED ? 8 : 12),
		       0, 1);
		r->rx_next = (r->rx_next + r->units) % RIG_UNITS;
	}
	rig_post(r);
	return true;
}

bool rig_frames(struct rig *r, unsigned int frames)
{
	unsigned int n;

	for (; frames; frames -= n) {
		n = frames < RIG_BURST ? frames : RIG_BURST;
		if (!rig_round(r, n))
			return false;
	}
	return true;
}

static int type1(struct rig *r, uint32_t flags)
{
	struct vfio_iommu_type1_dirty_bitmap arg = {
		.argsz = sizeof(arg), .flags = flags,
	};

	return ioctl(r->c.v.container, VFIO_IOMMU_DIRTY_PAGES, &arg) ?
	       -errno : 0;
}

static int log_start(struct rig *r)
{
	struct vfio_device_feature_dma_logging_range range = {
		.iova = RIG_IOVA, .length = RIG_LEN,
	};
	struct vfio_device_feature_dma_logging_control control = {
		.page_size = PAGE, .num_ranges = 1,
		.ranges = (uintptr_t)&range,
	};

	return vdev_feature(&r->c.v, VFIO_DEVICE_FEATURE_SET |
			    VFIO_DEVICE_FEATURE_DMA_LOGGING_START,
			    &control, sizeof(control));
}

/* As QEMU does it. */
int rig_track(struct rig *r)
{
	int ret;

	if (r->log)
		ret = log_start(r);
	else
		ret = type1(r, VFIO_IOMMU_DIRTY_PAGES_FLAG_START);
	if (ret)
		return ret;
	return vdev_set_state(&r->c.v, VFIO_DEVICE_STATE_PRE_COPY, &r->data_fd);
}

int rig_untrack(struct rig *r)
{
	int ret = vdev_set_state(&r->c.v, VFIO_DEVICE_STATE_RUNNING, NULL);

	close(r->data_fd);
	r->data_fd = -1;
	if (ret)
		return ret;
	if (!r->log)
		return type1(r, VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP);
	return vdev_feature(&r->c.v, VFIO_DEVICE_FEATURE_SET |
			    VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP, NULL, 0);
}

static int type1_report(struct rig *r, struct rig_report *to)
{
	struct {
		struct vfio_iommu_type1_dirty_bitmap dirty;
		struct vfio_iommu_type1_dirty_bitmap_get get;
	} arg = {
		.dirty = {
			.argsz = sizeof(arg),
			.flags = VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP,
		},
		.get = {
			.iova = RIG_IOVA, .size = RIG_LEN,
			.bitmap = {
				.pgsize = PAGE, .size = sizeof(to->bits),
				.data = (__u64 *)to->bits,
			},
		},
	};

	return ioctl(r->c.v.container, VFIO_IOMMU_DIRTY_PAGES, &arg) ?
	       -errno : 0;
}

static int log_report(struct rig *r, struct rig_report *to)
{
	struct vfio_device_feature_dma_logging_report arg = {
		.iova = RIG_IOVA, .length = RIG_LEN, .page_size = PAGE,
		.bitmap = (uintptr_t)to->bits,
	};

	return vdev_feature(&r->c.v, VFIO_DEVICE_FEATURE_GET |
			    VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT,
			    &arg, sizeof(arg));
}

int rig_report(struct rig *r, struct rig_report *to)
{
	memset(to, 0, sizeof(*to));
	return r->log ? log_report(r, to) : type1_report(r, to);
}

/* With what type1 has to say of it at the end. */
static int type1_unmap(struct rig *r, struct rig_report *to)
{
	struct {
		struct vfio_iommu_type1_dma_unmap unmap;
		struct vfio_bitmap bitmap;
	} arg = {
		.unmap = {
			.argsz = sizeof(arg), .iova = RIG_IOVA, .size = RIG_LEN,
			.flags = to ? VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP : 0,
		},
	};

	if (to) {
		memset(to, 0, sizeof(*to));
		arg.bitmap.pgsize = PAGE;
		arg.bitmap.size = sizeof(to->bits);
		arg.bitmap.data = (__u64 *)to->bits;
	}
	return ioctl(r->c.v.container, VFIO_IOMMU_UNMAP_DMA, &arg) ? -errno : 0;
}

int rig_unmap(struct rig *r, struct rig_report *to)
{
	struct iommu_ioas_unmap arg = {
		.size = sizeof(arg), .ioas_id = r->c.v.ioas, .iova = RIG_IOVA,
		.length = RIG_LEN,
	};

	if (r->c.v.container >= 0)
		return type1_unmap(r, r->log ? NULL : to);
	return ioctl(r->c.v.iommufd, IOMMU_IOAS_UNMAP, &arg) ? -errno : 0;
}

/* Of the driver's counters, one; 0 if it is not there. */
unsigned long long rig_counter(struct rig *r, const char *name)
{
	unsigned long long value = 0, found;
	char path[256], is[64];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/kernel/debug/vfio_mig/%s/counters",
		 strrchr(vdev_path(0), '/') + 1);
	f = fopen(path, "r");
	while (f && fscanf(f, "%63s %llu", is, &found) == 2)
		if (!strcmp(is, name))
			value = found;
	if (f)
		fclose(f);
	return value;
}

static void note_changes(struct rig *r, struct rig_report *changed,
			 unsigned int page)
{
	size_t at = (size_t)page * PAGE;

	if (!memcmp(r->mem + at, r->before + at, PAGE))
		return;
	memcpy(r->before + at, r->mem + at, PAGE);
	if (!(r->own[page / 64] & 1ULL << page % 64))
		changed->bits[page / 64] |= 1ULL << page % 64;
}

void rig_look(struct rig *r, struct rig_report *changed)
{
	unsigned int page;

	memset(changed, 0, sizeof(*changed));
	for (page = 0; page < RIG_PAGES; page++)
		note_changes(r, changed, page);
	memset(r->own, 0, sizeof(r->own));
}

unsigned int rig_count(const struct rig_report *in,
		       const struct rig_report *but_not)
{
	unsigned int i, n = 0;

	for (i = 0; i < RIG_PAGES / 64; i++)
		n += __builtin_popcountll(in->bits[i] &
					  ~(but_not ? but_not->bits[i] : 0));
	return n;
}

/* Pages of what the card has been given and has not given back. */
unsigned int rig_posted(struct rig *r, struct rig_report *to)
{
	unsigned int pages = r->format == RIG_JUMBO ? 2 : 1;
	unsigned int at, i, n;

	memset(to, 0, sizeof(*to));
	for (at = r->rx_next; at != r->rx_tail; at = (at + 1) % RIG_UNITS)
		for (i = 0; i < 4; i++)
			for (n = 0; r->posted[at][i] && n < pages; n++) {
				unsigned int page = n + (r->posted[at][i] -
						    RIG_IOVA) / PAGE;

				to->bits[page / 64] |= 1ULL << page % 64;
			}
	return rig_count(to, NULL);
}
