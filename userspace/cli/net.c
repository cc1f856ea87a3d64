// SPDX-License-Identifier: LGPL-2.1-or-later
/* Connections: TCP by IPv4 and IPv6, Unix sockets, and files that are open. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "cli.h"
#include "job.h"

#define UNIX_PREFIX	"unix:"
#define FD_PREFIX	"fd:"

static const char *after(const char *text, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(text, prefix, n) ? NULL : text + n;
}

/* Until @fd is ready, the user interrupts, or the time is over. */
static int wait_ready(int fd, short events, uint32_t ms)
{
	struct pollfd p[] = {
		{ .fd = fd, .events = events },
		{ .fd = interrupt_fd(), .events = POLLIN },
	};
	uint64_t end = ms ? now_ms() + ms : 0;
	int ret, left = -1;

	for (;;) {
		if (end)
			left = end > now_ms() ? (int)(end - now_ms()) : 0;
		ret = poll(p, 2, left);
		if (is_interrupted())
			return -EINTR;
		if (ret < 0 && errno != EINTR)
			return -errno;
		if (!ret)
			return -ETIMEDOUT;
		if (ret > 0)
			return 0;
	}
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* "N" or "IN,OUT" */
static int take_fds(struct connection *c, const char *text)
{
	char *end;

	c->in = strtol(text, &end, 10);
	c->out = *end == ',' ? strtol(end + 1, &end, 10) : c->in;
	if (*end || end == text || !is_open(c->in) || !is_open(c->out)) {
		fail("fd:%s is no open file", text);
		return -EBADF;
	}
	return 0;
}

/* HOST:PORT or [HOST]:PORT; an empty HOST is any. */
static int resolve(const char *where, int flags, struct addrinfo **list)
{
	struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM, .ai_flags = flags,
	};
	char host[256], *name = host;
	const char *colon = strrchr(where, ':');
	size_t n = colon ? (size_t)(colon - where) : 0;
	int ret;

	if (!colon || !colon[1] || n >= sizeof(host)) {
		fail("\"%s\" is not HOST:PORT, unix:PATH or fd:N", where);
		return -EINVAL;
	}
	memcpy(host, where, n);
	host[n] = '\0';
	if (host[0] == '[' && host[n - 1] == ']') {
		host[n - 1] = '\0';
		name++;
	}
	ret = getaddrinfo(*name && strcmp(name, "*") ? name : NULL, colon + 1,
			  &hints, list);
	if (!ret)
		return 0;
	fail("%s: %s", where, gai_strerror(ret));
	return -EADDRNOTAVAIL;
}

static int new_socket(int family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? -errno : fd;
}

/* Small frames go at once, and a peer that died is noticed. */
static void tune(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

/* A socket that is connected, or a negative errno. */
static int try_connect(const struct sockaddr *addr, socklen_t len, uint32_t ms)
{
	int fd = new_socket(addr->sa_family), error = 0, ret = 0;
	socklen_t size = sizeof(error);

	if (fd < 0)
		return fd;
	if (connect(fd, addr, len)) {
		ret = errno == EINPROGRESS ? wait_ready(fd, POLLOUT, ms) : -errno;
		if (!ret && !getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size))
			ret = -error;
	}
	if (!ret)
		return fd;
	close(fd);
	return ret;
}

static int connect_tcp(const char *where, uint32_t ms)
{
	struct addrinfo *list, *a;
	int fd = resolve(where, 0, &list);

	if (fd)
		return fd;
	fd = -EADDRNOTAVAIL;
	for (a = list; a && fd < 0 && fd != -EINTR; a = a->ai_next)
		fd = try_connect(a->ai_addr, a->ai_addrlen, ms);
	freeaddrinfo(list);
	if (fd < 0)
		fail("%s: %s", where, strerror(-fd));
	else
		tune(fd);
	return fd;
}

static int unix_address(const char *path, struct sockaddr_un *addr)
{
	*addr = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) < sizeof(addr->sun_path)) {
		text_set(addr->sun_path, "%s", path);
		return 0;
	}
	fail("%s is too long for the path of a socket", path);
	return -ENAMETOOLONG;
}

static int connect_unix(const char *path, uint32_t ms)
{
	struct sockaddr_un addr;
	int fd = unix_address(path, &addr);

	if (fd)
		return fd;
	fd = try_connect((struct sockaddr *)&addr, sizeof(addr), ms);
	if (fd < 0)
		fail("%s: %s", path, strerror(-fd));
	return fd;
}

int net_connect(struct connection *c, const char *where, uint32_t ms)
{
	const char *text = after(where, FD_PREFIX);
	int fd;

	if (text)
		return take_fds(c, text);
	text = after(where, UNIX_PREFIX);
	fd = text ? connect_unix(text, ms) : connect_tcp(where, ms);
	c->in = fd;
	c->out = fd;
	return fd < 0 ? fd : 0;
}

void net_close(struct connection *c)
{
	close(c->in);
	if (c->out != c->in)
		close(c->out);
}

static int try_listen(const struct addrinfo *a)
{
	int fd = new_socket(a->ai_family), on = 1, off = 0, ret;

	if (fd < 0)
		return fd;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (a->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (!bind(fd, a->ai_addr, a->ai_addrlen) && !listen(fd, 1))
		return fd;
	ret = -errno;
	close(fd);
	return ret;
}

/* An IPv6 socket for any address takes IPv4 as well: it is tried first. */
static int listen_tcp(const char *where)
{
	static const int families[] = { AF_INET6, AF_INET };
	struct addrinfo *list, *a;
	int fd = resolve(where, AI_PASSIVE, &list);
	size_t i;

	if (fd)
		return fd;
	fd = -EADDRNOTAVAIL;
	for (i = 0; i < 2; i++)
		for (a = list; a && fd < 0; a = a->ai_next)
			if (a->ai_family == families[i])
				fd = try_listen(a);
	freeaddrinfo(list);
	if (fd < 0)
		fail("%s: %s", where, strerror(-fd));
	return fd;
}

/*
 * What a listener that was killed left behind, and nothing else. A socket of
 * another type asks: one that is alive refuses the type, and is not disturbed.
 */
static void remove_stale(const struct sockaddr_un *addr)
{
	struct stat s;
	int fd;

	if (stat(addr->sun_path, &s) || !S_ISSOCK(s.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) &&
	    errno == ECONNREFUSED)
		unlink(addr->sun_path);
	close(fd);
}

static int bind_unix(int fd, const struct sockaddr_un *addr)
{
	mode_t mask = umask(0077);
	int ret = bind(fd, (const struct sockaddr *)addr, sizeof(*addr)) ?
		  -errno : 0;

	umask(mask);
	return ret ? ret : listen(fd, 1) ? -errno : 0;
}

static int listen_unix(struct listener *l, const char *path)
{
	struct sockaddr_un addr;
	int fd, ret = unix_address(path, &addr);

	if (ret)
		return ret;
	fd = new_socket(AF_UNIX);
	remove_stale(&addr);
	ret = fd < 0 ? fd : bind_unix(fd, &addr);
	if (!ret) {
		text_set(l->path, "%s", path);
		return fd;
	}
	fail("%s: %s", path, strerror(-ret));
	if (fd >= 0)
		close(fd);
	return ret;
}

/* Port 0 is any: whoever is to connect has to be told which. */
static void announce(int fd, const char *where)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	char host[64], port[16];

	if (getsockname(fd, (struct sockaddr *)&addr, &len) ||
	    addr.ss_family == AF_UNIX ||
	    getnameinfo((struct sockaddr *)&addr, len, host, sizeof(host), port,
			sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV))
		note("listening on %s", where);
	else
		note("listening on [%s]:%s", host, port);
}

int net_listen(struct listener *l, const char *where)
{
	const char *text = after(where, FD_PREFIX);

	*l = (struct listener){ .fd = -1 };
	if (text)
		return take_fds(&l->given, text);
	text = after(where, UNIX_PREFIX);
	l->fd = text ? listen_unix(l, text) : listen_tcp(where);
	if (l->fd < 0)
		return l->fd;
	announce(l->fd, where);
	return 0;
}

int net_accept(struct listener *l, struct connection *c, uint32_t ms)
{
	int ret, fd;

	if (l->fd < 0) {
		*c = l->given;
		return 0;
	}
	ret = wait_ready(l->fd, POLLIN, ms);
	if (!ret) {
		fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		ret = fd < 0 ? -errno : 0;
	}
	if (ret) {
		fail("no connection: %s", strerror(-ret));
		return ret;
	}
	tune(fd);
	*c = (struct connection){ fd, fd };
	return 0;
}

void net_unlisten(struct listener *l)
{
	if (l->fd >= 0)
		close(l->fd);
	if (l->path[0])
		unlink(l->path);
}
