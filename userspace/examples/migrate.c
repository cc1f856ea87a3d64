// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A VMM without a guest that migrates a device with libvfiomig:
 *
 *   migrate local FROM TO            from one device to another, in one process
 *   migrate send DEVICE HOST PORT    to another process, perhaps elsewhere
 *   migrate receive DEVICE PORT      from there
 *
 * Devices are sysfs directories, of an mdev or of a PCI device, that are bound to
 * a VFIO driver. To show that something has moved, WRITE=FILE in the environment
 * puts a file into the first bytes of region 0 before the device is sent, and
 * READ=FILE gets as many bytes out of it when it has come. TIMEOUT is in
 * milliseconds.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vfiomig.h>

#define GUEST_BYTES	1048576

struct device {
	struct vfiomig_handle *handle;
	struct vfiomig *mig;
	int fd;
};

static int must(int ret, const char *what)
{
	if (ret >= 0)
		return ret;
	perror(what);
	exit(1);
}

static void open_device(struct device *d, const char *sysfs)
{
	char why[200] = "";
	struct vfiomig_open_options options = {
		.size = sizeof(options), .why = why, .room = sizeof(why),
	};

	if (vfiomig_open(&d->handle, sysfs, &options)) {
		fprintf(stderr, "migrate: %s\n", why);
		exit(1);
	}
	d->fd = vfiomig_handle_fd(d->handle);
	errno = -vfiomig_new(&d->mig, d->fd);
	must(-errno, sysfs);
}

static void close_device(struct device *d)
{
	vfiomig_free(d->mig);
	vfiomig_close(d->handle);
}

/* The library's word: 0, or its error in words. */
static int done(struct device *d, int ret, const char *what)
{
	if (ret < 0)
		fprintf(stderr, "migrate: %s: %s\n", what, vfiomig_error(d->mig));
	return ret;
}

/* What a guest would do: WRITE into its device, or READ from it. */
static void guest(struct device *d, const char *what)
{
	struct vfio_region_info bar = { .argsz = sizeof(bar) };
	bool writes = !strcmp(what, "WRITE");
	static char bytes[GUEST_BYTES];
	const char *file = getenv(what);
	int fd, n;

	if (!file)
		return;
	must(ioctl(d->fd, VFIO_DEVICE_GET_REGION_INFO, &bar), "region 0");
	fd = must(open(file, writes ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC, 0600), file);
	n = must(writes ? read(fd, bytes, GUEST_BYTES) :
		 pread(d->fd, bytes, GUEST_BYTES, bar.offset), what);
	must(writes ? pwrite(d->fd, bytes, n, bar.offset) : write(fd, bytes, n), what);
	close(fd);
}

/* Step by step, as from an event loop: what one device gives the other takes. */
static ssize_t hand_to(void *target, const void *buf, size_t len)
{
	return vfiomig_write(((struct device *)target)->mig, buf, len);
}

static int move_all(struct device *from, struct device *to)
{
	struct vfiomig_sink sink = {
		.size = sizeof(sink), .write = hand_to, .arg = to,
	};
	bool live = vfiomig_flags(from->mig) & VFIOMIG_PRE_COPY;
	int ret = vfiomig_set_state(to->mig, VFIOMIG_STATE_RESUMING);

	if (done(to, ret, "target"))
		return ret;
	if (live)
		ret = vfiomig_set_state(from->mig, VFIOMIG_STATE_PRE_COPY);
	while (live && !ret)
		ret = vfiomig_save_step(from->mig, &sink, 0, NULL);
	/* A guest's processors would be stopped here. */
	if (ret >= 0)
		ret = vfiomig_set_state(from->mig, VFIOMIG_STATE_STOP_COPY);
	while (ret >= 0 && ret != VFIOMIG_DONE)
		ret = vfiomig_save_step(from->mig, &sink, 0, NULL);
	if (done(from, ret, "source") < 0)
		return ret;
	return done(to, vfiomig_set_state(to->mig, VFIOMIG_STATE_RUNNING), "target");
}

static int local(const char *source, const char *target)
{
	struct device from, to;
	int ret;

	open_device(&from, source);
	open_device(&to, target);
	guest(&from, "WRITE");
	ret = move_all(&from, &to);
	if (!ret)
		guest(&to, "READ");
	else if (vfiomig_move(from.mig, VFIOMIG_STATE_RUNNING, VFIOMIG_STATE_ERROR))
		fprintf(stderr, "migrate: %s\n", vfiomig_error(from.mig));
	close_device(&from);
	close_device(&to);
	return ret;
}

/* A connected socket: to @host, or from whoever comes if that is NULL. */
static int connection(const char *host, const char *port)
{
	struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE,
		.ai_family = AF_INET,
	};
	struct addrinfo *a;
	int fd, peer, on = 1;

	must(getaddrinfo(host, port, &hints, &a) ? -1 : 0, "address");
	fd = must(socket(a->ai_family, a->ai_socktype, 0), "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	must(host ? connect(fd, a->ai_addr, a->ai_addrlen) :
		    bind(fd, a->ai_addr, a->ai_addrlen), "address");
	freeaddrinfo(a);
	if (host)
		return fd;
	must(listen(fd, 1), port);
	printf("listening\n");
	fflush(stdout);
	peer = must(accept(fd, NULL, NULL), port);
	close(fd);
	return peer;
}

/* With @host the device is sent there, else one is received. */
static int remote(const char *device, const char *host, const char *port)
{
	uint32_t ms = atoi(getenv("TIMEOUT") ? getenv("TIMEOUT") : "60000");
	struct vfiomig_receive_options receive = {
		.size = sizeof(receive), .timeout_ms = ms,
	};
	struct vfiomig_save_options save = { .size = sizeof(save), .timeout_ms = ms };
	struct vfiomig_send_options send = { .size = sizeof(send), .save = &save };
	enum vfiomig_outcome outcome = VFIOMIG_STAYED;
	struct device d;
	int ret, fd;

	open_device(&d, device);
	if (host)
		guest(&d, "WRITE");
	fd = connection(host, port);
	ret = done(&d, host ? vfiomig_send(d.mig, fd, fd, &send, &outcome) :
			      vfiomig_receive(d.mig, fd, fd, &receive),
		   host ? "sending" : "receiving");
	close(fd);
	/* The device is here: it has stayed, or it has come. */
	if (host ? outcome == VFIOMIG_STAYED : !ret)
		guest(&d, "READ");
	printf("%s\n", vfiomig_state_name(vfiomig_get_state(d.mig)));
	close_device(&d);
	return ret;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "local"))
		return !!local(argv[2], argv[3]);
	if (argc == 5 && !strcmp(argv[1], "send"))
		return !!remote(argv[2], argv[3], argv[4]);
	if (argc == 4 && !strcmp(argv[1], "receive"))
		return !!remote(argv[2], NULL, argv[3]);
	fprintf(stderr, "usage: migrate local FROM TO | send DEVICE HOST PORT | receive DEVICE PORT\n");
	return 2;
}
