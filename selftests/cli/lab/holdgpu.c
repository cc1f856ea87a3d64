// SPDX-License-Identifier: GPL-2.0-only
/*
 * holdgpu SYSFS [OPTIONS] -- COMMAND...: what a VMM is to a virtual GPU: opens
 * it, runs COMMAND with the device as file 9, and exits with its status.
 *
 *   -w FILE  before, writes FILE into VRAM
 *   -e       before, looks at the copy engine, as a driver of the guest does
 *   -r FILE  afterwards, reads the first MiB of VRAM into FILE
 *   -s FILE  afterwards, writes the migration state into FILE
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "vdev_open.h"
#include "vfio_dev.h"

#define DEVICE_FD	9
#define VRAM_BAR	VFIO_PCI_BAR0_REGION_INDEX
#define ENGINE_BAR	VFIO_PCI_BAR4_REGION_INDEX

static char buffer[1 << 20];

static off_t region(int fd, uint32_t index)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = index };

	return ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, &info) ? -1 :
	       (off_t)info.offset;
}

/* From one file to another; what is short is the end of it. */
static int copy(int from, off_t at, int to, off_t where)
{
	ssize_t n = at < 0 ? read(from, buffer, sizeof(buffer)) :
			     pread(from, buffer, sizeof(buffer), at);

	if (n <= 0)
		return -EIO;
	n -= where < 0 ? write(to, buffer, n) : pwrite(to, buffer, n, where);
	return n ? -EIO : 0;
}

static int fill_vram(int fd, const char *path)
{
	int from = open(path, O_RDONLY);
	int ret = copy(from, -1, fd, region(fd, VRAM_BAR));

	close(from);
	return ret;
}

static int dump_vram(int fd, const char *path)
{
	int to = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	int ret = copy(fd, region(fd, VRAM_BAR), to, -1);

	close(to);
	return ret;
}

static int look_at_engine(int fd)
{
	uint32_t id;

	return pread(fd, &id, sizeof(id), region(fd, ENGINE_BAR)) ==
	       sizeof(id) ? 0 : -EIO;
}

static int tell_state(int fd, const char *path)
{
	char arg[sizeof(struct vfio_device_feature) +
		 sizeof(struct vfio_device_feature_mig_state)] = { 0 };
	struct vfio_device_feature *f = (void *)arg;
	struct vfio_device_feature_mig_state *state = (void *)f->data;
	static const char *const names[] = {
		"ERROR", "STOP", "RUNNING", "STOP_COPY", "RESUMING",
		"RUNNING_P2P", "PRE_COPY", "PRE_COPY_P2P",
	};
	FILE *to;

	f->argsz = sizeof(arg);
	f->flags = VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE;
	if (ioctl(fd, VFIO_DEVICE_FEATURE, f) || state->device_state > 7)
		return -EIO;
	to = fopen(path, "w");
	if (!to)
		return -errno;
	fprintf(to, "%s\n", names[state->device_state]);
	return fclose(to) ? -errno : 0;
}

static int run(int fd, char **command)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		dup2(fd, DEVICE_FD);
		execvp(command[0], command);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 126;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}

static int work(int fd, int argc, char **argv)
{
	const char *dump = NULL, *state = NULL;
	int option, ret = 0, code;

	while (!ret && (option = getopt(argc, argv, "+w:er:s:")) > 0) {
		switch (option) {
		case 'w':
			ret = fill_vram(fd, optarg);
			break;
		case 'e':
			ret = look_at_engine(fd);
			break;
		case 'r':
			dump = optarg;
			break;
		case 's':
			state = optarg;
			break;
		default:
			return 124;
		}
	}
	if (ret || optind == argc)
		return 124;
	code = run(fd, argv + optind);
	if ((dump && dump_vram(fd, dump)) || (state && tell_state(fd, state)))
		return 123;
	return code;
}

int main(int argc, char **argv)
{
	struct vdev v = { .container = -1, .group = -1, .iommufd = -1, .fd = -1 };
	int ret;

	if (argc < 3)
		return 124;
	ret = vdev_open_at(&v, argv[1]);
	if (ret) {
		fprintf(stderr, "holdgpu: %s: %s\n", argv[1], strerror(-ret));
		return 122;
	}
	ret = work(v.fd, argc - 1, argv + 1);
	if (ret > 121)
		fprintf(stderr, "holdgpu: failed: %d\n", ret);
	return ret;
}
