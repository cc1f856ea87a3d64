// SPDX-License-Identifier: GPL-2.0-only
/*
 * kills [-n KILLS]: a process whose threads do everything at once is killed
 * after a number of steps that differs from time to time. The device opens
 * then, is RUNNING, holds nothing of the dead, and is of use.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "kselftest.h"
#include "parties.h"

#define THREADS	4
#define LIMIT	120
/* A whole check each so many times; the rest is checked each time. */
#define OFTEN	16

/* The checksum of VRAM that holds nothing: all of it by read() takes long. */
static char blank[32];

struct life {
	struct world *w;
	unsigned int seed;
};

static void *live(void *arg)
{
	struct life *l = arg;
	unsigned int i;

	for (;;) {
		i = rand_r(&l->seed) % nr_parties;
		if (!parties[i].host)
			party_step(&parties[i], l->w, &l->seed);
	}
	return NULL;
}

/* Does not come back. */
static void child(struct world *w, unsigned int number)
{
	struct life lives[THREADS];
	pthread_t thread;
	unsigned int i;

	alarm(LIMIT);
	w->last = 1 + number * 7 % 61;
	if (world_open(w))
		_exit(1);
	for (i = 0; i < THREADS; i++) {
		lives[i] = (struct life){ w, number * THREADS + i };
		if (pthread_create(&thread, NULL, live, &lives[i]))
			_exit(1);
	}
	for (;;)
		pause();
}

static int is_blank(void)
{
	char sum[32];
	int ret = gpu_debugfs("vram_crc", sum, sizeof(sum));

	if (ret)
		return ret;
	return strcmp(sum, blank) ? -EBADMSG : 0;
}

static int learn_blank(void)
{
	struct vdev v;
	int ret = vdev_open(&v);

	if (ret)
		return ret;
	ret = gpu_is_blank(&v);
	if (!ret)
		ret = gpu_debugfs("vram_crc", blank, sizeof(blank));
	vdev_close(&v);
	return ret;
}

/*
 * The copy engine may use the memory of the dead a moment longer than it lives,
 * and a mapping of VRAM in there keeps the device open: not for long.
 */
static int open_after_death(struct vdev *v)
{
	time_t end = time(NULL) + LIMIT / 4;
	int ret;

	do {
		ret = gpu_defaults();
	} while (ret == -EBUSY && time(NULL) < end);
	return ret ? ret : vdev_open(v);
}

static int look(unsigned int number)
{
	struct vdev v;
	int ret = open_after_death(&v);

	if (ret)
		return ret;
	if (vdev_get_state(&v) != VFIO_DEVICE_STATE_RUNNING)
		ret = -EPROTO;
	if (!ret)
		ret = is_blank();
	if (!ret && number % OFTEN == 0)
		ret = gpu_works(&v);
	vdev_close(&v);
	return ret;
}

static int one_kill(struct world *w, unsigned int number)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		child(w, number);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -errno;
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		return -ESRCH;
	return look(number);
}

static void on_alarm(int signal)
{
	static const char text[] = "Bail out! a process does not die\n";

	if (write(STDOUT_FILENO, text, sizeof(text) - 1) < 0)
		_exit(3);
	_exit(1);
}

int main(int argc, char **argv)
{
	unsigned int kills = 50, i, bad = 0;
	static struct world w;
	long users;
	int opt, ret;

	while ((opt = getopt(argc, argv, "n:")) != -1) {
		if (opt != 'n')
			return 2;
		kills = atoi(optarg);
	}
	ksft_print_header();
	ksft_set_plan(2);
	ret = gpu_ensure();
	if (!ret)
		ret = learn_blank();
	if (!ret)
		ret = world_init(&w);
	if (ret)
		ksft_exit_fail_msg("no device: %s\n", strerror(-ret));
	users = gpu_module_users("vfio_mig");
	signal(SIGALRM, on_alarm);
	for (i = 0; i < kills && bad < 5; i++) {
		alarm(2 * LIMIT);
		ret = one_kill(&w, i);
		if (ret)
			ksft_print_msg("kill %u: %s\n", i, strerror(-ret));
		bad += !!ret;
	}
	alarm(0);
	ksft_test_result(!bad, "the device is as new after each of %u kills\n", i);
	ksft_test_result(gpu_module_users("vfio_mig") == users,
			 "no data file is left\n");
	ksft_finished();
}
