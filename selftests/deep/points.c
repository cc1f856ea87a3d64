// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "netlink.h"
#include "points.h"

#define STATE(name)	VFIO_DEVICE_STATE_##name
#define GET(name)	(VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_##name)
#define SET(name)	(VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_##name)

/* What gpu_paint() makes, as the device sends it from STOP. */
static struct stream good;
/* Here and not on the heap: an allocation of libc's is none of the test's. */
static char bytes[1 << 18];
static int objects;

int points_init(void)
{
	struct nl_sock *sk = netlink_open();
	struct vdev v;
	int ret;

	if (!sk)
		return -ENOTCONN;
	objects = netlink_dump(sk);
	netlink_close(sk);
	ret = vdev_open(&v);
	if (ret)
		return ret;
	ret = gpu_paint(&v);
	if (!ret)
		ret = stream_save(&v, &good);
	vdev_close(&v);
	return ret ? ret : objects < 0 ? objects : 0;
}

/* Arcs. */

static int to_state(struct trial *t, uint32_t state)
{
	int fd = -1;
	int ret = vdev_set_state(&t->v, state, &fd);

	if (fd < 0)
		return ret;
	if (t->data >= 0)
		close(t->data);
	t->data = fd;
	return 0;
}

static int prepare_arc(struct trial *t)
{
	int ret = gpu_paint(&t->v);

	if (!ret)
		ret = to_state(t, t->from);
	if (!ret && t->from == STATE(RESUMING))
		ret = stream_write(t->data, &good, PAGE);
	return ret;
}

static int call_arc(struct trial *t)
{
	return to_state(t, t->to);
}

const struct point arc_point = { "arc", prepare_arc, call_arc };

/* Data files. */

static int prepare_saving(struct trial *t, uint32_t state)
{
	int ret = gpu_paint(&t->v);

	return ret ? ret : to_state(t, state);
}

static int prepare_precopy(struct trial *t)
{
	return prepare_saving(t, STATE(PRE_COPY));
}

static int prepare_stopcopy(struct trial *t)
{
	return prepare_saving(t, STATE(STOP_COPY));
}

static int prepare_resuming(struct trial *t)
{
	return to_state(t, STATE(RESUMING));
}

/* All that there is to read; what was read stays when it fails. */
static int read_all(struct trial *t)
{
	ssize_t n;

	do {
		n = read(t->data, bytes + t->got.len, PAGE - 1);
		if (n > 0)
			t->got.len += n;
	} while (n > 0);
	return n ? -errno : 0;
}

static int call_read(struct trial *t)
{
	int ret = read_all(t);

	return ret == -ENOMSG ? 0 : ret;
}

/* A reader whose buffer faults loses nothing. */
static int check_read(struct trial *t, int ret)
{
	if (ret && ret != -EFAULT)
		return 0;
	ret = read_all(t);
	if (ret)
		return ret;
	return t->got.len == good.len && !memcmp(bytes, good.data, good.len) ?
	       0 : -EBADMSG;
}

/* In PRE_COPY there is no end: it is read on in STOP_COPY. */
static int check_precopy_read(struct trial *t, int ret)
{
	if (ret && ret != -EFAULT)
		return 0;
	ret = read_all(t);
	if (ret != -ENOMSG)
		return ret ? ret : -ENODATA;
	ret = to_state(t, STATE(STOP_COPY));
	return ret ? ret : read_all(t);
}

static size_t written;

static int write_all(struct trial *t)
{
	ssize_t n;

	while (written < good.len) {
		size_t len = good.len - written < 3000 ? good.len - written :
							 3000;

		n = write(t->data, good.data + written, len);
		if (n <= 0)
			return n ? -errno : -EIO;
		written += n;
	}
	return 0;
}

static int call_write(struct trial *t)
{
	written = 0;
	return write_all(t);
}

/* A stream goes on after a fault of the buffer; any other end is final. */
static int check_write(struct trial *t, int ret)
{
	if (ret && ret != -EFAULT) {
		if (!vdev_set_state(&t->v, STATE(STOP), NULL))
			return -EPROTO;
		return vdev_get_state(&t->v) == STATE(RESUMING) ? 0 : -EPROTO;
	}
	ret = write_all(t);
	return ret ? ret : vdev_set_state(&t->v, STATE(STOP), NULL);
}

static int call_precopy_info(struct trial *t)
{
	struct vfio_precopy_info info;

	return vdev_precopy_info(t->data, &info);
}

/* A new mode: the next answer has VFIO_PRECOPY_INFO_REINIT. */
static int prepare_reinit(struct trial *t)
{
	int ret = vdev_feature(&t->v, VFIO_DEVICE_FEATURE_SET | FEATURE_INFOV2,
			       NULL, 0);

	if (!ret)
		ret = prepare_precopy(t);
	if (!ret && read_all(t) != -ENOMSG)
		ret = -ENODATA;
	return ret ? ret : gpu_put(&t->v, BAR_REGS, 0x508, 1, 2);
}

/* Who did not get the answer gets it when he asks again. */
static int check_reinit(struct trial *t, int ret)
{
	struct vfio_precopy_info info;

	if (!ret)
		return 0;
	ret = vdev_precopy_info(t->data, &info);
	if (ret)
		return ret;
	return info.flags & INFO_REINIT ? 0 : -ENODATA;
}

static int call_data_size(struct trial *t)
{
	int64_t size = vdev_data_size(&t->v);

	return size < 0 ? size : 0;
}

static int call_get_state(struct trial *t)
{
	int state = vdev_get_state(&t->v);

	return state < 0 ? state : 0;
}

/* Other ioctls. */

static int call_reset(struct trial *t)
{
	return vdev_reset(&t->v);
}

static int call_infos(struct trial *t)
{
	struct vfio_device_info device = { .argsz = sizeof(device) };
	struct vfio_irq_info irq = {
		.argsz = sizeof(irq), .index = VFIO_PCI_MSI_IRQ_INDEX,
	};
	struct vfio_region_info region;

	if (ioctl(t->v.fd, VFIO_DEVICE_GET_INFO, &device) ||
	    ioctl(t->v.fd, VFIO_DEVICE_GET_IRQ_INFO, &irq))
		return -errno;
	return vdev_region(&t->v, BAR_VRAM, &region);
}

static int call_plane(struct trial *t)
{
	struct vfio_device_gfx_plane_info plane = {
		.argsz = sizeof(plane), .flags = VFIO_GFX_PLANE_TYPE_REGION,
	};

	return ioctl(t->v.fd, VFIO_DEVICE_QUERY_GFX_PLANE, &plane) ? -errno : 0;
}

static int prepare_irqs(struct trial *t)
{
	t->data = eventfd(0, EFD_CLOEXEC);
	return t->data < 0 ? -errno : 0;
}

static int call_irqs(struct trial *t)
{
	return gpu_msi(&t->v, t->data);
}

static int call_describe(struct trial *t)
{
	struct vfio_mig_describe d;

	return ours_describe(&t->v, &d);
}

static int prepare_token(struct trial *t)
{
	return fact_read("version", t->token, sizeof(t->token));
}

static int call_check(struct trial *t)
{
	struct vfio_mig_verdict verdict;
	int ret = ours_check(&t->v, t->token, &verdict);

	return ret ? ret : verdict.code;
}

static int call_negotiate(struct trial *t)
{
	struct vfio_mig_verdict verdict;
	int minor;
	int ret = ours_negotiate(&t->v, t->token, &minor, &verdict);

	return ret ? ret : verdict.code;
}

static int call_reason(struct trial *t)
{
	char why[VFIO_MIG_TEXT_MAX];

	return ours_reason(&t->v, why) > 0 ? -EIO : 0;
}

static int log_start(struct trial *t)
{
	struct vfio_device_feature_dma_logging_range ranges[] = {
		{ .iova = GPU_IOVA, .length = 64 * PAGE },
		{ .iova = 16 * GPU_IOVA, .length = 64 * PAGE },
	};
	struct vfio_device_feature_dma_logging_control c = {
		.page_size = PAGE, .num_ranges = 2, .ranges = (uintptr_t)ranges,
	};

	return vdev_feature(&t->v, SET(DMA_LOGGING_START), &c, sizeof(c));
}

static int log_report(struct trial *t)
{
	static uint64_t bitmap[8];
	struct vfio_device_feature_dma_logging_report r = {
		.iova = GPU_IOVA, .length = 64 * PAGE, .page_size = PAGE,
		.bitmap = (uintptr_t)bitmap,
	};

	return vdev_feature(&t->v, GET(DMA_LOGGING_REPORT), &r, sizeof(r));
}

static int log_stop(struct trial *t)
{
	return vdev_feature(&t->v, SET(DMA_LOGGING_STOP), NULL, 0);
}

/* A reset leaves the log as it is. */
static int prepare_log(struct trial *t)
{
	int ret = log_stop(t);

	return ret ? ret : log_start(t);
}

/* A log that did not start can be started. */
static int check_log_start(struct trial *t, int ret)
{
	ret = ret ? log_start(t) : 0;
	/* The fault may have hit the answer: the log is on then. */
	if (ret == -EINVAL)
		ret = 0;
	return ret ? ret : log_report(t);
}

/* VRAM and registers. */

static int call_region_write(struct trial *t)
{
	return gpu_paint(&t->v);
}

static int prepare_painted(struct trial *t)
{
	return gpu_paint(&t->v);
}

static int call_region_read(struct trial *t)
{
	int ret = gpu_read(&t->v, BAR_VRAM, 0, bytes, 3 * PAGE);

	return ret ? ret : gpu_read(&t->v, CONFIG, 0, bytes, 256);
}

static int call_mmap(struct trial *t)
{
	t->map_len = 16 * PAGE;
	t->map = mmap(NULL, t->map_len, PROT_READ | PROT_WRITE, MAP_SHARED,
		      t->v.fd, 0);
	if (t->map != MAP_FAILED)
		return 0;
	t->map = NULL;
	return -errno;
}

/* Faults in user mode have no errno: the kernel tries again. */
static int call_touch(struct trial *t)
{
	t->map[0] = 1;
	*(volatile char *)(t->map + PAGE);
	t->map[PAGE] = 1;
	return 0;
}

static int check_touch(struct trial *t, int ret)
{
	char page[2];

	ret = gpu_read(&t->v, BAR_VRAM, PAGE - 1, page, 2);
	return ret ? ret : page[1] == 1 ? 0 : -EBADMSG;
}

/* The host's side. */

static int call_open(struct trial *t)
{
	int ret = vdev_open(&t->v);

	t->open = !ret;
	return ret;
}

static int prepare_gone(struct trial *t)
{
	return gpu_remove();
}

static int call_create(struct trial *t)
{
	return gpu_create();
}

static int call_remove(struct trial *t)
{
	return gpu_remove();
}

static int prepare_unloaded(struct trial *t)
{
	int ret = gpu_remove();

	return ret ? ret : gpu_rmmod("vfio_mig_vgpu");
}

static int prepare_all_unloaded(struct trial *t)
{
	int ret = prepare_unloaded(t);

	return ret ? ret : gpu_rmmod("vfio_mig");
}

static int call_load(struct trial *t)
{
	return gpu_insmod("vfio_mig_vgpu");
}

static int call_load_core(struct trial *t)
{
	return gpu_insmod("vfio_mig");
}

static int call_version_read(struct trial *t)
{
	return fact_read("version", t->token, sizeof(t->token));
}

static int call_version_write(struct trial *t)
{
	return fact_write("version", t->token);
}

static int call_fact_reads(struct trial *t)
{
	static const char * const names[] = {
		"migration/type", "migration/stream", "migration/platform",
		"migration/stream_emit", "migration/eq_vram_mib",
	};
	unsigned int i;
	int ret = 0;

	for (i = 0; i < ARRAY_SIZE(names) && !ret; i++)
		ret = fact_read(names[i], t->token, sizeof(t->token));
	return ret;
}

static int call_fact_writes(struct trial *t)
{
	int ret = fact_write("migration/stream_emit", "auto");

	if (!ret)
		ret = fact_write("migration/force", "\n");
	return ret ? ret : fact_write("migration/platform", "auto");
}

static int call_debugfs(struct trial *t)
{
	static const char * const names[] = {
		"state", "reason", "token", "vram_crc", "regs",
	};
	unsigned int i;
	int ret = 0;

	for (i = 0; i < ARRAY_SIZE(names) && !ret; i++)
		ret = gpu_debugfs(names[i], t->token, sizeof(t->token));
	return ret;
}

static int prepare_netlink(struct trial *t)
{
	t->nl = netlink_open();
	return t->nl ? prepare_token(t) : -ENOTCONN;
}

/* A dump that is short without an error is a lie. */
static int call_dump(struct trial *t)
{
	int n = netlink_dump(t->nl);

	if (n < 0)
		return n;
	return n == objects ? 0 : -EBADMSG;
}

static int call_netlink_counters(struct trial *t)
{
	return netlink_counters(t->nl, strrchr(vdev_path(0), '/') + 1);
}

static int call_netlink_check(struct trial *t)
{
	return netlink_check(t->nl, strrchr(vdev_path(0), '/') + 1, t->token);
}

const struct point points[] = {
	{ "read in PRE_COPY", prepare_precopy, call_read, check_precopy_read },
	{ "read in STOP_COPY", prepare_stopcopy, call_read, check_read },
	{ "write", prepare_resuming, call_write, check_write },
	{ "precopy info", prepare_precopy, call_precopy_info },
	{ "precopy info with news", prepare_reinit, call_precopy_info,
	  check_reinit },
	{ "data size", prepare_stopcopy, call_data_size },
	{ "get state", prepare_stopcopy, call_get_state },
	{ "reset", prepare_stopcopy, call_reset },
	{ "infos", NULL, call_infos },
	{ "plane", NULL, call_plane },
	{ "set irqs", prepare_irqs, call_irqs },
	{ "describe", NULL, call_describe },
	{ "check", prepare_token, call_check },
	{ "negotiate", prepare_token, call_negotiate },
	{ "reason", NULL, call_reason },
	{ "log start", log_stop, log_start, check_log_start },
	{ "log report", prepare_log, log_report },
	{ "log stop", prepare_log, log_stop },
	{ "write of a region", NULL, call_region_write },
	{ "read of a region", prepare_painted, call_region_read },
	{ "mmap", NULL, call_mmap },
	{ "page faults", call_mmap, call_touch, check_touch },
	{ "open", NULL, call_open, .closed = true },
	{ "create", prepare_gone, call_create, .closed = true },
	{ "remove", NULL, call_remove, .closed = true },
	{ "load", prepare_unloaded, call_load, .closed = true, .loads = true },
	{ "load of the core", prepare_all_unloaded, call_load_core,
	  .closed = true, .loads = true },
	{ "read of version", NULL, call_version_read },
	{ "write of version", prepare_token, call_version_write },
	{ "reads of migration/", NULL, call_fact_reads },
	{ "writes of migration/", NULL, call_fact_writes, .closed = true },
	{ "debugfs", NULL, call_debugfs },
	{ "netlink dump", prepare_netlink, call_dump },
	{ "netlink check", prepare_netlink, call_netlink_check },
	{ "netlink counters", prepare_netlink, call_netlink_counters },
};

const unsigned int nr_points = ARRAY_SIZE(points);
