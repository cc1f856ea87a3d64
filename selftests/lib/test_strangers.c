// SPDX-License-Identifier: GPL-2.0-only
/* The transport against peers that keep to nothing. */
#include <endian.h>
#include <linux/vfio.h>
#include <pthread.h>
#include <sys/socket.h>
#include "test.h"

#define SILENCE_MS	5000

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
	struct vfiomig_receive_options receive = { .size = sizeof(receive), .silence_ms = 50 };
	struct vfiomig_send_options send = { .size = sizeof(send), .silence_ms = 50 };
	enum vfiomig_outcome outcome;
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
		ret = as_source ? vfiomig_send(ctx, pair[0], pair[0], &send, &outcome) :
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
	struct vfiomig_receive_options receive = {
		.size = sizeof(receive), .silence_ms = SILENCE_MS
	};
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
	struct vfiomig_receive_options receive = { .size = sizeof(receive), .silence_ms = 100 };
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

/* The whole of what a source says, for a device with this state. */
static bool say_all(struct script *s, size_t *stream_len)
{
	struct memory m = { 0 };
	struct vfiomig_sink sink = memory_sink(&m);
	struct vfiomig *ctx;
	uint64_t bytes;
	struct fake f;
	bool good;

	fake_begin(&f);
	f.initial = 1000;
	f.rest = 100;
	ctx = open_fake(&f);
	good = !vfiomig_save(ctx, &sink, NULL);
	bytes = htole64(m.len);
	say_hello(s);
	say_frame(s, TOKEN, f.token, strlen(f.token));
	say_frame(s, BEGIN, f.token, strlen(f.token));
	say_frame(s, DATA, m.data, m.len / 2);
	say_frame(s, DATA, m.data + m.len / 2, m.len - m.len / 2);
	say_frame(s, END, &bytes, 8);
	say_frame(s, RUN, NULL, 0);
	*stream_len = m.len;
	free(m.data);
	close_fake(&f, ctx);
	return good;
}

static unsigned int pick(unsigned int *seed, size_t n)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 8) % n;
}

static void mutilate(struct script *s, unsigned int *seed)
{
	unsigned int from, to, len, times = 1 + pick(seed, 3);

	while (times--) {
		from = pick(seed, s->len);
		to = pick(seed, s->len);
		len = pick(seed, s->len - (from > to ? from : to)) % 40;
		switch (pick(seed, 4)) {
		case 0:
			s->data[from] ^= 1 << pick(seed, 8);
			break;
		case 1:
			s->data[from] = pick(seed, 256);
			break;
		case 2:
			memmove(s->data + to, s->data + from, len);
			break;
		default:
			s->len = from + 1;
		}
	}
}

/* Whatever comes: the device is loaded as a whole, or is as it was. */
static bool survives(const struct script *s, bool as_source, size_t want)
{
	struct vfiomig_receive_options receive = {
		.size = sizeof(receive), .silence_ms = SILENCE_MS
	};
	struct vfiomig_send_options send = { .size = sizeof(send), .silence_ms = SILENCE_MS };
	enum vfiomig_outcome outcome;
	struct vfiomig *ctx;
	struct fake f;
	int pair[2], ret;
	bool good;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return false;
	fake_begin(&f);
	f.initial = 1000;
	ctx = open_fake(&f);
	good = write(pair[1], s->data, s->len) == (ssize_t)s->len &&
	       !shutdown(pair[1], SHUT_WR);
	ret = as_source ? vfiomig_send(ctx, pair[0], pair[0], &send, &outcome) :
			  vfiomig_receive(ctx, pair[0], pair[0], &receive);
	good = good && f.state == VFIO_DEVICE_STATE_RUNNING &&
	       (ret ? !f.loaded : f.loaded && f.pos == want - FAKE_TRAILER);
	if (!good)
		printf("# %d: %s\n", ret, vfiomig_error(ctx));
	close(pair[0]);
	close(pair[1]);
	close_fake(&f, ctx);
	return good;
}

static bool mutilated_words_do_no_harm(void)
{
	struct script whole = { 0 }, s;
	unsigned int seed = 1, i;
	size_t want;
	bool good = say_all(&whole, &want) && survives(&whole, false, want);

	for (i = 0; good && i < 3000; i++) {
		s = whole;
		mutilate(&s, &seed);
		good = survives(&s, i & 1, want);
	}
	return good;
}

int main(void)
{
	static const struct test tests[] = {
		{ source_refuses_strangers, "the source against strangers" },
		{ target_refuses_strangers, "the target against strangers" },
		{ refusal_is_answered, "a refusal is answered" },
		{ talkers_are_left, "who never stops talking is left" },
		{ mutilated_words_do_no_harm, "mutilated words do no harm" },
	};

	return run_tests(tests, ARRAY_SIZE(tests));
}
