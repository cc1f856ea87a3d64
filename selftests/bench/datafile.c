// SPDX-License-Identifier: GPL-2.0-only
/*
 * Figures of the data file, as ratios from one run: bytes moved while the
 * device is stopped, overhead of the stream, throughput against tmpfs.
 *
 * usage: datafile SYSFS_OF_SOURCE SYSFS_OF_TARGET   (two vGPUs of 64 MiB)
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/vfio.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define VRAM_SIZE	(64UL << 20)
#define DIRTY_BYTES	(2UL << 20)
#define CHUNK		0x100000UL

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int open_device(const char *sysfs)
{
	char link[256], target[256], path[300], name[256];
	int container = open("/dev/vfio/vfio", O_RDWR);
	int group, device;
	ssize_t n;

	snprintf(link, sizeof(link), "%s/iommu_group", sysfs);
	n = readlink(link, target, sizeof(target) - 1);
	if (n < 0)
		die(link);
	target[n] = '\0';
	snprintf(path, sizeof(path), "/dev/vfio/%s", basename(target));
	group = open(path, O_RDWR);
	if (container < 0 || group < 0)
		die(path);
	if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &container) ||
	    ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		die("container");
	snprintf(name, sizeof(name), "%s", sysfs);
	device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, basename(name));
	if (device < 0)
		die("device");
	return device;
}

static int set_state(int device, uint32_t state)
{
	struct vfio_device_feature_mig_state *mig;
	char buf[sizeof(struct vfio_device_feature) + sizeof(*mig)] = { 0 };
	struct vfio_device_feature *feature = (void *)buf;

	mig = (void *)feature->data;
	mig->device_state = state;
	feature->argsz = sizeof(buf);
	feature->flags = VFIO_DEVICE_FEATURE_SET |
			 VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE;
	if (ioctl(device, VFIO_DEVICE_FEATURE, feature))
		die("set state");
	return mig->data_fd;
}

static size_t read_all(int fd, char *buf)
{
	size_t done = 0;
	ssize_t n;

	while ((n = read(fd, buf + done, CHUNK)) > 0)
		done += n;
	if (n < 0 && errno != ENOMSG)
		die("read");
	return done;
}

static void write_all(int fd, const char *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		size_t n = len - done < CHUNK ? len - done : CHUNK;
		ssize_t ret = write(fd, buf + done, n);

		if (ret <= 0)
			die("write");
		done += ret;
	}
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void row(const char *what, double value, double limit, int at_most)
{
	int good = at_most ? value <= limit : value >= limit;

	printf("{\"what\": \"%s\", \"value\": %.5f, \"target\": \"%s %g\", \"met\": %s}\n",
	       what, value, at_most ? "<=" : ">=", limit,
	       good ? "true" : "false");
}

static void fill(char *vram, size_t len)
{
	for (size_t i = 0; i < len; i += 8)
		*(uint64_t *)(vram + i) = i * 0x9e3779b97f4a7c15ULL + 1;
}

/* Precopy to its temporary end, then dirty bytes, then the rest. */
static size_t stop_bytes(int device, char *vram, char *buf, size_t dirty)
{
	int fd = set_state(device, VFIO_DEVICE_STATE_PRE_COPY);
	size_t n;

	read_all(fd, buf);
	fill(vram, dirty);
	set_state(device, VFIO_DEVICE_STATE_STOP_COPY);
	n = read_all(fd, buf);
	close(fd);
	set_state(device, VFIO_DEVICE_STATE_RUNNING);
	return n;
}

static double tmpfs_time(char *buf, size_t len, int writing)
{
	int fd = memfd_create("bench", 0);
	double began;

	if (fd < 0)
		die("memfd");
	began = now();
	write_all(fd, buf, len);
	if (!writing) {
		lseek(fd, 0, SEEK_SET);
		began = now();
		read_all(fd, buf);
	}
	began = now() - began;
	close(fd);
	return began;
}

int main(int argc, char **argv)
{
	size_t len, stopped;
	int source, target, fd;
	double began, reading, writing;
	char *vram, *buf;

	if (argc != 3)
		return 2;
	source = open_device(argv[1]);
	target = open_device(argv[2]);
	buf = malloc(VRAM_SIZE + VRAM_SIZE / 16);
	vram = mmap(NULL, VRAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		    source, 0);
	if (!buf || vram == MAP_FAILED)
		die("memory");
	memset(buf, 1, VRAM_SIZE + VRAM_SIZE / 16);
	fill(vram, VRAM_SIZE);

	stopped = stop_bytes(source, vram, buf, 0);
	row("stopped bytes of idle 64 MiB, part of VRAM",
	    (double)stopped / VRAM_SIZE, 0.01, 1);
	stopped = stop_bytes(source, vram, buf, DIRTY_BYTES);
	row("stopped bytes, part of 1.05 D + 64 KiB",
	    stopped / (1.05 * DIRTY_BYTES + 65536), 1, 1);

	fd = set_state(source, VFIO_DEVICE_STATE_STOP_COPY);
	began = now();
	len = read_all(fd, buf);
	reading = now() - began;
	row("stream overhead over payload",
	    (double)(len - VRAM_SIZE) / VRAM_SIZE, 0.002, 1);
	fd = set_state(target, VFIO_DEVICE_STATE_RESUMING);
	began = now();
	write_all(fd, buf, len);
	writing = now() - began;
	set_state(target, VFIO_DEVICE_STATE_RUNNING);
	row("data file read throughput, part of tmpfs read",
	    tmpfs_time(buf, len, 0) / reading, 0.5, 0);
	row("data file write throughput, part of tmpfs write",
	    tmpfs_time(buf, len, 1) / writing, 0.5, 0);
	return 0;
}
