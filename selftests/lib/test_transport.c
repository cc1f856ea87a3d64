// SPDX-License-Identifier: GPL-2.0-only
/*
 * The transport: from one fake to another over a wire that is cut anywhere, with
 * targets that refuse, and against peers that keep to nothing.
 */
#include <endian.h>
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
	struct vfiomig_receive_options receive;
	struct wire wire;
	int sent;
	int received;
	char sender_says[600];
	char receiver_says[600];
};

static void run_begin(struct run *r)
{
	memset(r, 0, sizeof(*r));
	fake_begin(&r->source);
	fake_begin(&r->target);
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
	r->sent = vfiomig_send(ctx, r->wire.source, r->wire.source, &r->send);
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
	return both(r, 0, 0) && r->source.state == VFIO_DEVICE_STATE_STOP &&
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
	if (r.sent < 0)
		good = good && r.received < 0 && stayed(&r);
	else
		good = good && r.sent == VFIOMIG_UNCONFIRMED &&
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
		if (r.sent >= 0)
			good = good && r.source.state == VFIO_DEVICE_STATE_STOP &&
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
	r.send.save.progress = no_more;
	good = good && run(&r, UNCUT, UNCUT) &&
	       both(&r, -ECANCELED, -ECANCELED) && stayed(&r) &&
	       r.target.nr_resets == 1;
	run_end(&r);
	return good;
}

/* What the other end says, whatever we say. */
struct script {
	uint8_t data[70000];
	size_t len;
};

static void say(struct script *s, const void *data, size_t len)
{
	memcpy(s->data + s->len, data, len);
	s->len += len;
}

static void say_hello(struct script *s)
{
	say(s, "VMGT\1\0\0\0", 8);
}

static void say_frame(struct script *s, uint16_t type, const void *data,
		      uint32_t len)
{
	uint32_t head[2] = { htole32(type), htole32(len) };

	say(s, head, sizeof(head));
	if (data)
		say(s, data, len);
}

enum { TOKEN = 1, BEGIN, READY, DATA, END, LOADED, RUN, RUNNING, REFUSE, BYE };

static int hear(const struct script *s, bool as_source, struct fake *f,
		char *says, size_t len)
{
	struct vfiomig_receive_options receive = { .silence_ms = 50 };
	struct vfiomig_send_options send = { .silence_ms = 50 };
	struct vfiomig *ctx;
	int pair[2], ret;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return 1;
	ret = write(pair[1], s->data, s->len) == (ssize_t)s->len;
	fake_begin(f);
	f->initial = 100;
	f->rest = 100;
	ctx = open_fake(f);
	if (ret)
		ret = as_source ? vfiomig_send(ctx, pair[0], pair[0], &send) :
				  vfiomig_receive(ctx, pair[0], pair[0], &receive);
	snprintf(says, len, "%s", vfiomig_error(ctx));
	vfiomig_free(ctx);
	close(pair[0]);
	close(pair[1]);
	return ret;
}

/* It ends with this error, and the device is as it was. */
static bool hears(const struct script *s, bool as_source, int want,
		  const char *words)
{
	struct fake f;
	char says[600];
	bool good;
	int ret = hear(s, as_source, &f, says, sizeof(says));

	good = EXPECT(ret == want && strstr(says, words), "%d, not %d: %s", ret,
		      want, says) &&
	       f.state == VFIO_DEVICE_STATE_RUNNING && !f.loaded;
	fake_end(&f);
	return good;
}

static bool strangers_are_refused(bool as_source)
{
	struct script s = { 0 };
	bool good;

	good = hears(&s, as_source, -ETIMEDOUT, "hearing");
	say(&s, "SSH-2.0-OpenSSH", 15);
	good = good && hears(&s, as_source, -EPROTO, "none of ours");
	s.len = 0;
	say(&s, "VMGT\2\0\0\0", 8);
	good = good && hears(&s, as_source, -EPROTONOSUPPORT, "another version");
	s.len = 0;
	say(&s, "VMGT\1\0\1\0", 8);
	good = good && hears(&s, as_source, -EPROTONOSUPPORT, "another version");
	s.len = 0;
	say_hello(&s);
	say_frame(&s, TOKEN, NULL, VFIOMIG_TOKEN_MAX);
	good = good && hears(&s, as_source, -EPROTO, "wrong length");
	s.len = 8;
	say_frame(&s, TOKEN, NULL, 0xffffffff);
	good = good && hears(&s, as_source, -EPROTO, "wrong length");
	s.len = 8;
	say_frame(&s, 0, NULL, 0);
	good = good && hears(&s, as_source, -EPROTO, "unknown frame");
	s.len = 8;
	say_frame(&s, BYE + 1, NULL, 0);
	good = good && hears(&s, as_source, -EPROTO, "unknown frame");
	s.len = 8;
	say(&s, "\1\0\1\0\0\0\0\0", 8);
	good = good && hears(&s, as_source, -EPROTO, "unknown frame");
	s.len = 8;
	say_frame(&s, DATA, "x", 1);
	good = good && hears(&s, as_source, -EPROTO, "out of turn");
	s.len = 8;
	say_frame(&s, REFUSE, "\6\0\0\0a\33[2Jb", 10);
	good = good && hears(&s, as_source, -ERANGE, "refuses: a?[2Jb");
	s.len = 8;
	say_frame(&s, REFUSE, "\377\377\0\0", 4);
	return good && hears(&s, as_source, -EREMOTEIO, "refuses: ");
}

static bool source_refuses_strangers(void)
{
	struct script s = { 0 };

	say_hello(&s);
	say_frame(&s, TOKEN, NULL, 0);
	if (!hears(&s, true, -ETIMEDOUT, "hearing"))
		return false;
	say_frame(&s, READY, NULL, 0);
	if (!hears(&s, true, -ETIMEDOUT, "hearing"))
		return false;
	say_frame(&s, LOADED, NULL, 0);
	/* It was not asked yet. */
	return hears(&s, true, -EPROTO, "out of turn") &&
	       strangers_are_refused(true);
}

static bool target_refuses_strangers(void)
{
	uint64_t bytes = htole64(5);
	struct script s = { 0 };
	bool good;
	size_t begun;

	say_hello(&s);
	say_frame(&s, TOKEN, NULL, 0);
	good = hears(&s, false, -ETIMEDOUT, "hearing");
	say_frame(&s, BEGIN, NULL, 0);
	begun = s.len;
	good = good && hears(&s, false, -ETIMEDOUT, "hearing");
	say_frame(&s, DATA, NULL, 0);
	good = good && hears(&s, false, -EPROTO, "wrong length");
	s.len = begun;
	say_frame(&s, DATA, NULL, 65537);
	good = good && hears(&s, false, -EPROTO, "wrong length");
	s.len = begun;
	say_frame(&s, RUN, NULL, 0);
	good = good && hears(&s, false, -EPROTO, "out of turn");
	s.len = begun;
	say_frame(&s, DATA, "\377", 1);
	good = good && hears(&s, false, -EBADMSG, "writing");
	s.len = begun;
	say_frame(&s, END, &bytes, 8);
	good = good && hears(&s, false, -EPROTO, "END does not agree");
	bytes = 0;
	s.len = begun;
	say_frame(&s, END, &bytes, 8);
	good = good && hears(&s, false, -ENODATA, "RESUMING to STOP");
	return good && strangers_are_refused(false);
}

/* Who is refused says BYE, so that the other need not wait for it. */
static bool refusal_is_answered(void)
{
	struct vfiomig_receive_options receive = { .silence_ms = SILENCE_MS };
	struct script s = { 0 };
	uint8_t reply[64] = { 0 };
	struct vfiomig *ctx;
	struct fake f;
	int pair[2];
	bool good;
	ssize_t n;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return false;
	fake_begin(&f);
	f.features = 0;
	ctx = open_fake(&f);
	say_hello(&s);
	say_frame(&s, TOKEN, NULL, 0);
	say_frame(&s, REFUSE, "\6\0\0\0no", 6);
	good = write(pair[1], s.data, s.len) == (ssize_t)s.len &&
	       vfiomig_receive(ctx, pair[0], pair[0], &receive) == -ERANGE;
	n = read(pair[1], reply, sizeof(reply));
	/* Preamble, TOKEN without a payload, BYE. */
	good = good && EXPECT(n == 24, "%zd", n) &&
	       !memcmp(reply + 16, "\12\0\0\0\0\0\0\0", 8);
	close(pair[0]);
	close(pair[1]);
	close_fake(&f, ctx);
	return good;
}

/* To have said no is final, also to one who never stops talking. */
static void *talk(void *arg)
{
	int fd = *(int *)arg;
	struct script s = { 0 };

	say_hello(&s);
	say_frame(&s, TOKEN, NULL, 0);
	say_frame(&s, BEGIN, NULL, 0);
	send(fd, s.data, s.len, MSG_NOSIGNAL);
	s.len = 0;
	say_frame(&s, DATA, NULL, 1000);
	memset(s.data + s.len, 0xff, 1000);
	while (send(fd, s.data, s.len + 1000, MSG_NOSIGNAL) > 0)
		;
	return NULL;
}

static bool talkers_are_left(void)
{
	struct vfiomig_receive_options receive = { .silence_ms = 100 };
	struct vfiomig *ctx;
	pthread_t thread;
	struct fake f;
	int pair[2];
	bool good;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return false;
	fake_begin(&f);
	ctx = open_fake(&f);
	pthread_create(&thread, NULL, talk, &pair[1]);
	good = vfiomig_receive(ctx, pair[0], pair[0], &receive) == -EBADMSG;
	close(pair[0]);
	pthread_join(thread, NULL);
	close(pair[1]);
	close_fake(&f, ctx);
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
	r.sent = vfiomig_send(ctx, from[0], to[1], &r.send);
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
		{ source_refuses_strangers, "the source against strangers" },
		{ target_refuses_strangers, "the target against strangers" },
		{ refusal_is_answered, "a refusal is answered" },
		{ talkers_are_left, "who never stops talking is left" },
		{ pipes_do, "two pipes do" },
	};

	return run_tests(tests, ARRAY_SIZE(tests));
}
