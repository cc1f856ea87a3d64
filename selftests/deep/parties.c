// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>
#include "netlink.h"
#include "ours.h"
#include "parties.h"

#define STATE(name)	VFIO_DEVICE_STATE_##name

/* The data file. */

static void step_read(struct world *w, unsigned int *seed)
{
	char buf[3 * PAGE];

	if (read(w->data, buf, 1 + rand_r(seed) % sizeof(buf)) < 0)
		return;
}

static void step_write(struct world *w, unsigned int *seed)
{
	size_t from = rand_r(seed) % 3 ? 0 : rand_r(seed) % w->good.len;

	if (write(w->data, w->good.data + from,
		  rand_r(seed) % (w->good.len - from) + 1) < 0)
		return;
}

static void step_precopy_info(struct world *w, unsigned int *seed)
{
	struct vfio_precopy_info info;

	vdev_precopy_info(w->data, &info);
	vdev_data_size(&w->v);
}

static void step_poll(struct world *w, unsigned int *seed)
{
	struct pollfd p = { .fd = w->data, .events = POLLIN | POLLOUT };

	poll(&p, 1, 0);
}

static void step_data_close(struct world *w, unsigned int *seed)
{
	world_data(w, -1);
}

/* States. */

static int go(struct world *w, uint32_t state)
{
	int fd = -1;
	int ret = vdev_set_state(&w->v, state, &fd);

	if (!ret && fd >= 0)
		world_data(w, fd);
	return ret;
}

static void step_saving(struct world *w, unsigned int *seed)
{
	static const uint32_t way[] = {
		STATE(PRE_COPY), STATE(PRE_COPY_P2P), STATE(STOP_COPY),
		STATE(STOP), STATE(RUNNING_P2P), STATE(RUNNING),
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(way); i++) {
		if (rand_r(seed) % 4)
			go(w, way[i]);
		step_read(w, seed);
	}
}

static void step_resuming(struct world *w, unsigned int *seed)
{
	size_t half = w->good.len / 2;

	go(w, STATE(RESUMING));
	if (write(w->data, w->good.data, half) == (ssize_t)half &&
	    write(w->data, w->good.data + half, w->good.len - half) < 0)
		return;
	if (go(w, STATE(STOP)) || go(w, STATE(RUNNING)))
		vdev_reset(&w->v);
}

static void step_reset(struct world *w, unsigned int *seed)
{
	vdev_reset(&w->v);
}

static void step_features(struct world *w, unsigned int *seed)
{
	struct vfio_mig_describe d;
	struct vfio_mig_verdict verdict;
	char why[VFIO_MIG_TEXT_MAX];
	int minor;

	if (ours_describe(&w->v, &d))
		return;
	ours_check(&w->v, d.token, &verdict);
	ours_negotiate(&w->v, d.token, &minor, &verdict);
	ours_reason(&w->v, why);
}

static void step_dirty_log(struct world *w, unsigned int *seed)
{
	struct vfio_device_feature_dma_logging_range range = {
		.iova = GPU_IOVA, .length = RAM_SIZE,
	};
	struct vfio_device_feature_dma_logging_control start = {
		.page_size = PAGE, .num_ranges = 1, .ranges = (uintptr_t)&range,
	};
	uint64_t bitmap[RAM_SIZE / PAGE / 64] = { 0 };
	struct vfio_device_feature_dma_logging_report report = {
		.iova = GPU_IOVA, .length = RAM_SIZE, .page_size = PAGE,
		.bitmap = (uintptr_t)bitmap,
	};

	vdev_feature(&w->v, VFIO_DEVICE_FEATURE_SET |
		     VFIO_DEVICE_FEATURE_DMA_LOGGING_START, &start, sizeof(start));
	vdev_feature(&w->v, VFIO_DEVICE_FEATURE_GET |
		     VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT, &report,
		     sizeof(report));
	if (rand_r(seed) % 2)
		vdev_feature(&w->v, VFIO_DEVICE_FEATURE_SET |
			     VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP, NULL, 0);
}

/* The guest. */

static void step_mmap(struct world *w, unsigned int *seed)
{
	const size_t len = 16 * PAGE;
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, w->v.fd,
		       (rand_r(seed) % 64) * len);
	size_t i;

	if (p == MAP_FAILED)
		return;
	for (i = 0; i < len; i += PAGE)
		*(volatile char *)(p + i) = rand_r(seed);
	munmap(p, len);
}

static void step_region(struct world *w, unsigned int *seed)
{
	char buf[2 * PAGE];
	uint64_t off = rand_r(seed) % (1 << 20);

	memset(buf, rand_r(seed), sizeof(buf));
	gpu_write(&w->v, BAR_VRAM, off, buf, sizeof(buf));
	gpu_read(&w->v, BAR_VRAM, off, buf, sizeof(buf));
	gpu_put(&w->v, BAR_REGS, 0x502 + 2 * (rand_r(seed) % 9), rand_r(seed), 2);
	gpu_read(&w->v, BAR_REGS, 0, buf, PAGE);
	gpu_read(&w->v, CONFIG, 0, buf, 256);
	gpu_bus_master(&w->v);
}

static void step_dma(struct world *w, unsigned int *seed)
{
	int irq = eventfd(0, EFD_CLOEXEC);
	uint64_t vram = rand_r(seed) % (1 << 20);

	gpu_msi(&w->v, irq);
	gpu_put(&w->v, BAR_ENGINE, ENG_IRQ, 1, 4);
	if (rand_r(seed) % 2)
		gpu_engine(&w->v, TO_VRAM, GPU_IOVA, vram, RAM_SIZE / 2);
	else
		gpu_engine(&w->v, TO_GUEST, vram, GPU_IOVA, RAM_SIZE / 2);
	if (rand_r(seed) % 2)
		gpu_msi(&w->v, -1);
	gpu_put(&w->v, BAR_ENGINE, ENG_STATUS, 6, 4);
	close(irq);
}

/* The host. */

static void step_reopen(struct world *w, unsigned int *seed)
{
	if (!world_open(w))
		step_region(w, seed);
	world_close(w);
}

static void step_debugfs(struct world *w, unsigned int *seed)
{
	static const char * const files[] = {
		"state", "reason", "token", "vram_crc", "regs",
	};
	char text[1024];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(files); i++)
		gpu_debugfs(files[i], text, sizeof(text));
}

static void read_facts(void)
{
	char path[300], name[300], text[4096];
	struct dirent *d;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/migration", vdev_path(0));
	dir = opendir(path);
	while (dir && (d = readdir(dir))) {
		snprintf(name, sizeof(name), "migration/%s", d->d_name);
		fact_read(name, text, sizeof(text));
	}
	if (dir)
		closedir(dir);
}

static void step_sysfs(struct world *w, unsigned int *seed)
{
	char token[VFIO_MIG_TOKEN_MAX + 1];

	if (!fact_read("version", token, sizeof(token)))
		fact_write("version", token);
	read_facts();
	fact_write("migration/stream_emit", rand_r(seed) % 2 ? "auto" : "1.0");
	fact_write("migration/force", rand_r(seed) % 2 ? "ENG" : "");
	fact_write("migration/platform", rand_r(seed) % 2 ? "auto" : "2026.1");
	fact_write("migration/platform", "auto");
}

static void step_netlink(struct world *w, unsigned int *seed)
{
	struct nl_sock *sk = netlink_open();
	char token[VFIO_MIG_TOKEN_MAX + 1];

	if (!sk)
		return;
	netlink_dump(sk);
	netlink_counters(sk, strrchr(vdev_path(0), '/') + 1);
	if (!fact_read("version", token, sizeof(token)))
		netlink_check(sk, strrchr(vdev_path(0), '/') + 1, token);
	netlink_close(sk);
}

static void step_recreate(struct world *w, unsigned int *seed)
{
	world_close(w);
	gpu_remove();
	gpu_create();
	world_open(w);
}

/* What is used stays; what is not goes, and comes again. */
static void step_rmmod(struct world *w, unsigned int *seed)
{
	gpu_rmmod("vfio_mig_vgpu");
	gpu_rmmod("vfio_mig");
	gpu_ensure();
}

const struct party parties[] = {
	{ "read", step_read },
	{ "write", step_write },
	{ "precopy info", step_precopy_info },
	{ "poll", step_poll },
	{ "close data file", step_data_close },
	{ "saving", step_saving },
	{ "resuming", step_resuming },
	{ "reset", step_reset },
	{ "features", step_features },
	{ "dirty log", step_dirty_log },
	{ "mmap", step_mmap },
	{ "region", step_region },
	{ "copy engine", step_dma },
	{ "debugfs", step_debugfs },
	{ "sysfs", step_sysfs },
	{ "netlink", step_netlink },
	{ "reopen", step_reopen, world_close },
	{ "remove and create", step_recreate, world_close, true },
	{ "rmmod", step_rmmod, NULL, true },
};

const unsigned int nr_parties = ARRAY_SIZE(parties);

/* A process that is to die does so in the middle of what others do. */
void party_step(const struct party *p, struct world *w, unsigned int *seed)
{
	p->step(w, seed);
	if (atomic_fetch_add(&w->steps, 1) + 1 == w->last)
		kill(getpid(), SIGKILL);
}
