// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's side of the tests of a network card. What it finds is printed as
 * one line.
 *
 *   net carrier IF 0|1        waits until the link is down or up
 *   net stream ADDR PORT KIB  connects and sends that many KiB a second; reads
 *                             what comes. Ends when the peer does, and says
 *                             "stream: sent N sum S received N sum S", the sums
 *                             as Adler-32
 *   net stats IF              the driver's own counters (ethtool -S)
 *   net regs BAR FILE         reads the registers, and writes them to FILE
 *   net changed BAR FILE      reads them again, and prints what is another
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define TICKS_A_SECOND	20
#define REGS_SIZE	0x20000

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static int die(const char *what)
{
	printf("net: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The link's state, whenever it is told. */

static int ask_for_links(int fd)
{
	struct {
		struct nlmsghdr head;
		struct ifinfomsg info;
	} ask = {
		.head.nlmsg_len = sizeof(ask),
		.head.nlmsg_type = RTM_GETLINK,
		.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
	};

	return send(fd, &ask, sizeof(ask), 0) < 0 ? -1 : 0;
}

static int open_links(void)
{
	struct sockaddr_nl local = { .nl_family = AF_NETLINK,
				     .nl_groups = RTMGRP_LINK };
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

	if (fd < 0 || bind(fd, (struct sockaddr *)&local, sizeof(local)) ||
	    ask_for_links(fd))
		die("netlink");
	return fd;
}

static bool says(const char *buf, ssize_t len, int index, bool up)
{
	const struct nlmsghdr *msg = (const void *)buf;

	for (; NLMSG_OK(msg, len); msg = NLMSG_NEXT(msg, len)) {
		const struct ifinfomsg *info = NLMSG_DATA(msg);

		if (msg->nlmsg_type == RTM_NEWLINK && info->ifi_index == index &&
		    up == !!(info->ifi_flags & IFF_RUNNING))
			return true;
	}
	return false;
}

static int run_carrier(char **args)
{
	int index = if_nametoindex(args[0]), fd = open_links();
	bool up = atoi(args[1]);
	static char buf[65536];
	ssize_t len;

	if (!index)
		die(args[0]);
	do {
		len = recv(fd, buf, sizeof(buf), 0);
		if (len <= 0)
			die("netlink");
	} while (!says(buf, len, index, up));
	printf("net: carrier %s\n", up ? "up" : "down");
	return 0;
}

/* A transfer, both ways at once. */

struct sum {
	uint64_t bytes;
	uint32_t a, b;
};

static void add(struct sum *sum, const unsigned char *p, size_t len)
{
	sum->bytes += len;
	while (len--) {
		sum->a = (sum->a + *p++) % 65521;
		sum->b = (sum->b + sum->a) % 65521;
	}
}

static uint32_t value(const struct sum *sum)
{
	return sum->b << 16 | sum->a;
}

static int connect_to(const char *address, const char *port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(atoi(port)) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (inet_pton(AF_INET, address, &to.sin_addr) != 1 || fd < 0 ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)))
		die("connect");
	return fd;
}

static int start_timer(void)
{
	struct itimerspec t = { .it_interval.tv_nsec =
				1000000000 / TICKS_A_SECOND };
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);

	t.it_value = t.it_interval;
	if (fd < 0 || timerfd_settime(fd, 0, &t, NULL))
		die("timer");
	return fd;
}

static uint32_t random_next(void)
{
	static uint32_t x = 2463534242;

	x ^= x << 13;
	x ^= x >> 17;
	return x ^= x << 5;
}

/* What does not fit in the socket's buffer now is not sent at all. */
static void send_some(int fd, struct sum *sum, size_t len)
{
	static uint32_t buf[65536 / 4];
	ssize_t sent;
	size_t i;

	if (len > sizeof(buf))
		len = sizeof(buf);
	for (i = 0; i < (len + 3) / 4; i++)
		buf[i] = random_next();
	sent = send(fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent < 0 && errno != EAGAIN)
		die("stream broken, send");
	if (sent > 0)
		add(sum, (unsigned char *)buf, sent);
}

/* True as long as there is more to come. */
static bool receive_some(int fd, struct sum *sum)
{
	static unsigned char buf[65536];
	ssize_t len = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);

	if (len < 0 && errno != EAGAIN)
		die("stream broken, receive");
	if (len > 0)
		add(sum, buf, len);
	return len;
}

static int run_stream(char **args)
{
	struct sum sent = { .a = 1 }, received = { .a = 1 };
	struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };
	size_t chunk = atoi(args[2]) * 1024 / TICKS_A_SECOND;
	uint64_t n;

	fds[0].fd = connect_to(args[0], args[1]);
	fds[1].fd = start_timer();
	printf("stream: connected\n");
	while (poll(fds, 2, -1) > 0) {
		if (fds[1].revents && read(fds[1].fd, &n, sizeof(n)) > 0)
			send_some(fds[0].fd, &sent, chunk);
		if (fds[0].revents && !receive_some(fds[0].fd, &received))
			break;
	}
	close(fds[0].fd);
	printf("stream: sent %llu sum %u received %llu sum %u\n",
	       (unsigned long long)sent.bytes, value(&sent),
	       (unsigned long long)received.bytes, value(&received));
	return 0;
}

/* Counters. */

static void ethtool(const char *name, void *command)
{
	static int fd = -1;
	struct ifreq req = { .ifr_data = command };

	if (fd < 0)
		fd = socket(AF_INET, SOCK_DGRAM, 0);
	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", name);
	if (ioctl(fd, SIOCETHTOOL, &req))
		die("ethtool");
}

static int run_stats(char **args)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct ethtool_gstrings *names;
	struct ethtool_stats *values;
	unsigned int i;

	ethtool(args[0], &info);
	names = calloc(1, sizeof(*names) + info.n_stats * ETH_GSTRING_LEN);
	values = calloc(1, sizeof(*values) + info.n_stats * sizeof(uint64_t));
	if (!names || !values)
		die("memory");
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_STATS;
	names->len = info.n_stats;
	ethtool(args[0], names);
	values->cmd = ETHTOOL_GSTATS;
	values->n_stats = info.n_stats;
	ethtool(args[0], values);
	printf("stats:");
	for (i = 0; i < info.n_stats; i++)
		printf(" %.*s=%llu", ETH_GSTRING_LEN,
		       (char *)names->data + i * ETH_GSTRING_LEN,
		       (unsigned long long)values->data[i]);
	printf("\n");
	return 0;
}

/* Registers. */

/*
 * Those that are another after each look at them, and those whose reading does
 * something: causes, semaphore, statistics, and the time stamps, which the
 * upper half unlocks.
 */
static const struct {
	uint32_t first, last;
} not_read[] = {
	{ 0x000c0, 0x000c0 },		/* ICR */
	{ 0x04000, 0x04ffc },		/* statistics */
	{ 0x05b50, 0x05b50 },		/* SWSM */
	{ 0x0b600, 0x0b604 },		/* SYSTIM */
	{ 0x0b61c, 0x0b61c }, { 0x0b628, 0x0b628 }, { 0x0b62c, 0x0b62c },
	{ 0x10000, 0x1fffc },		/* packet buffer: what went through */
};

static bool is_read(uint32_t reg)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(not_read); i++)
		if (reg >= not_read[i].first && reg <= not_read[i].last)
			return false;
	return true;
}

static void read_regs(const char *bar, uint32_t *regs)
{
	int fd = open(bar, O_RDWR | O_SYNC);
	volatile uint32_t *map;
	uint32_t reg;

	if (fd < 0)
		die(bar);
	map = mmap(NULL, REGS_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		die(bar);
	for (reg = 0; reg < REGS_SIZE; reg += 4)
		if (is_read(reg))
			regs[reg / 4] = map[reg / 4];
	munmap((void *)map, REGS_SIZE);
	close(fd);
}

static int run_regs(char **args)
{
	static uint32_t regs[REGS_SIZE / 4];
	int fd = open(args[1], O_CREAT | O_TRUNC | O_WRONLY, 0600);

	read_regs(args[0], regs);
	if (fd < 0 || write(fd, regs, sizeof(regs)) != sizeof(regs))
		die(args[1]);
	close(fd);
	printf("regs: saved\n");
	return 0;
}

static int run_changed(char **args)
{
	static uint32_t before[REGS_SIZE / 4], after[REGS_SIZE / 4];
	int fd = open(args[1], O_RDONLY);
	size_t i, set = 0;

	if (fd < 0 || read(fd, before, sizeof(before)) != sizeof(before))
		die(args[1]);
	close(fd);
	read_regs(args[0], after);
	printf("regs:");
	for (i = 0; i < ARRAY_SIZE(after); i++) {
		set += !!before[i];
		if (before[i] != after[i])
			printf(" %zx=%x,%x", i * 4, before[i], after[i]);
	}
	printf(" of %zu\n", set);
	return 0;
}

static const struct {
	const char *name;
	int nr_args;
	int (*run)(char **args);
} commands[] = {
	{ "carrier", 2, run_carrier },
	{ "stream", 3, run_stream },
	{ "stats", 1, run_stats },
	{ "regs", 2, run_regs },
	{ "changed", 2, run_changed },
};

int main(int argc, char **argv)
{
	size_t i;

	setvbuf(stdout, NULL, _IOLBF, 16384);
	for (i = 0; argc > 1 && i < ARRAY_SIZE(commands); i++)
		if (!strcmp(argv[1], commands[i].name) &&
		    argc == 2 + commands[i].nr_args)
			return commands[i].run(argv + 2);
	printf("net: carrier, stream, stats, regs or changed; see its source\n");
	return 2;
}
