// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>
#include "wire.h"

static bool push(int fd, const char *data, size_t len)
{
	ssize_t n;

	while (len) {
		n = send(fd, data, len, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		data += n;
		len -= n;
	}
	return true;
}

/* What has come on one side goes out on the other; false at its end, or cut. */
static bool carry(int from, int to, size_t *done, size_t cut)
{
	char buf[4096];
	size_t room = cut - *done < sizeof(buf) ? cut - *done : sizeof(buf);
	ssize_t n = room ? recv(from, buf, room, 0) : 0;

	if (n <= 0)
		return false;
	*done += n;
	return push(to, buf, n) && *done < cut;
}

static void *carry_all(void *arg)
{
	struct wire *w = arg;
	struct pollfd p[2] = {
		{ .fd = w->inner[0], .events = POLLIN },
		{ .fd = w->inner[1], .events = POLLIN },
	};
	bool whole = w->cut_forward && w->cut_backward;

	while (whole && poll(p, 2, -1) > 0) {
		if (p[0].revents)
			whole = carry(w->inner[0], w->inner[1], &w->forward,
				      w->cut_forward);
		if (whole && p[1].revents)
			whole = carry(w->inner[1], w->inner[0], &w->backward,
				      w->cut_backward);
	}
	close(w->inner[0]);
	close(w->inner[1]);
	return NULL;
}

int wire_begin(struct wire *w, size_t cut_forward, size_t cut_backward)
{
	int a[2], b[2];

	*w = (struct wire){
		.cut_forward = cut_forward, .cut_backward = cut_backward,
	};
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, a) ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, b))
		return errno;
	w->source = a[0];
	w->inner[0] = a[1];
	w->target = b[0];
	w->inner[1] = b[1];
	return pthread_create(&w->thread, NULL, carry_all, w);
}

void wire_end(struct wire *w)
{
	pthread_join(w->thread, NULL);
}
