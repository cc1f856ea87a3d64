// SPDX-License-Identifier: GPL-2.0-only
/*
 * cutter THERE BACK HOST PORT: a connection that breaks. Prints the port that
 * it listens on, takes one connection, passes it on to HOST, and closes both
 * when THERE bytes have gone there or BACK bytes have come back; "-" is never.
 * Prints how many bytes went each way.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct way {
	int from;
	int to;
	uint64_t limit;
	uint64_t moved;
	bool over;
};

static int listen_on(int fd, const void *any, socklen_t len)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} addr;

	memcpy(&addr, any, len);
	if (bind(fd, &addr.any, len) || listen(fd, 1) ||
	    getsockname(fd, &addr.any, &len))
		return -1;
	printf("%u\n", ntohs(addr.any.sa_family == AF_INET6 ?
			     addr.v6.sin6_port : addr.v4.sin_port));
	fflush(stdout);
	return fd;
}

/* Of both families, where the kernel has IPv6. */
static int listen_any(void)
{
	const struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	const struct sockaddr_in v4 = { .sin_family = AF_INET };
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	if (fd >= 0)
		return listen_on(fd, &v6, sizeof(v6));
	fd = socket(AF_INET, SOCK_STREAM, 0);
	return fd < 0 ? -1 : listen_on(fd, &v4, sizeof(v4));
}

static int dial(const char *host, const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list;
	int fd;

	if (getaddrinfo(host, port, &hints, &list))
		return -1;
	fd = socket(list->ai_family, SOCK_STREAM, 0);
	if (fd >= 0 && connect(fd, list->ai_addr, list->ai_addrlen)) {
		close(fd);
		fd = -1;
	}
	freeaddrinfo(list);
	return fd;
}

/* False when the connection is to be cut. */
static bool move(struct way *w)
{
	static char buf[65536];
	uint64_t left = w->limit - w->moved;
	ssize_t n = recv(w->from, buf, left < sizeof(buf) ? left : sizeof(buf), 0);
	ssize_t done = 0, m;

	if (n < 0)
		return false;
	if (!n) {
		w->over = true;
		shutdown(w->to, SHUT_WR);
		return true;
	}
	while (done < n) {
		m = send(w->to, buf + done, n - done, MSG_NOSIGNAL);
		if (m <= 0)
			return false;
		done += m;
	}
	w->moved += n;
	return w->moved < w->limit;
}

static void run(struct way ways[2])
{
	int i;

	while (!ways[0].over || !ways[1].over) {
		struct pollfd p[2] = {
			{ .fd = ways[0].over ? -1 : ways[0].from, .events = POLLIN },
			{ .fd = ways[1].over ? -1 : ways[1].from, .events = POLLIN },
		};

		if (poll(p, 2, -1) < 0)
			return;
		for (i = 0; i < 2; i++)
			if (p[i].revents && !move(&ways[i]))
				return;
	}
}

static uint64_t limit(const char *text)
{
	return strcmp(text, "-") ? strtoull(text, NULL, 0) : UINT64_MAX;
}

int main(int argc, char **argv)
{
	struct way ways[2];
	int listener, in, out;

	if (argc != 5)
		return 2;
	alarm(120);
	listener = listen_any();
	in = listener < 0 ? -1 : accept(listener, NULL, NULL);
	out = in < 0 ? -1 : dial(argv[3], argv[4]);
	if (out < 0) {
		perror("cutter");
		return 1;
	}
	ways[0] = (struct way){ in, out, limit(argv[1]), 0, !limit(argv[1]) };
	ways[1] = (struct way){ out, in, limit(argv[2]), 0, false };
	if (limit(argv[1]) && limit(argv[2]))
		run(ways);
	close(in);
	close(out);
	printf("%llu %llu\n", (unsigned long long)ways[0].moved,
	       (unsigned long long)ways[1].moved);
	return 0;
}
