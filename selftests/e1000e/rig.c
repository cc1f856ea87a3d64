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

/* By the CPU, which is no business of the card's reports. */
static void store(struct rig *r, void *to, const void *from, size_t len)
{
	memcpy(to, from, len);
	memcpy(r->copy + ((uint8_t *)to - r->mem), from, len);
}

static struct rig_queue *this(struct rig *r)
{
	return &r->q[r->queue];
}

/* The place of a ring, and the one of a descriptor in it. */
unsigned int rig_ring_page(struct rig *r, unsigned int first)
{
	return first + RIG_RING_PAGES * r->queue;
}

static uint8_t *desc_at(struct rig *r, unsigned int first, unsigned int unit)
{
	return r->mem + rig_ring_page(r, first) * PAGE + unit * 16;
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
	return vdev_map_dma(&r->c.v, RIG_IOVA, r->mem, r->pages * PAGE);
}

int rig_open(struct rig *r, enum rig_format format, unsigned int steer,
	     unsigned int pages)
{
	int ret;

	memset(r, 0, sizeof(*r));
	r->data_fd = -1;
	r->format = format;
	r->pages = pages;
	r->slots = RIG_UNITS;
	r->steer = steer;
	r->queue = steer == RIG_BOTH ? 0 : steer;
	r->units = format == RIG_SPLIT ? 2 : 1;
	r->frame = format == RIG_SPLIT ? 3100 :
		   format == RIG_JUMBO ? RIG_FRAME_MAX : 1000;
	ret = card_open(&r->c, 0);
	if (ret)
		return ret;
	r->log = has_log(&r->c.v);
	r->mem = mmap(NULL, r->pages * PAGE, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	r->copy = calloc(r->pages, PAGE);
	r->doorbells = mmap(NULL, 0x2000, PROT_READ | PROT_WRITE, MAP_SHARED,
			    r->c.v.fd, DOORBELLS);
	if (r->mem == MAP_FAILED || r->doorbells == MAP_FAILED || !r->copy)
		return -ENOMEM;
	return rig_map(r);
}

void rig_close(struct rig *r)
{
	if (r->data_fd >= 0)
		close(r->data_fd);
	munmap((void *)r->doorbells, 0x2000);
	card_close(&r->c);
	munmap(r->mem, r->pages * PAGE);
	free(r->copy);
}

static uint32_t q(struct rig *r, uint32_t offset)
{
	return offset + 0x100 * r->queue;
}

/* By a hash that differs from flow to flow: to one queue, or to either. */
static void steer(struct rig *r)
{
	static const uint32_t reta[] = { 0, 0x80808080, 0x80008000 };
	unsigned int i;

	put(&r->c, MRQC, 1 | 0x3f << 16);
	put(&r->c, RXCSUM, 1 << 13);
	for (i = 0; i < 10; i++)
		put(&r->c, RSSRK + 4 * i, 0x9e3779b9 * (i + 1));
	for (i = 0; i < 32; i++)
		put(&r->c, RETA + 4 * i, reta[r->steer]);
}

static void clear_ring(struct rig *r, unsigned int first)
{
	static const uint8_t zero[RIG_UNITS_MAX * 16];

	store(r, desc_at(r, first, 0), zero, r->slots * 16);
}

static void rx_ring(struct rig *r)
{
	clear_ring(r, RIG_RX_RING);
	rig_put(r, q(r, RDBAL), iova(rig_ring_page(r, RIG_RX_RING)));
	rig_put(r, q(r, RDBAH), 0);
	rig_put(r, q(r, RDLEN), r->slots * 16);
	rig_put(r, q(r, RDH), 0);
	rig_put(r, q(r, RDT), 0);
}

void rig_tx_ring(struct rig *r)
{
	this(r)->tx_tail = 0;
	this(r)->tx_next = 0;
	clear_ring(r, RIG_TX_RING);
	rig_put(r, q(r, TDBAL), iova(rig_ring_page(r, RIG_TX_RING)));
	rig_put(r, q(r, TDBAH), 0);
	rig_put(r, q(r, TDLEN), r->slots * 16);
	rig_put(r, q(r, TDH), 0);
	rig_put(r, q(r, TDT), 0);
	rig_put(r, q(r, TARC), TARC_EN);
}

/* Both rings, empty. */
void rig_rings(struct rig *r)
{
	memset(this(r), 0, sizeof(*this(r)));
	rx_ring(r);
	rig_tx_ring(r);
}

void rig_go(struct rig *r)
{
	uint32_t rctl = RCTL_EN | RCTL_UPE | RCTL_MPE | RCTL_BAM |
			RCTL_LBM_MAC | RCTL_SECRC | RCTL_LPE;

	steer(r);
	rig_put(r, PSRCTL, psrctl);
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
	if (r->page + n > r->pages - RIG_POOL)
		r->page = 0;
	r->page += n;
	return RIG_POOL + r->page - n;
}

/* A descriptor, with a page of its own for each buffer. */
static void post_one(struct rig *r)
{
	struct rig_queue *k = this(r);
	uint64_t *own = k->posted[k->rx_tail];
	unsigned int i, n = r->format == RIG_SPLIT ? 4 : 1;

	memset(own, 0, 4 * sizeof(*own));
	for (i = 0; i < n; i++)
		own[i] = iova(take_pages(r, r->format == RIG_JUMBO ? 2 : 1));
	store(r, desc_at(r, RIG_RX_RING, k->rx_tail), own, 16 * r->units);
	k->rx_tail = (k->rx_tail + r->units) % r->slots;
}

/* As much as the ring takes, and the doorbell. */
void rig_post(struct rig *r)
{
	struct rig_queue *k = this(r);

	while ((k->rx_tail + r->units) % r->slots != k->rx_next)
		post_one(r);
	rig_put(r, q(r, RDT), k->rx_tail);
}

/* A frame like no other, with an IPv4 and a TCP header for the hash. */
static void make_frame(struct rig *r, uint8_t *frame, unsigned int len,
		       unsigned int flow)
{
	static const uint8_t head[] = {
		0x52, 0x54, 0, 0, 0, 1, 0x52, 0x54, 0, 0, 0, 2, 0x08, 0x00,
		0x45, 0, 0, 0, 0x12, 0x34, 0, 0, 64, 6, 0, 0,
		10, 0, 0, 1, 10, 0, 0, 2,
		0x10, 0, 0x20, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x18, 4, 0,
	};
	unsigned int i;

	r->frames++;
	for (i = 0; i < len; i += 4)
		memcpy(frame + i, &r->frames, 4);
	memcpy(frame, head, sizeof(head));
	frame[16] = (len - 14) >> 8;
	frame[17] = len - 14;
	frame[35] = flow;
}

/* QEMU's model drops what is not in one piece of memory: a descriptor for a page. */
static void send_page(struct rig *r, unsigned int page, unsigned int len,
		      bool last)
{
	const uint64_t desc[] = {
		iova(page), len | 0x0a000000 | (last ? 0x01000000 : 0),
	};
	struct rig_queue *k = this(r);

	store(r, desc_at(r, RIG_TX_RING, k->tx_tail), desc, sizeof(desc));
	k->tx_tail = (k->tx_tail + 1) % r->slots;
}

/* Not before rig_ring() is it seen; at most 64 of a queue are under way. */
void rig_send(struct rig *r, unsigned int len, unsigned int flow)
{
	unsigned int page = RIG_TX_BUFFERS + 256 * r->queue +
			    this(r)->tx_tail % 64 * 4;
	uint8_t frame[RIG_FRAME_MAX];
	unsigned int left;

	make_frame(r, frame, len, flow);
	store(r, r->mem + page * PAGE, frame, len);
	for (left = len; left > PAGE; left -= PAGE)
		send_page(r, page++, PAGE, false);
	send_page(r, page, left, true);
}

void rig_ring(struct rig *r)
{
	rig_put(r, q(r, TDT), this(r)->tx_tail);
}

/* Descriptors that the card has still to send. */
unsigned int rig_sending(struct rig *r)
{
	struct rig_queue *k = this(r);

	while (k->tx_next != k->tx_tail &&
	       *(volatile uint8_t *)(desc_at(r, RIG_TX_RING, k->tx_next) + 12) & 1)
		k->tx_next = (k->tx_next + 1) % r->slots;
	return (k->tx_tail + r->slots - k->tx_next) % r->slots;
}

static uint8_t *status_of(struct rig *r)
{
	bool legacy = r->format == RIG_LEGACY || r->format == RIG_JUMBO;

	return desc_at(r, RIG_RX_RING, this(r)->rx_next) + (legacy ? 12 : 8);
}

static bool done(struct rig *r)
{
	return *(volatile uint8_t *)status_of(r) & 1;
}

/* As Linux does it. */
static void take_one(struct rig *r)
{
	struct rig_queue *k = this(r);

	store(r, status_of(r), "", 1);
	k->rx_next = (k->rx_next + r->units) % r->slots;
}

/* What has come by now; returns in how many descriptors. */
unsigned int rig_reap(struct rig *r)
{
	unsigned int n;

	for (n = 0; done(r); n++)
		take_one(r);
	return n;
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
		rig_send(r, r->frame, 0);
	rig_ring(r);
	for (i = 0; i < frames; i++) {
		if (!wait_done(r))
			return false;
		take_one(r);
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
		.iova = RIG_IOVA, .length = r->pages * PAGE,
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
			.iova = RIG_IOVA, .size = r->pages * PAGE,
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
		.iova = RIG_IOVA, .length = r->pages * PAGE, .page_size = PAGE,
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
			.argsz = sizeof(arg), .iova = RIG_IOVA, .size = r->pages * PAGE,
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
		.length = r->pages * PAGE,
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

static bool differs(struct rig *r, unsigned int page)
{
	size_t at = (size_t)page * PAGE;

	return memcmp(r->mem + at, r->copy + at, PAGE);
}

static void take(struct rig *r, unsigned int page)
{
	size_t at = (size_t)page * PAGE;

	memcpy(r->copy + at, r->mem + at, PAGE);
}

static bool has(const struct rig_report *report, unsigned int page)
{
	return report->bits[page / 64] >> page % 64 & 1;
}

void rig_changed(struct rig *r, struct rig_report *changed)
{
	unsigned int page;

	memset(changed, 0, sizeof(*changed));
	for (page = 0; page < r->pages; page++)
		if (differs(r, page))
			changed->bits[page / 64] |= 1ULL << page % 64;
}

unsigned int rig_take(struct rig *r, const struct rig_report *reported)
{
	unsigned int page, same = 0;

	for (page = 0; page < r->pages; page++) {
		if (!has(reported, page))
			continue;
		same += !differs(r, page);
		take(r, page);
	}
	return same;
}

void rig_look(struct rig *r, struct rig_report *changed)
{
	rig_changed(r, changed);
	rig_take(r, changed);
}

unsigned int rig_count(const struct rig_report *in,
		       const struct rig_report *but_not)
{
	unsigned int i, n = 0;

	for (i = 0; i < RIG_PAGES_MAX / 64; i++)
		n += __builtin_popcountll(in->bits[i] &
					  ~(but_not ? but_not->bits[i] : 0));
	return n;
}

/* Pages of what the card has been given and has not given back. */
unsigned int rig_posted(struct rig *r, struct rig_report *to)
{
	unsigned int pages = r->format == RIG_JUMBO ? 2 : 1;
	struct rig_queue *k = this(r);
	unsigned int at, i, n;

	memset(to, 0, sizeof(*to));
	for (at = k->rx_next; at != k->rx_tail; at = (at + 1) % r->slots)
		for (i = 0; i < 4; i++)
			for (n = 0; k->posted[at][i] && n < pages; n++) {
				unsigned int page = n + (k->posted[at][i] -
						    RIG_IOVA) / PAGE;

				to->bits[page / 64] |= 1ULL << page % 64;
			}
	return rig_count(to, NULL);
}
