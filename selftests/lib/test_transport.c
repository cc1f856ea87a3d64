// SPDX-License-Identifier: GPL-2.0-only
/*
 * The transport: from one fake to another, with targets that refuse and devices
 * that fail, over a wire that is cut anywhere.
 */
#include <linux/vfio.h>
#include <pthread.h>
#include <sys/socket.h>
#include "test.h"
#include "wire.h"

#define SILENCE_MS	5000
#define HEAD		8u

/* One migration: two devices, and what came of it. */
struct run {
	struct fake source;
	struct fake target;
	struct vfiomig_send_options send;
	struct vfiomig_save_options save;
	struct vfiomig_receive_options receive;
	struct wire wire;
	int sent;
	enum vfiomig_outcome outcome;
	int received;
	char sender_says[600];
	char receiver_says[600];
};

static void run_begin(struct run *r)
{
	memset(r, 0, sizeof(*r));
	fake_begin(&r->source);
	fake_begin(&r->target);
	r->send.size = sizeof(r->send);
	r->save.size = sizeof(r->save);
	r->receive.size = sizeof(r->receive);
	r->send.save = &r->save;
	r->send.silence_ms = SILENCE_MS;
	r->receive.silence_ms = SILENCE_MS;
}

static void run_end(struct run *r)
{
	fake_end(&r->source);
	fake_end(&r->target);
}

static void *target_thread(void *arg)
{
	struct run *r = arg;
	struct vfiomig *ctx = open_fake(&r->target);

	r->received = vfiomig_receive(ctx, r->wire.target, r->wire.target,
				      &r->receive);
	snprintf(r->receiver_says, sizeof(r->receiver_says), "%s",
		 vfiomig_error(ctx));
	vfiomig_free(ctx);
	close(r->wire.target);
	return NULL;
}

static bool run(struct run *r, size_t cut_forward, size_t cut_backward)
{
	struct vfiomig *ctx = open_fake(&r->source);
	pthread_t thread;

	if (wire_begin(&r->wire, cut_forward, cut_backward) ||
	    pthread_create(&thread, NULL, target_thread, r))
		return false;
	r->sent = vfiomig_send(ctx, r->wire.source, r->wire.source, &r->send,
			       &r->outcome);
	snprintf(r->sender_says, sizeof(r->sender_says), "%s",
		 vfiomig_error(ctx));
	vfiomig_free(ctx);
	close(r->wire.source);
	pthread_join(thread, NULL);
	wire_end(&r->wire);
	return true;
}

static bool both(const struct run *r, int sent, int received)
{
	return EXPECT(r->sent == sent && r->received == received,
		      "%d (%s), %d (%s)", r->sent, r->sender_says, r->received,
		      r->receiver_says);
}

static bool went_over(const struct run *r)
{
	return both(r, 0, 0) && r->outcome == VFIOMIG_MOVED &&
	       r->source.state == VFIO_DEVICE_STATE_STOP &&
	       r->target.state == VFIO_DEVICE_STATE_RUNNING &&
	       r->target.loaded && !r->source.nr_resets && !r->target.nr_resets;
}

static bool stayed(const struct run *r)
{
	return EXPECT(r->source.state == VFIO_DEVICE_STATE_RUNNING &&
		      !r->source.nr_resets && !r->target.loaded &&
		      r->target.state == VFIO_DEVICE_STATE_RUNNING,
		      "source in %s, target in %s: %s",
		      vfiomig_state_name(r->source.state),
		      vfiomig_state_name(r->target.state), r->sender_says);
}

static bool all_kinds_go_over(void)
{
	static const uint64_t flags[] = { 1, 3, 5, 7 };
	struct run r;
	unsigned int i, j;
	bool good = true;

	for (i = 0; i < ARRAY_SIZE(flags); i++)
		for (j = 0; j < 3; j++) {
			run_begin(&r);
			r.source.flags = flags[i];
			r.target.flags = flags[i];
			r.source.initial = 300000;
			r.source.features = j ? ALL_FEATURES : 0;
			r.target.features = j ? ALL_FEATURES : 0;
			r.source.piece = j == 2 ? 100 : 0;
			r.target.piece = j == 2 ? 99 : 0;
			good = good && run(&r, UNCUT, UNCUT) && went_over(&r) &&
			       r.source.negotiated == !!j &&
			       !strstr(r.target.checked, "x_negotiated") == !j;
			run_end(&r);
		}
	return good;
}

static bool target_may_stay_stopped(void)
{
	struct run r;
	bool good;

	run_begin(&r);
	r.receive.flags = VFIOMIG_RECEIVE_STAY;
	good = run(&r, UNCUT, UNCUT) && both(&r, 0, 0) && r.target.loaded &&
	       r.target.state == VFIO_DEVICE_STATE_STOP &&
	       r.source.state == VFIO_DEVICE_STATE_STOP;
	run_end(&r);
	return good;
}

/*
 * Never two, and never none but in the one moment that nobody can tell: RUN may
 * have left the source, and RUNNING has not come.
 */
static bool cut_is_survived(size_t forward, size_t backward, bool moment)
{
	struct run r;
	bool good;

	run_begin(&r);
	r.source.initial = 300000;
	good = run(&r, forward, backward);
	if (r.outcome == VFIOMIG_STAYED)
		good = good && r.sent < 0 && r.received < 0 && stayed(&r);
	else
		good = good && r.sent < 0 && r.outcome == VFIOMIG_UNCONFIRMED &&
		       EXPECT(moment, "let go too early") &&
		       r.source.state == VFIO_DEVICE_STATE_STOP &&
		       (r.received < 0) == !r.target.loaded;
	if (!good)
		printf("# cut after %zu forward, %zu backward: %d %d\n", forward,
		       backward, r.sent, r.received);
	run_end(&r);
	return good;
}

static bool whole_run(struct wire *w)
{
	struct run r;
	bool good;

	run_begin(&r);
	r.source.initial = 300000;
	good = run(&r, UNCUT, UNCUT) && went_over(&r);
	*w = r.wire;
	run_end(&r);
	return good;
}

static size_t hello_len(void)
{
	return HEAD + 2 * (HEAD + strlen("vmig1 type=fake stream=1.0 accepts=1.0"));
}

static bool cut_in_every_header(void)
{
	size_t at, frame, hello = hello_len();
	struct wire w;
	bool good = whole_run(&w);

	/* Preamble, TOKEN and BEGIN, byte by byte. */
	for (at = 0; good && at <= hello + HEAD; at++)
		good = cut_is_survived(at, UNCUT, at > w.forward - HEAD);
	/* The header of each DATA frame. */
	for (frame = hello; good && frame < w.forward; frame += HEAD + 65536)
		for (at = frame; good && at <= frame + HEAD; at++)
			good = cut_is_survived(at, UNCUT, at > w.forward - HEAD);
	/* END and RUN. */
	for (at = w.forward - 40; good && at < w.forward; at++)
		good = cut_is_survived(at, UNCUT, at > w.forward - HEAD);
	return good;
}

static bool cut_every_64_kib(void)
{
	struct wire w;
	bool good = whole_run(&w);
	size_t at;

	for (at = 0; good && at < w.forward; at += 65536)
		good = cut_is_survived(at, UNCUT, at > w.forward - HEAD);
	return good && w.forward > 300000;
}

static bool cut_in_every_answer(void)
{
	struct wire w;
	bool good = whole_run(&w);
	size_t at;

	for (at = 0; good && at < w.backward; at++)
		good = cut_is_survived(UNCUT, at, at >= w.backward - HEAD);
	return good && w.backward > 50;
}

static bool verdict_is_heard(void)
{
	struct run r;
	bool good;

	run_begin(&r);
	r.target.verdict = -ERANGE;
	good = run(&r, UNCUT, UNCUT) && both(&r, -ERANGE, -ERANGE) &&
	       stayed(&r) && !r.source.arcs && !r.target.arcs &&
	       EXPECT(strstr(r.sender_says, "the fake says no"), "%s",
		      r.sender_says);
	run_end(&r);
	run_begin(&r);
	r.source.verdict = -EPROTONOSUPPORT;
	good = good && run(&r, UNCUT, UNCUT) &&
	       both(&r, -EPROTONOSUPPORT, -EPROTONOSUPPORT) && stayed(&r) &&
	       !r.source.arcs && !r.target.nr_resets &&
	       EXPECT(strstr(r.receiver_says, "the fake says no"), "%s",
		      r.receiver_says);
	run_end(&r);
	return good;
}

static bool tokens_of_callers_are_compared(void)
{
	struct run r;
	bool good;

	run_begin(&r);
	r.source.features = 0;
	r.target.features = 0;
	r.send.token = "vmig1 type=a stream=1.0 accepts=1.0";
	r.receive.token = "vmig1 type=b stream=1.0 accepts=1.0";
	good = run(&r, UNCUT, UNCUT) && both(&r, -ENODEV, -ENODEV) && stayed(&r);
	run_end(&r);
	run_begin(&r);
	r.source.features = 0;
	r.send.token = "rubbish";
	good = good && run(&r, UNCUT, UNCUT) && r.sent == -EINVAL &&
	       r.received < 0 && stayed(&r);
	run_end(&r);
	return good;
}

static bool data_may_be_refused(void)
{
	struct run r;
	bool good;

	run_begin(&r);
	r.source.initial = 5000000;
	r.target.refuses_data = EBADMSG;
	good = run(&r, UNCUT, UNCUT) && both(&r, -EBADMSG, -EBADMSG) &&
	       stayed(&r) && r.target.nr_resets == 1 &&
	       EXPECT(strstr(r.sender_says, "so the fake wants it"), "%s",
		      r.sender_says);
	run_end(&r);
	return good;
}

/* Each call to the target's device fails, and then each to the source's. */
static bool faults_leave_one(bool in_target, bool breaks)
{
	bool good = true, over = false;
	unsigned int at;
	struct run r;

	for (at = 2; good && !over; at++) {
		struct fake *f;

		run_begin(&r);
		f = in_target ? &r.target : &r.source;
		f->fault_at = at;
		f->fault_errno = EIO;
		f->fault_breaks = breaks;
		good = run(&r, UNCUT, UNCUT);
		over = f->calls < at;
		if (r.outcome != VFIOMIG_STAYED)
			good = good && !r.sent == (r.outcome == VFIOMIG_MOVED) &&
				r.source.state == VFIO_DEVICE_STATE_STOP &&
			       !r.received && r.target.loaded;
		else
			good = good && r.received < 0 && !r.target.loaded &&
			       r.source.state == VFIO_DEVICE_STATE_RUNNING &&
			       (breaks || !r.source.nr_resets);
		if (!good)
			printf("# call %u: %d (%s), %d (%s)\n", at, r.sent,
			       r.sender_says, r.received, r.receiver_says);
		run_end(&r);
	}
	return good && at > 10;
}

static bool faults_of_the_target(void)
{
	return faults_leave_one(true, false) && faults_leave_one(true, true);
}

static bool faults_of_the_source(void)
{
	return faults_leave_one(false, false) && faults_leave_one(false, true);
}

static int no_more(void *arg, const struct vfiomig_progress *p)
{
	return p->bytes > 100000 ? -ECANCELED : 0;
}

static bool both_may_call_it_off(void)
{
	struct run r;
	bool good;

	run_begin(&r);
	r.source.initial = 1000000;
	r.source.piece = 50000;
	r.receive.progress = no_more;
	good = run(&r, UNCUT, UNCUT) && both(&r, -ECANCELED, -ECANCELED) &&
	       stayed(&r);
	run_end(&r);
	run_begin(&r);
	r.source.initial = 1000000;
	r.source.piece = 50000;
	r.save.progress = no_more;
	good = good && run(&r, UNCUT, UNCUT) &&
	       both(&r, -ECANCELED, -ECANCELED) && stayed(&r) &&
	       r.target.nr_resets == 1;
	run_end(&r);
	return good;
}

/* Two pipes, as from ssh. */
static void *target_by_pipes(void *arg)
{
	struct run *r = arg;
	struct vfiomig *ctx = open_fake(&r->target);

	r->received = vfiomig_receive(ctx, r->wire.inner[0], r->wire.target,
				      &r->receive);
	vfiomig_free(ctx);
	return NULL;
}

static bool pipes_do(void)
{
	int to[2], from[2], i;
	struct vfiomig *ctx;
	pthread_t thread;
	struct run r;
	bool good;

	if (pipe(to) || pipe(from))
		return false;
	run_begin(&r);
	r.source.initial = 300000;
	r.wire.inner[0] = to[0];
	r.wire.target = from[1];
	ctx = open_fake(&r.source);
	pthread_create(&thread, NULL, target_by_pipes, &r);
	r.sent = vfiomig_send(ctx, from[0], to[1], &r.send, &r.outcome);
	vfiomig_free(ctx);
	pthread_join(thread, NULL);
	good = went_over(&r);
	for (i = 0; i < 2; i++) {
		close(to[i]);
		close(from[i]);
	}
	run_end(&r);
	return good;
}

int main(void)
{
	static const struct test tests[] = {
		{ all_kinds_go_over, "every kind of device goes over" },
		{ target_may_stay_stopped, "the target may stay stopped" },
		{ verdict_is_heard, "a verdict is heard on the other side" },
		{ tokens_of_callers_are_compared, "tokens of the callers are compared" },
		{ data_may_be_refused, "a target that refuses the data" },
		{ both_may_call_it_off, "both sides may call it off" },
		{ faults_of_the_target, "a fault in each call of the target" },
		{ faults_of_the_source, "a fault in each call of the source" },
		{ cut_in_every_header, "cut at every byte of the headers" },
		{ cut_every_64_kib, "cut at every 64 KiB" },
		{ cut_in_every_answer, "cut at every byte of the answers" },
		{ pipes_do, "two pipes do" },
	};

	return run_tests(tests, ARRAY_SIZE(tests));
}
