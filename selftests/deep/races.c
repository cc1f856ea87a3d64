// SPDX-License-Identifier: GPL-2.0-only
/*
 * races [-n STEPS] [-a PARTY [-b PARTY]]: every two parties against each other,
 * and then all at once. After each race the device must be of use. -a and -b
 * take only pairs with those.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "kselftest.h"
#include "parties.h"

/* Seconds after which a race hangs; in the deep kernel one takes a few. */
#define LIMIT	240

struct runner {
	pthread_t thread;
	const struct party *party;
	struct world *w;
	unsigned int seed;
	volatile unsigned int step;
	volatile int over;
};

static unsigned int steps = 20;
static struct runner runners[32];
static unsigned int nr_running;
static pthread_barrier_t line;

static void say(const char *text)
{
	if (write(STDOUT_FILENO, text, strlen(text)) < 0)
		_exit(3);
}

/* Who hangs, and where: the kernel's log gets the stacks. */
static void on_alarm(int signal)
{
	unsigned int i;
	int fd;

	for (i = 0; i < nr_running; i++) {
		say(runners[i].over ? "# over: " : "# not over: ");
		say(runners[i].party->name);
		say("\n");
	}
	say("Bail out! a race hangs\n");
	fd = open("/proc/sysrq-trigger", O_WRONLY);
	if (write(fd, "w", 1) < 0)
		say("# no sysrq\n");
	_exit(1);
}

static void *run(void *arg)
{
	struct runner *r = arg;

	pthread_barrier_wait(&line);
	for (r->step = 0; r->step < steps; r->step++)
		party_step(r->party, r->w, &r->seed);
	if (r->party->end)
		r->party->end(r->w);
	r->over = 1;
	return NULL;
}

static void start(struct world *w, const struct party *p)
{
	struct runner *r = &runners[nr_running];

	*r = (struct runner){ .party = p, .w = w, .seed = nr_running + 1 };
	if (pthread_create(&r->thread, NULL, run, r))
		ksft_exit_fail_msg("no thread\n");
	nr_running++;
}

/* Parties that are marked in @chosen, once or twice each. */
static int race(struct world *w, const unsigned char *chosen, unsigned int nr)
{
	unsigned int i, n;
	int ret = gpu_ensure();

	if (!ret)
		ret = world_open(w);
	if (ret)
		return ret;
	nr_running = 0;
	pthread_barrier_init(&line, NULL, nr);
	alarm(LIMIT);
	for (i = 0; i < nr_parties; i++)
		for (n = 0; n < chosen[i]; n++)
			start(w, &parties[i]);
	for (i = 0; i < nr_running; i++)
		pthread_join(runners[i].thread, NULL);
	pthread_barrier_destroy(&line);
	world_close(w);
	world_data(w, -1);
	ret = gpu_opens_and_works();
	alarm(0);
	return ret;
}

static void pair(struct world *w, unsigned int a, unsigned int b)
{
	unsigned char chosen[32] = { 0 };
	int ret;

	chosen[a]++;
	chosen[b]++;
	ret = race(w, chosen, 2);
	if (ret)
		ksft_print_msg("afterwards: %s\n", strerror(-ret));
	ksft_test_result(!ret, "%s and %s\n", parties[a].name, parties[b].name);
}

static void test_all(struct world *w)
{
	unsigned char chosen[32];
	int ret;

	memset(chosen, 1, sizeof(chosen));
	ret = race(w, chosen, nr_parties);
	if (ret)
		ksft_print_msg("afterwards: %s\n", strerror(-ret));
	ksft_test_result(!ret, "all together\n");
}

static bool wanted(unsigned int a, unsigned int b, const char *x, const char *y)
{
	const char *p = parties[a].name, *q = parties[b].name;

	if (!x)
		return true;
	if (!y)
		return !strcmp(p, x) || !strcmp(q, x);
	return (!strcmp(p, x) && !strcmp(q, y)) ||
	       (!strcmp(p, y) && !strcmp(q, x));
}

static unsigned int each_pair(struct world *w, const char *x, const char *y,
			      void (*run)(struct world *w, unsigned int a,
					  unsigned int b))
{
	unsigned int a, b, n = 0;

	for (a = 0; a < nr_parties; a++) {
		for (b = a; b < nr_parties; b++) {
			if (!wanted(a, b, x, y))
				continue;
			n++;
			if (run)
				run(w, a, b);
		}
	}
	return n;
}

int main(int argc, char **argv)
{
	const char *x = NULL, *y = NULL;
	static struct world w;
	int opt, ret;

	while ((opt = getopt(argc, argv, "n:a:b:")) != -1) {
		if (opt == 'n')
			steps = atoi(optarg);
		else if (opt == 'a')
			x = optarg;
		else if (opt == 'b')
			y = optarg;
		else
			return 2;
	}
	ksft_print_header();
	ksft_set_plan(each_pair(&w, x, y, NULL) + !x);
	signal(SIGALRM, on_alarm);
	ret = gpu_ensure();
	if (!ret)
		ret = world_init(&w);
	if (ret)
		ksft_exit_fail_msg("no device: %s\n", strerror(-ret));
	each_pair(&w, x, y, pair);
	if (!x)
		test_all(&w);
	ksft_finished();
}
