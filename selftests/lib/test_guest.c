// SPDX-License-Identifier: GPL-2.0-only
/* Several devices of one guest: quiet together, stopped together, one limit. */
#include <pthread.h>
#include <sys/socket.h>
#include "test.h"

#define DEVICES	3

struct house {
	struct fake fakes[DEVICES];
	struct vfiomig *ctxs[DEVICES];
	struct memory memories[DEVICES];
	struct vfiomig_sink sinks[DEVICES];
	struct vfiomig_source sources[DEVICES];
	struct vfiomig_guest *guest;
};

static bool house_begin(struct house *h)
{
	bool good = !vfiomig_guest_new(&h->guest, 0);
	int i;

	memset(h->memories, 0, sizeof(h->memories));
	for (i = 0; i < DEVICES; i++) {
		fake_begin(&h->fakes[i]);
		h->ctxs[i] = open_fake(&h->fakes[i]);
		h->sinks[i] = memory_sink(&h->memories[i]);
		h->sources[i] = memory_source(&h->memories[i]);
		good = good && vfiomig_guest_add(h->guest, h->ctxs[i]) == i;
	}
	return good;
}

static void house_end(struct house *h)
{
	int i;

	vfiomig_guest_free(h->guest);
	for (i = 0; i < DEVICES; i++) {
		free(h->memories[i].data);
		close_fake(&h->fakes[i], h->ctxs[i]);
	}
}

static bool all_in(const struct house *h, uint32_t state)
{
	int i;

	for (i = 0; i < DEVICES; i++)
		if (!EXPECT(h->fakes[i].state == state, "device %d in %s: %s", i,
			    vfiomig_state_name(h->fakes[i].state),
			    vfiomig_guest_error(h->guest)))
			return false;
	return true;
}

/* What the whole is at each change of state, as the log tells it. */
struct watch {
	struct house *house;
	bool broken;
};

static bool moves(uint32_t state)
{
	return state == VFIOMIG_STATE_RUNNING || state == VFIOMIG_STATE_PRE_COPY;
}

static bool stands(uint32_t state)
{
	return state == VFIOMIG_STATE_STOP || state == VFIOMIG_STATE_STOP_COPY ||
	       state == VFIOMIG_STATE_RESUMING;
}

/* A device that writes to its peers and one that is stopped must not meet. */
static void look(void *arg, enum vfiomig_log_level level, const char *text)
{
	struct watch *w = arg;
	bool moving = false, standing = false;
	int i;

	for (i = 0; i < DEVICES; i++) {
		moving = moving || moves(w->house->fakes[i].state);
		standing = standing || stands(w->house->fakes[i].state);
	}
	if (moving && standing && !w->broken)
		printf("# after \"%s\"\n", text);
	w->broken = w->broken || (moving && standing);
}

static void watch_all(struct watch *w, struct house *h)
{
	int i;

	*w = (struct watch){ .house = h };
	for (i = 0; i < DEVICES; i++)
		vfiomig_set_log(h->ctxs[i], VFIOMIG_LOG_DEBUG, look, w);
}

static bool all_migrate(void)
{
	struct house from, to;
	struct watch w;
	bool good;
	int i;

	good = house_begin(&from);
	from.fakes[1].initial = 3000000;
	from.fakes[1].flags = VFIOMIG_STOP_COPY | VFIOMIG_P2P;
	from.fakes[2].piece = 1000;
	vfiomig_free(from.ctxs[1]);
	vfiomig_guest_free(from.guest);
	from.ctxs[1] = open_fake(&from.fakes[1]);
	good = good && !vfiomig_guest_new(&from.guest, 0);
	for (i = 0; i < DEVICES; i++)
		good = good && vfiomig_guest_add(from.guest, from.ctxs[i]) == i;
	watch_all(&w, &from);
	good = good && !vfiomig_guest_save(from.guest, from.sinks, NULL) &&
	       all_in(&from, VFIOMIG_STATE_STOP) && !w.broken;
	for (i = 0; i < DEVICES; i++)
		good = good && fake_stream(from.memories[i].data, from.memories[i].len);
	good = good && house_begin(&to);
	watch_all(&w, &to);
	good = good && !vfiomig_guest_load(to.guest, from.sources, NULL) &&
	       all_in(&to, VFIOMIG_STATE_STOP) &&
	       !vfiomig_guest_set_state(to.guest, VFIOMIG_STATE_RUNNING) &&
	       all_in(&to, VFIOMIG_STATE_RUNNING) && !w.broken;
	for (i = 0; i < DEVICES; i++)
		good = good && to.fakes[i].loaded;
	house_end(&from);
	house_end(&to);
	return good;
}

static bool states_have_two_rounds(void)
{
	static const int states[] = {
		VFIOMIG_STATE_STOP, VFIOMIG_STATE_RUNNING, VFIOMIG_STATE_STOP_COPY,
		VFIOMIG_STATE_RUNNING, VFIOMIG_STATE_PRE_COPY, VFIOMIG_STATE_STOP_COPY,
		VFIOMIG_STATE_RUNNING_P2P, VFIOMIG_STATE_STOP, VFIOMIG_STATE_RUNNING,
	};
	struct house h;
	struct watch w;
	bool good = house_begin(&h);
	size_t i;

	watch_all(&w, &h);
	for (i = 0; i < ARRAY_SIZE(states); i++)
		good = good && !vfiomig_guest_set_state(h.guest, states[i]) &&
		       all_in(&h, states[i]) && EXPECT(!w.broken, "step %zu", i);
	house_end(&h);
	return good;
}

/* Each call to one device fails: all are where they were, and quiet in between. */
static bool faults_take_all_back(void)
{
	bool good = true, over = false;
	unsigned int at;
	struct house h;

	for (at = 2; good && !over; at++) {
		good = house_begin(&h);
		h.fakes[1].fault_at = at;
		h.fakes[1].fault_errno = EIO;
		h.fakes[1].calls = 0;
		if (vfiomig_guest_save(h.guest, h.sinks, NULL)) {
			good = good && all_in(&h, VFIOMIG_STATE_RUNNING) &&
			       !h.fakes[0].nr_resets && !h.fakes[2].nr_resets &&
			       EXPECT(strstr(vfiomig_guest_error(h.guest), "device 1: "),
				      "%s", vfiomig_guest_error(h.guest));
		} else {
			good = good && all_in(&h, VFIOMIG_STATE_STOP);
		}
		over = h.fakes[1].calls < at;
		if (!good)
			printf("# call %u: %s\n", at, vfiomig_guest_error(h.guest));
		house_end(&h);
	}
	return good && at > 10;
}

static bool a_load_that_fails_resets_all(void)
{
	struct house from, to;
	bool good = house_begin(&from) && house_begin(&to) &&
		    !vfiomig_guest_save(from.guest, from.sinks, NULL);
	int i;

	from.memories[2].len--;
	good = good && vfiomig_guest_load(to.guest, from.sources, NULL) == -ENODATA &&
	       all_in(&to, VFIOMIG_STATE_RUNNING) &&
	       EXPECT(strstr(vfiomig_guest_error(to.guest), "device 2: "), "%s",
		      vfiomig_guest_error(to.guest));
	for (i = 0; i < DEVICES; i++)
		good = good && !to.fakes[i].loaded;
	house_end(&from);
	house_end(&to);
	return good;
}

static bool p2p_is_needed(void)
{
	struct vfiomig_guest *guest;
	struct vfiomig *a, *b;
	struct fake f, g;
	bool good;

	fake_begin(&f);
	fake_begin(&g);
	f.flags = VFIOMIG_STOP_COPY;
	a = open_fake(&f);
	b = open_fake(&g);
	good = !vfiomig_guest_new(&guest, 0) && !vfiomig_guest_add(guest, a) &&
	       vfiomig_guest_add(guest, a) == -EEXIST &&
	       vfiomig_guest_add(guest, b) == -EOPNOTSUPP &&
	       strstr(vfiomig_guest_error(guest), "P2P");
	vfiomig_guest_free(guest);
	good = good && !vfiomig_guest_new(&guest, 0) && !vfiomig_guest_add(guest, b) &&
	       vfiomig_guest_add(guest, a) == -EOPNOTSUPP;
	vfiomig_guest_free(guest);
	good = good && !vfiomig_guest_new(&guest, VFIOMIG_GUEST_NO_P2P) &&
	       !vfiomig_guest_add(guest, a) && vfiomig_guest_add(guest, b) == 1 &&
	       !vfiomig_guest_set_state(guest, VFIOMIG_STATE_STOP);
	vfiomig_guest_free(guest);
	good = good && vfiomig_guest_new(&guest, 2) == -EINVAL && !guest;
	close_fake(&f, a);
	close_fake(&g, b);
	return good;
}

static bool no_device_is_no_success(void)
{
	struct vfiomig_sink sink = { 0 };
	struct vfiomig_source source = { 0 };
	struct vfiomig_guest *guest;
	bool good = !vfiomig_guest_new(&guest, 0) &&
		    vfiomig_guest_set_state(guest, VFIOMIG_STATE_STOP) == -ENODEV &&
		    vfiomig_guest_fits(guest, 1, 1, NULL) == -ENODEV &&
		    vfiomig_guest_save(guest, &sink, NULL) == -ENODEV &&
		    vfiomig_guest_load(guest, &source, NULL) == -ENODEV;

	vfiomig_guest_free(guest);
	return good;
}

static int count_stops(void *arg)
{
	++*(int *)arg;
	return 0;
}

/* Each device would fit alone, all three do not. */
static bool limit_is_shared(void)
{
	struct vfiomig_decision d = { .size = sizeof(d) };
	struct vfiomig_save_options options = {
		.size = sizeof(options), .bandwidth = 1000000, .downtime_ms = 10,
		.stop = count_stops,
	};
	struct house h;
	int stops = 0;
	bool good = house_begin(&h);

	options.arg = &stops;
	good = good && vfiomig_fits(h.ctxs[0], 1000000, 10, NULL) == VFIOMIG_FITS_LATER &&
	       vfiomig_guest_fits(h.guest, 1000000, 10, &d) == VFIOMIG_FITS_NEVER &&
	       d.best_bytes == 3 * (5000 + FAKE_TRAILER) &&
	       d.now_bytes == 3 * (45000 + FAKE_TRAILER) && d.exact &&
	       vfiomig_guest_save(h.guest, h.sinks, &options) == -ETIME && !stops &&
	       strstr(vfiomig_guest_error(h.guest), "16 ms") &&
	       !strstr(vfiomig_guest_error(h.guest), "device 0") &&
	       all_in(&h, VFIOMIG_STATE_RUNNING);
	options.downtime_ms = 16;
	good = good && !vfiomig_guest_save(h.guest, h.sinks, &options) && stops == 1;
	house_end(&h);
	return good;
}

struct raise {
	struct vfiomig_guest *guest;
	int calls;
};

static int raise_limit(void *arg, const struct vfiomig_progress *p)
{
	struct vfiomig_limits limits = {
		.size = sizeof(limits), .flags = VFIOMIG_LIMIT_DOWNTIME,
		.downtime_ms = 100,
	};
	struct raise *r = arg;

	if (r->calls++ == 20)
		return vfiomig_guest_change_limits(r->guest, &limits);
	return r->calls > 1000 ? -ELOOP : 0;
}

/* One of the three gets dirty too fast, until the limit is raised. */
static bool limit_is_changed(void)
{
	struct raise r = { 0 };
	struct vfiomig_save_options options = {
		.size = sizeof(options), .bandwidth = 1000000, .downtime_ms = 17,
		.progress = raise_limit, .arg = &r,
	};
	struct house h;
	bool good = house_begin(&h);
	int i;

	r.guest = h.guest;
	h.fakes[1].churn = 5000;
	for (i = 0; i < DEVICES; i++)
		h.fakes[i].piece = 5000;
	good = good && EXPECT(!vfiomig_guest_save(h.guest, h.sinks, &options), "%s",
			      vfiomig_guest_error(h.guest)) && r.calls > 20;
	for (i = 0; i < DEVICES; i++)
		good = good && fake_stream(h.memories[i].data, h.memories[i].len);
	house_end(&h);
	return good;
}

/* Two sockets that do not take more than a little, and one that does. */
static void *save_blocked(void *arg)
{
	struct house *h = arg;

	return (void *)(intptr_t)vfiomig_guest_save(h->guest, h->sinks, NULL);
}

static bool call_off_blocked(struct house *h, int *pair)
{
	pthread_t thread;
	void *ret;
	char byte;

	h->sinks[1] = (struct vfiomig_sink){
		.size = sizeof(struct vfiomig_sink), .flags = VFIOMIG_HAS_FD,
		.fd = pair[0],
	};
	h->fakes[1].initial = 8 << 20;
	if (pthread_create(&thread, NULL, save_blocked, h) ||
	    read(pair[1], &byte, 1) != 1)
		return false;
	vfiomig_guest_cancel(h->guest);
	pthread_join(thread, &ret);
	return (intptr_t)ret == -ECANCELED && all_in(h, VFIOMIG_STATE_RUNNING);
}

static bool guests_are_called_off(void)
{
	struct house h;
	int pair[2], i;
	bool good;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return false;
	good = house_begin(&h) && call_off_blocked(&h, pair) &&
	       vfiomig_guest_save(h.guest, h.sinks, NULL) == -ECANCELED;
	vfiomig_guest_cancel_clear(h.guest);
	h.sinks[1] = memory_sink(&h.memories[1]);
	for (i = 0; i < DEVICES; i++)
		h.memories[i].len = 0;
	good = good && !vfiomig_guest_save(h.guest, h.sinks, NULL);
	close(pair[0]);
	close(pair[1]);
	house_end(&h);
	return good;
}

int main(void)
{
	static const struct test tests[] = {
		{ all_migrate, "all devices of a guest migrate" },
		{ states_have_two_rounds, "no device runs beside one that is stopped" },
		{ faults_take_all_back, "a fault of one device takes all of them back" },
		{ a_load_that_fails_resets_all, "a load that fails resets all of them" },
		{ p2p_is_needed, "several devices need the P2P states" },
		{ no_device_is_no_success, "a guest without a device is an error" },
		{ limit_is_shared, "the devices share the downtime limit" },
		{ limit_is_changed, "which changes on the way" },
		{ guests_are_called_off, "another thread calls it off" },
	};

	return run_tests(tests, ARRAY_SIZE(tests));
}
