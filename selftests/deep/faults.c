// SPDX-License-Identifier: GPL-2.0-only
/*
 * faults [NAME [FIRST]]: on every way from state to state and in every call, each
 * allocation and each access to user memory fails once. The errno says so, the
 * state is one on the way, and the device is of use. NAME is that of a point, or
 * "arcs"; FIRST is the fault to begin with.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "fsm.h"
#include "inject.h"
#include "kselftest.h"
#include "netlink.h"
#include "points.h"

/* No call has so many places to fail. */
#define NTH_MAX	3000
/* Seconds that all faults of one point may take. */
#define LIMIT	900

static struct vdev device;
static unsigned int first = 1;
static char doing[128];

static int complain(const char *what, unsigned int nth, int ret)
{
	ksft_print_msg("%s: fault %u: %s: %s\n", doing, nth, what,
		       strerror(-ret));
	return ret;
}

/* linux/vfio.h: the device "will ... be in" a state on the way, or where it was */
static bool on_the_way(const struct trial *t, uint64_t flags, int state)
{
	uint32_t path[NR_STATES];
	int i, n;

	if (state == (int)t->from)
		return true;
	n = fsm_path(flags, t->from, t->to, path);
	for (i = 0; i < n; i++)
		if (state == (int)path[i])
			return true;
	return false;
}

/* What a fault may be answered with: the path has no other cause. */
static bool is_answer(int ret)
{
	return !ret || ret == -ENOMEM || ret == -EFAULT || ret == -ENOBUFS ||
	       ret == -ENOSPC || ret == -EAGAIN || ret == -EIO;
}

static int begin(struct trial *t, const struct point *p)
{
	int ret;

	memset(&t->got, 0, sizeof(t->got));
	t->data = -1;
	t->map = NULL;
	t->nl = NULL;
	t->open = false;
	ret = gpu_ensure();
	if (p->closed) {
		vdev_close(&device);
	} else if (!ret) {
		if (device.fd < 0)
			ret = vdev_open(&device);
		if (!ret)
			ret = vdev_reset(&device);
		t->v = device;
	}
	return ret || !p->prepare ? ret : p->prepare(t);
}

static void end(struct trial *t)
{
	if (t->data >= 0)
		close(t->data);
	if (t->map)
		munmap(t->map, t->map_len);
	if (t->nl)
		netlink_close(t->nl);
	if (t->open)
		vdev_close(&t->v);
}

static int judge(struct trial *t, const struct point *p, unsigned int nth,
		 int ret)
{
	int state;

	if (!p->loads && !is_answer(ret))
		return complain("wrong errno", nth, ret);
	if (p == &arc_point) {
		state = vdev_get_state(&t->v);
		if (!on_the_way(t, t->v.flags, state))
			return complain(state_name(state), nth, -EPROTO);
	}
	ret = p->check ? p->check(t, ret) : 0;
	return ret ? complain("afterwards", nth, ret) : 0;
}

static int works(const struct point *p)
{
	return p->closed ? gpu_opens_and_works() : gpu_works(&device);
}

/* 1 when there was a fault and all is well, 0 at the end, or an errno. */
static int one_fault(struct trial *t, const struct point *p, unsigned int nth)
{
	int ret = begin(t, p);
	bool injected;

	if (ret) {
		end(t);
		return complain("cannot prepare", nth, ret);
	}
	inject_arm(nth);
	ret = p->call(t);
	injected = inject_done();
	if (!injected && ret)
		ret = complain("fails without a fault", nth, ret);
	else
		ret = judge(t, p, nth, ret);
	end(t);
	if (!ret && gpu_sessions())
		ret = complain("data files are left", nth, -EBUSY);
	if (!ret) {
		ret = works(p);
		if (ret)
			complain("of no use any more", nth, ret);
	}
	return ret ? ret : injected;
}

static bool all_faults(struct trial *t, const struct point *p)
{
	unsigned int nth;
	int ret = 1;

	alarm(LIMIT);
	for (nth = first; ret > 0 && nth < NTH_MAX; nth++)
		ret = one_fault(t, p, nth);
	alarm(0);
	if (ret)
		return false;
	ksft_print_msg("%u faults\n", nth - 1 - first);
	return true;
}

static void test_point(const struct point *p)
{
	struct trial t = { 0 };

	snprintf(doing, sizeof(doing), "%s", p->name);
	ksft_test_result(all_faults(&t, p), "%s\n", doing);
}

static void test_arc(uint32_t from, uint32_t to)
{
	struct trial t = { .from = from, .to = to };

	snprintf(doing, sizeof(doing), "%s to %s", state_name(from),
		 state_name(to));
	ksft_test_result(all_faults(&t, &arc_point), "%s\n", doing);
}

static unsigned int each_arc(uint64_t flags, void (*run)(uint32_t, uint32_t))
{
	uint32_t path[NR_STATES], from, to;
	unsigned int n = 0;

	for (from = 0; from < NR_STATES; from++) {
		for (to = 0; to < NR_STATES; to++) {
			if (from == to || fsm_path(flags, from, to, path) <= 0)
				continue;
			n++;
			if (run)
				run(from, to);
		}
	}
	return n;
}

static void on_alarm(int signal)
{
	printf("Bail out! hangs in: %s\n", doing);
	fflush(stdout);
	_exit(1);
}

static bool wanted(const struct point *p, const char *only)
{
	return only ? !strcmp(p->name, only) : !p->loads;
}

static unsigned int each_point(const char *only, void (*run)(const struct point *p))
{
	unsigned int i, n = 0;

	for (i = 0; i < nr_points; i++) {
		if (!wanted(&points[i], only))
			continue;
		n++;
		if (run)
			run(&points[i]);
	}
	return n;
}

static unsigned int each(const char *only, bool count)
{
	unsigned int n = 0;

	if (!only || !strcmp(only, "arcs"))
		n = each_arc(device.flags, count ? NULL : test_arc);
	return n + each_point(only, count ? NULL : test_point);
}

int main(int argc, char **argv)
{
	const char *only = argc > 1 ? argv[1] : NULL;
	uint64_t flags;
	long users;
	int ret;

	ksft_print_header();
	signal(SIGALRM, on_alarm);
	ret = inject_init();
	if (ret)
		ksft_exit_skip("no fault injection: %s\n", strerror(-ret));
	ret = gpu_ensure();
	if (!ret)
		ret = vdev_open(&device);
	if (ret)
		ksft_exit_fail_msg("no device: %s\n", strerror(-ret));
	flags = device.flags;
	vdev_close(&device);
	ret = points_init();
	if (ret)
		ksft_exit_fail_msg("not of use: %s\n", strerror(-ret));
	device.flags = flags;
	users = gpu_module_users("vfio_mig");
	if (argc > 2)
		first = atoi(argv[2]);
	ksft_set_plan(each(only, true) + 1);
	each(only, false);
	vdev_close(&device);
	ksft_test_result(gpu_module_users("vfio_mig") == users,
			 "no data file is left\n");
	ksft_finished();
}
