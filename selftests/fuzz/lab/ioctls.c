// SPDX-License-Identifier: GPL-2.0-only
/*
 * Anything that a user can do with an open vGPU and its data files, in any
 * order, with good and bad arguments. With one thread (the default) states and
 * files must be as the model has them; with more, nothing may break or hang.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "fuzzer.h"

static void op_get_state(struct fuzzer *f)
{
	run_doing(f->run, f->thread, "GET_STATE");
	model_check(f);
}

/* Of any index, kind, range and action; the descriptors may be anything. */
static void op_irqs(struct fuzzer *f)
{
	struct {
		struct vfio_irq_set set;
		int32_t fd[4];
	} irq = {
		.set = {
			.argsz = sizeof(irq), .index = VFIO_PCI_MSI_IRQ_INDEX,
			.flags = (1u << rng_below(&f->rng, 3)) |
				 VFIO_IRQ_SET_ACTION_TRIGGER,
			.count = rng_below(&f->rng, 3),
		},
		.fd = { f->eventfd, -1, f->v.fd, 0 },
	};
	bool fair;
	void *arg;

	if (rng_once_in(&f->rng, 4))
		irq.set.flags = rng_odd(&f->rng, 32);
	if (rng_once_in(&f->rng, 8))
		irq.set.index = rng_odd(&f->rng, 32);
	if (rng_once_in(&f->rng, 8))
		irq.set.start = rng_odd(&f->rng, 32);
	if (rng_once_in(&f->rng, 8))
		irq.set.count = rng_odd(&f->rng, 32);
	if (rng_once_in(&f->rng, 8))
		irq.set.argsz = rng_odd(&f->rng, 32);
	if (rng_once_in(&f->rng, 4))
		irq.fd[0] = rng_odd(&f->rng, 6) - 1;
	arg = hostile_arg(f, &irq, sizeof(irq), &fair);
	run_doing(f->run, f->thread, "SET_IRQS at %p: %#x, %u + %u of %u", arg,
		  irq.set.flags, irq.set.start, irq.set.count, irq.set.index);
	f->run->report->good += !ioctl(f->v.fd, VFIO_DEVICE_SET_IRQS, arg);
}

/* Any feature but SET_STATE, which the model has to see. */
static void op_feature(struct fuzzer *f)
{
	struct {
		struct vfio_device_feature feature;
		uint64_t data[16];
	} req = {
		.feature = {
			.argsz = sizeof(req),
			.flags = rng_below(&f->rng, 16) |
				 rng_below(&f->rng, 8) << 16,
		},
	};
	size_t i;
	bool fair;
	void *arg;

	if (rng_once_in(&f->rng, 8))
		req.feature.flags = rng_odd(&f->rng, 32);
	if (rng_once_in(&f->rng, 4))
		req.feature.argsz = rng_odd(&f->rng, 32);
	for (i = 0; i < 16; i++)
		req.data[i] = rng_odd(&f->rng, 64);
	/* What may be the address of a bitmap. */
	req.data[3] |= 1ull << 63;
	if ((req.feature.flags & VFIO_DEVICE_FEATURE_MASK) ==
	    VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE)
		req.feature.flags &= ~VFIO_DEVICE_FEATURE_SET;
	arg = hostile_arg(f, &req, sizeof(req), &fair);
	run_doing(f->run, f->thread, "FEATURE %#x at %p", req.feature.flags, arg);
	f->run->report->good += !ioctl(f->v.fd, VFIO_DEVICE_FEATURE, arg);
}

static void read_only(struct fuzzer *f, void *to, const void *from, size_t len)
{
	if (mprotect(f->pages + PAGE, PAGE, PROT_READ | PROT_WRITE))
		run_broken(f->run, "mprotect: errno %d", errno);
	memcpy(to, from, len);
	if (mprotect(f->pages + PAGE, PAGE, PROT_READ))
		run_broken(f->run, "mprotect: errno %d", errno);
}

/* SET_STATE whose argument cannot be read, or not be written back. */
static void op_state_nowhere(struct fuzzer *f)
{
	struct {
		struct vfio_device_feature feature;
		struct vfio_device_feature_mig_state mig;
	} req = {
		.feature = {
			.argsz = sizeof(req),
			.flags = VFIO_DEVICE_FEATURE_SET |
				 VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE,
		},
		.mig.device_state = 1 + rng_below(&f->rng, NR_STATES - 1),
	};
	char *arg = f->pages + 2 * PAGE - sizeof(req);

	read_only(f, arg, &req, sizeof(req));
	run_doing(f->run, f->thread, "SET_STATE %u, read-only, in %s",
		  req.mig.device_state, state_name(f->state));
	if (!ioctl(f->v.fd, VFIO_DEVICE_FEATURE, arg))
		run_broken(f->run, "a data_fd for read-only memory");
	model_changed(f);
	/* Nobody else may come upon it. */
	memset(&req, 0, sizeof(req));
	read_only(f, arg, &req, sizeof(req));
}

static void op_info(struct fuzzer *f)
{
	static const unsigned long cmds[] = {
		VFIO_DEVICE_GET_INFO, VFIO_DEVICE_GET_REGION_INFO,
		VFIO_DEVICE_GET_IRQ_INFO, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO,
	};
	unsigned long cmd = cmds[rng_below(&f->rng, 4)];
	uint32_t info[32];
	size_t i;
	bool fair;
	void *arg;

	for (i = 0; i < 32; i++)
		info[i] = rng_odd(&f->rng, 32);
	if (rng_below(&f->rng, 4))
		info[0] = sizeof(info);
	info[2] = rng_below(&f->rng, 12);
	arg = hostile_arg(f, info, sizeof(info), &fair);
	run_doing(f->run, f->thread, "info %#lx at %p", cmd, arg);
	f->run->report->good += !ioctl(f->v.fd, cmd, arg);
}

/* Any number in VFIO's range, but for what changes states unseen. */
static void op_any_ioctl(struct fuzzer *f)
{
	unsigned long cmd = _IO(VFIO_TYPE, VFIO_BASE + rng_below(&f->rng, 40));
	uint64_t data[16];
	size_t i;
	bool fair;
	void *arg;

	if (cmd == VFIO_DEVICE_FEATURE || cmd == VFIO_DEVICE_RESET)
		return;
	for (i = 0; i < 16; i++)
		data[i] = rng_odd(&f->rng, 64);
	arg = hostile_arg(f, data, sizeof(data), &fair);
	run_doing(f->run, f->thread, "ioctl %#lx at %p", cmd, arg);
	f->run->report->good += !ioctl(f->v.fd, cmd, arg);
}

/* Dirty pages of guest memory: type1's, which knows what the engine wrote. */
static void op_dirty(struct fuzzer *f)
{
	static const uint32_t flags[] = {
		VFIO_IOMMU_DIRTY_PAGES_FLAG_START,
		VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP,
		VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP,
	};
	uint64_t bits[DMA_SIZE / PAGE / 64 + 1];
	struct {
		struct vfio_iommu_type1_dirty_bitmap dirty;
		struct vfio_iommu_type1_dirty_bitmap_get get;
	} req = {
		.dirty = {
			.argsz = sizeof(req), .flags = flags[rng_below(&f->rng, 3)],
		},
		.get = {
			.iova = DMA_IOVA, .size = DMA_SIZE,
			.bitmap = {
				.pgsize = PAGE, .size = sizeof(bits),
				.data = (void *)bits,
			},
		},
	};

	run_doing(f->run, f->thread, "DIRTY_PAGES %u", req.dirty.flags);
	f->run->report->good += !ioctl(f->v.container, VFIO_IOMMU_DIRTY_PAGES,
				       &req);
}

static const struct {
	void (*run)(struct fuzzer *f);
	unsigned int weight;
} ops[] = {
	{ op_get_state, 2 }, { op_set_state, 12 }, { op_fault, 2 },
	{ op_state_nowhere, 1 }, { op_reset, 2 }, { op_data_size, 3 },
	{ op_read, 14 }, { op_write, 14 }, { op_poll, 3 },
	{ op_precopy_info, 6 }, { op_close, 2 }, { op_region, 16 },
	{ op_engine, 4 }, { op_mode, 2 }, { op_plane, 4 }, { op_mmap, 3 },
	{ op_touch, 5 }, { op_dma, 2 }, { op_dirty, 2 }, { op_irqs, 6 },
	{ op_feature, 5 }, { op_info, 4 }, { op_any_ioctl, 3 }, { op_debugfs, 1 },
};

static size_t some_op(struct fuzzer *f)
{
	unsigned int all = 0;
	uint64_t dice;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ops); i++)
		all += ops[i].weight;
	dice = rng_below(&f->rng, all);
	for (i = 0; dice >= ops[i].weight; i++)
		dice -= ops[i].weight;
	return i;
}

static void one(struct fuzzer *f)
{
	/* Rare: it takes long. */
	if (rng_once_in(&f->rng, 2000))
		op_reopen(f);
	ops[some_op(f)].run(f);
	model_check(f);
}

static void *thread_main(void *arg)
{
	struct fuzzer *f = arg;

	kcov_open(&f->kcov);
	while (run_goes_on(f->run)) {
		one(f);
		kcov_collect(&f->kcov, &f->run->report->seen);
	}
	kcov_close(&f->kcov);
	return f;
}

static void init(struct fuzzer *f, struct run *run, unsigned int thread,
		 const struct vdev *v, const struct stream *good)
{
	unsigned int i;

	memset(f, 0, sizeof(*f));
	f->run = run;
	f->thread = thread;
	f->strict = run->threads == 1;
	f->rng.state = run->seed + 0x10000 * thread;
	f->v = *v;
	f->good = good;
	for (i = 0; i < FILES; i++)
		f->files[i].fd = -1;
	f->buf = calloc(1, BUF_SIZE);
	f->dma = mmap(NULL, DMA_SIZE, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	f->eventfd = eventfd(0, EFD_NONBLOCK);
	if (!f->buf || f->dma == MAP_FAILED)
		run_broken(run, "no memory");
	hostile_init(f);
	map_vram(f);
	model_reset(f);
}

static void fuzz(struct run *run)
{
	static struct fuzzer threads[RUN_THREADS];
	pthread_t id[RUN_THREADS];
	struct stream good = { 0 };
	unsigned int i;
	struct vdev v;
	void *end;
	int ret;

	ret = vdev_open(&v);
	if (ret)
		run_broken(run, "open VFIO_MIG_DEVICE: %d", ret);
	ret = stream_save(&v, &good);
	if (ret || vdev_reset(&v))
		run_broken(run, "save: %d", ret);
	for (i = 0; i < run->threads; i++)
		init(&threads[i], run, i, &v, &good);
	for (i = 0; i < run->threads; i++)
		if (pthread_create(&id[i], NULL, thread_main, &threads[i]))
			run_broken(run, "no thread");
	/* A thread that the kernel kills comes back, too, but without its value. */
	for (i = 0; i < run->threads; i++)
		if (pthread_join(id[i], &end) || end != &threads[i])
			run_broken(run, "thread %u was killed", i);
	/* After all that, it is as good as new. */
	ret = vdev_reset(&threads[0].v);
	if (!ret)
		ret = stream_load(&threads[0].v, &good, PAGE);
	if (ret)
		run_broken(run, "a good stream at the end: %d", ret);
}

int main(int argc, char **argv)
{
	return run_fuzzer("fuzzed ioctls", argc, argv, fuzz);
}
