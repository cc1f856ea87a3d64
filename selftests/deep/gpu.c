// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "gpu.h"
#include "ours.h"

#define TYPE	"/sys/class/mdev_bus/vfio_mig_vgpu/mdev_supported_types/vfio_mig_vgpu-4"

static const char *uuid(void)
{
	return strrchr(vdev_path(0), '/') + 1;
}

int gpu_insmod(const char *name)
{
	const char *dir = getenv("LAB_MODULES");
	char path[256];
	int fd, ret;

	snprintf(path, sizeof(path), "%s/%s.ko", dir ? dir : "/lab/modules",
		 name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = syscall(SYS_finit_module, fd, "", 0) ? -errno : 0;
	close(fd);
	return ret;
}

int gpu_rmmod(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? -errno : 0;
}

int gpu_create(void)
{
	return file_write(TYPE "/create", uuid());
}

int gpu_remove(void)
{
	return fact_write("remove", "1");
}

static int there(const char *path)
{
	return !access(path, F_OK);
}

/* Modules and device are there, as before all tests. */
int gpu_ensure(void)
{
	int ret = 0;

	if (!there("/sys/module/vfio_mig"))
		ret = gpu_insmod("vfio_mig");
	if (!ret && !there("/sys/module/vfio_mig_vgpu"))
		ret = gpu_insmod("vfio_mig_vgpu");
	if (!ret && !there(vdev_path(0)))
		ret = gpu_create();
	return ret;
}

/* What an operator may have set; the device has to be closed. */
int gpu_defaults(void)
{
	int ret = fact_write("migration/platform", "auto");

	if (!ret)
		ret = fact_write("migration/stream_emit", "auto");
	return ret ? ret : fact_write("migration/force", "\n");
}

static off_t at(uint32_t region, uint64_t off)
{
	return ((uint64_t)region << 40) + off;
}

int gpu_read(struct vdev *v, uint32_t region, uint64_t off, void *p, size_t len)
{
	ssize_t n = pread(v->fd, p, len, at(region, off));

	if (n < 0)
		return -errno;
	return n == (ssize_t)len ? 0 : -EIO;
}

int gpu_write(struct vdev *v, uint32_t region, uint64_t off, const void *p,
	      size_t len)
{
	ssize_t n = pwrite(v->fd, p, len, at(region, off));

	if (n < 0)
		return -errno;
	return n == (ssize_t)len ? 0 : -EIO;
}

int gpu_put(struct vdev *v, uint32_t region, uint64_t off, uint32_t value,
	    size_t len)
{
	return gpu_write(v, region, off, &value, len);
}

int gpu_bus_master(struct vdev *v)
{
	return gpu_put(v, CONFIG, 4, 6, 2);
}

int gpu_engine(struct vdev *v, uint32_t cmd, uint64_t src, uint64_t dst,
	       uint32_t len)
{
	int ret = gpu_write(v, BAR_ENGINE, ENG_SRC, &src, 4);

	if (!ret)
		ret = gpu_put(v, BAR_ENGINE, ENG_SRC + 4, src >> 32, 4);
	if (!ret)
		ret = gpu_put(v, BAR_ENGINE, ENG_DST, dst, 4);
	if (!ret)
		ret = gpu_put(v, BAR_ENGINE, ENG_DST + 4, dst >> 32, 4);
	if (!ret)
		ret = gpu_put(v, BAR_ENGINE, ENG_LEN, len, 4);
	return ret ? ret : gpu_put(v, BAR_ENGINE, ENG_CMD, cmd, 4);
}

/* MSI to an eventfd; -1 takes it away. */
int gpu_msi(struct vdev *v, int fd)
{
	struct {
		struct vfio_irq_set set;
		int32_t fd;
	} irq = {
		.set = {
			.argsz = sizeof(irq), .index = VFIO_PCI_MSI_IRQ_INDEX,
			.flags = VFIO_IRQ_SET_DATA_EVENTFD |
				 VFIO_IRQ_SET_ACTION_TRIGGER,
			.count = 1,
		},
		.fd = fd,
	};

	return ioctl(v->fd, VFIO_DEVICE_SET_IRQS, &irq) ? -errno : 0;
}

/* Something everywhere: VRAM, a mode, the engine's registers. */
int gpu_paint(struct vdev *v)
{
	char page[PAGE];
	int i, ret = 0;

	for (i = 0; i < GPU_PAINTED && !ret; i++) {
		memset(page, 'a' + i, sizeof(page));
		ret = gpu_write(v, BAR_VRAM, i * 100 * PAGE, page, PAGE);
	}
	if (!ret)
		ret = gpu_put(v, BAR_REGS, 0x502, 640, 2);
	return ret ? ret : gpu_put(v, BAR_ENGINE, ENG_FILL, 0x12345678, 4);
}

/* Nothing of the last user is in VRAM. */
int gpu_is_blank(struct vdev *v)
{
	static char vram[4 << 20];
	int ret = gpu_read(v, BAR_VRAM, 0, vram, sizeof(vram));

	if (ret)
		return ret;
	return vram[0] || memcmp(vram, vram + 1, sizeof(vram) - 1) ? -EBADMSG : 0;
}

static int save(struct vdev *v, struct stream *s)
{
	int ret = stream_save(v, s);

	return ret ? ret : vdev_reset(v);
}

static int load_and_save(struct vdev *v, const struct stream *s)
{
	struct stream again = { 0 };
	int ret = stream_load(v, s, PAGE + 7);

	if (!ret)
		ret = vdev_set_state(v, VFIO_DEVICE_STATE_RUNNING, NULL);
	if (!ret)
		ret = stream_save_precopy(v, &again);
	if (!ret && again.len < s->len)
		ret = -ENODATA;
	if (!ret) {
		struct stream final = { 0 };

		/* From STOP, as the first was: then they are equal. */
		ret = stream_save(v, &final);
		if (!ret && !stream_equal(s, &final))
			ret = -EBADMSG;
		stream_free(&final);
	}
	stream_free(&again);
	return ret;
}

/* A round trip through all that migration has; what was loaded is equal. */
int gpu_works(struct vdev *v)
{
	struct stream s = { 0 };
	int ret = vdev_reset(v);

	if (!ret && vdev_get_state(v) != VFIO_DEVICE_STATE_RUNNING)
		ret = -EPROTO;
	if (!ret)
		ret = gpu_paint(v);
	if (!ret)
		ret = save(v, &s);
	if (!ret)
		ret = load_and_save(v, &s);
	if (!ret)
		ret = vdev_reset(v);
	stream_free(&s);
	return ret;
}

/*
 * mdev lets a device be removed before it is complete: that fails, and its file
 * "remove" is gone for good. Only unloading takes such a device away.
 */
static int take_incomplete(void)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/remove", vdev_path(0));
	if (!there(vdev_path(0)) || there(path))
		return 0;
	return gpu_rmmod("vfio_mig_vgpu");
}

/* @at/@name is there and @instead/@name, where it should be, is not. */
static bool is_elsewhere(const char *at, const char *instead, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", instead, name);
	if (there(path))
		return false;
	snprintf(path, sizeof(path), "%s/%s", at, name);
	return there(path);
}

static bool group_is_elsewhere(void)
{
	char path[PATH_MAX], target[PATH_MAX];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/iommu_group", vdev_path(0));
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = 0;
	return is_elsewhere("/dev", "/dev/vfio", strrchr(target, '/') + 1);
}

static bool cdev_is_elsewhere(void)
{
	char path[PATH_MAX];
	bool found = false;
	struct dirent *d;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/vfio-dev", vdev_path(0));
	dir = opendir(path);
	while (dir && (d = readdir(dir)))
		found |= d->d_name[0] != '.' &&
			 is_elsewhere("/dev", "/dev/vfio/devices", d->d_name);
	if (dir)
		closedir(dir);
	return found;
}

/*
 * A class that has no memory to say where its node belongs gets one in /dev,
 * with the name of the device (device_get_devnode()), and is not told.
 */
static int take_misplaced(void)
{
	return group_is_elsewhere() || cdev_is_elsewhere() ? gpu_remove() : 0;
}

int gpu_opens_and_works(void)
{
	struct vdev v;
	int ret = take_incomplete();

	if (!ret)
		ret = take_misplaced();
	if (!ret)
		ret = gpu_ensure();
	if (!ret)
		ret = gpu_defaults();
	if (!ret)
		ret = vdev_open(&v);
	if (ret)
		return ret;
	ret = gpu_works(&v);
	vdev_close(&v);
	return ret;
}

int gpu_debugfs(const char *name, char *buf, size_t len)
{
	char path[256];

	snprintf(path, sizeof(path), "/sys/kernel/debug/vfio_mig/%s/%s", uuid(),
		 name);
	return file_read(path, buf, len);
}

/* Data files that this process has. */
int gpu_sessions(void)
{
	char path[300], target[64];
	struct dirent *d;
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (dir && (d = readdir(dir))) {
		ssize_t len;

		snprintf(path, sizeof(path), "/proc/self/fd/%s", d->d_name);
		len = readlink(path, target, sizeof(target) - 1);
		if (len < 0)
			continue;
		target[len] = '\0';
		n += !strcmp(target, "anon_inode:vfio-mig") ||
		     !strcmp(target, "anon_inode:[vfio-mig]");
	}
	if (dir)
		closedir(dir);
	return n;
}

/* What holds a module: it is what it was when all files are closed. */
long gpu_module_users(const char *name)
{
	char path[128], text[32];

	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", name);
	return file_read(path, text, sizeof(text)) ? -1 : atol(text);
}
