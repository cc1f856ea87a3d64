// SPDX-License-Identifier: GPL-2.0-only
/*
 * Figures of the data file, as ratios from one run: bytes moved while the
 * device is stopped, overhead of the stream, throughput against tmpfs.
 *
 * usage: datafile SYSFS_OF_SOURCE SYSFS_OF_TARGET   (two vGPUs of 64 MiB)
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <vfiomig.h>
#include "vdev_open.h"
#include "vfio_dev.h"

#define VRAM_SIZE	(64UL << 20)
#define DIRTY_BYTES	(2UL << 20)
#define CHUNK		0x100000UL

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* The library takes what is open. */
static struct vfiomig *open_device(const char *sysfs)
{
	struct vdev v = { .container = -1, .group = -1, .iommufd = -1, .fd = -1 };
	struct vfiomig *device;

	errno = -vdev_open_at(&v, sysfs);
	if (!errno)
		errno = -vfiomig_new(&device, v.fd);
	if (errno)
		die(sysfs);
	return device;
}

static void set_state(struct vfiomig *device, int state)
{
	if (!vfiomig_set_state(device, state))
		return;
	fprintf(stderr, "%s\n", vfiomig_error(device));
	exit(1);
}

/* Of the device, or of a file without one. */
static ssize_t read_some(struct vfiomig *device, int fd, char *buf)
{
	return device ? vfiomig_read(device, buf, CHUNK) : read(fd, buf, CHUNK);
}

static size_t read_all(struct vfiomig *device, int fd, char *buf)
{
	size_t done = 0;
	ssize_t n;

	while ((n = read_some(device, fd, buf + done)) > 0)
		done += n;
	if (n < 0)
		die("read");
	return done;
}

static void write_all(struct vfiomig *device, int fd, const char *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		size_t n = len - done < CHUNK ? len - done : CHUNK;
		ssize_t ret = device ? vfiomig_write(device, buf + done, n) :
				       write(fd, buf + done, n);

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
static size_t stop_bytes(struct vfiomig *device, char *vram, char *buf, size_t dirty)
{
	size_t n;

	set_state(device, VFIOMIG_STATE_PRE_COPY);
	read_all(device, -1, buf);
	fill(vram, dirty);
	set_state(device, VFIOMIG_STATE_STOP_COPY);
	n = read_all(device, -1, buf);
	set_state(device, VFIOMIG_STATE_RUNNING);
	return n;
}

static double tmpfs_time(char *buf, size_t len, int writing)
{
	int fd = memfd_create("bench", 0);
	double began;

	if (fd < 0)
		die("memfd");
	began = now();
	write_all(NULL, fd, buf, len);
	if (!writing) {
		lseek(fd, 0, SEEK_SET);
		began = now();
		read_all(NULL, fd, buf);
	}
	began = now() - began;
	close(fd);
	return began;
}

int main(int argc, char **argv)
{
	size_t len, stopped;
	struct vfiomig *source, *target;
	double began, reading, writing;
	char *vram, *buf;

	if (argc != 3)
		return 2;
	source = open_device(argv[1]);
	target = open_device(argv[2]);
	buf = malloc(VRAM_SIZE + VRAM_SIZE / 16);
	vram = mmap(NULL, VRAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		    vfiomig_device_fd(source), 0);
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

	set_state(source, VFIOMIG_STATE_STOP_COPY);
	began = now();
	len = read_all(source, -1, buf);
	reading = now() - began;
	row("stream overhead over payload",
	    (double)(len - VRAM_SIZE) / VRAM_SIZE, 0.002, 1);
	set_state(target, VFIOMIG_STATE_RESUMING);
	began = now();
	write_all(target, -1, buf, len);
	writing = now() - began;
	set_state(target, VFIOMIG_STATE_RUNNING);
	row("data file read throughput, part of tmpfs read",
	    tmpfs_time(buf, len, 0) / reading, 0.5, 0);
	row("data file write throughput, part of tmpfs write",
	    tmpfs_time(buf, len, 1) / writing, 0.5, 0);
	return 0;
}
