// SPDX-License-Identifier: GPL-2.0-only
/* Structures that grow: sizes, flags and trailing bytes that are not understood. */
#include "test.h"

/* A structure as a later version has it: 16 bytes more. */
#define LATER(type)		\
	union {			\
		struct type s;	\
		uint8_t bytes[sizeof(struct type) + 16]; \
	}

static ssize_t swallow(void *arg, const void *buf, size_t len)
{
	return (ssize_t)len;
}

static struct vfiomig_sink good_sink(void)
{
	return (struct vfiomig_sink){
		.size = sizeof(struct vfiomig_sink), .write = swallow,
	};
}

static bool save_says(const void *options, int wanted)
{
	struct vfiomig_sink sink = good_sink();
	struct vfiomig *ctx;
	struct fake f;
	bool good;
	int ret;

	fake_begin(&f);
	ctx = open_fake(&f);
	ret = vfiomig_save(ctx, &sink, options);
	good = EXPECT(ret == wanted, "%d: %s", ret, vfiomig_error(ctx)) &&
	       !f.arcs == !!wanted;
	close_fake(&f, ctx);
	return good;
}

static bool unknown_is_refused(void)
{
	LATER(vfiomig_save_options) o = { .s = { .size = sizeof(o) } };
	bool good = save_says(&o, 0);

	o.bytes[sizeof(o) - 1] = 1;
	good = good && save_says(&o, -E2BIG);
	o.s.size = sizeof(o.s);
	good = good && save_says(&o, 0);
	o.s.flags = 0x80000000;
	good = good && save_says(&o, -EINVAL);
	o.s.flags = VFIOMIG_SAVE_NO_PRE_COPY;
	return good && save_says(&o, 0);
}

static bool sizes_are_needed(void)
{
	struct vfiomig_save_options o = { .downtime_ms = 1 };
	bool good = save_says(&o, -EINVAL);

	o.size = sizeof(o) - 1;
	good = good && save_says(&o, -EINVAL);
	o.size = 4097;
	return good && save_says(&o, -EINVAL);
}

static bool loads_and_transports_look_too(void)
{
	struct vfiomig_load_options load = { .size = sizeof(load), .flags = 1 };
	struct vfiomig_receive_options receive = { .size = sizeof(receive), .flags = 2 };
	struct vfiomig_save_options save = { .size = sizeof(save), .flags = 2 };
	struct vfiomig_send_options send = { .size = sizeof(send), .save = &save };
	enum vfiomig_outcome outcome = VFIOMIG_MOVED;
	struct memory m = { 0 };
	struct vfiomig_source source = memory_source(&m);
	struct vfiomig *ctx;
	struct fake f;
	bool good;

	fake_begin(&f);
	ctx = open_fake(&f);
	good = vfiomig_load(ctx, &source, &load) == -EINVAL &&
	       vfiomig_receive(ctx, -1, -1, &receive) == -EINVAL &&
	       vfiomig_send(ctx, -1, -1, &send, &outcome) == -EINVAL &&
	       outcome == VFIOMIG_STAYED;
	save.flags = 0;
	send.flags = 1;
	good = good && vfiomig_send(ctx, -1, -1, &send, &outcome) == -EINVAL;
	send.size = 0;
	good = good && vfiomig_send(ctx, -1, -1, &send, &outcome) == -EINVAL &&
	       !f.arcs && !f.nr_resets;
	close_fake(&f, ctx);
	return good;
}

/* {0} is no file, not even standard input. */
static bool no_sink_is_file_0(void)
{
	struct vfiomig_source source = { 0 };
	struct vfiomig_sink sink = { 0 };
	struct vfiomig_emitter *e;
	struct vfiomig *ctx;
	struct fake f;
	bool good;

	fake_begin(&f);
	ctx = open_fake(&f);
	good = vfiomig_save(ctx, &sink, NULL) == -EINVAL &&
	       vfiomig_load(ctx, &source, NULL) == -EINVAL;
	sink.size = sizeof(sink);
	source.size = sizeof(source);
	good = good && vfiomig_save(ctx, &sink, NULL) == -EINVAL &&
	       vfiomig_load(ctx, &source, NULL) == -EINVAL &&
	       vfiomig_emit_new(&e, 0, &sink) == -EINVAL && !e && !f.arcs &&
	       !vfiomig_set_state(ctx, VFIOMIG_STATE_STOP_COPY) &&
	       vfiomig_save_step(ctx, &sink, 0, NULL) == -EINVAL;
	sink.flags = VFIOMIG_HAS_FD;
	sink.fd = -1;
	good = good && vfiomig_save_step(ctx, &sink, 0, NULL) == -EBADF;
	sink.flags = 0x10;
	sink.write = swallow;
	good = good && vfiomig_save_step(ctx, &sink, 0, NULL) == -EINVAL;
	close_fake(&f, ctx);
	return good;
}

/* What a later program has room for and this library does not know stays. */
static bool out_structs_say_what_is_filled(void)
{
	LATER(vfiomig_sizes) s = { .s = { .size = sizeof(s) } };
	LATER(vfiomig_decision) d = { .s = { .size = sizeof(d) } };
	LATER(vfiomig_description) what = { .s = { .size = sizeof(what) } };
	struct vfiomig *ctx;
	struct fake f;
	bool good;

	fake_begin(&f);
	ctx = open_fake(&f);
	s.bytes[sizeof(s.s)] = 0x55;
	good = !vfiomig_size(ctx, &s.s) && s.s.size == sizeof(s.s) &&
	       s.s.initial == f.initial && s.bytes[sizeof(s.s)] == 0x55 &&
	       vfiomig_fits(ctx, 1 << 30, 100, &d.s) == VFIOMIG_FITS &&
	       d.s.size == sizeof(d.s) && d.s.exact &&
	       !vfiomig_describe(ctx, &what.s) && what.s.size == sizeof(what.s) &&
	       what.s.major == 1;
	s.s.size = 0;
	d.s.size = 8;
	what.s.size = 1u << 31;
	good = good && vfiomig_size(ctx, &s.s) == -EINVAL &&
	       vfiomig_fits(ctx, 1 << 30, 100, &d.s) == -EINVAL &&
	       vfiomig_describe(ctx, &what.s) == -EINVAL;
	close_fake(&f, ctx);
	return good;
}

static bool verdicts_have_sizes(void)
{
	LATER(vfiomig_verdict) v = { .s = { .size = sizeof(v) } };
	const char *token = "vmig1 type=a stream=1.0 accepts=1.0";
	struct vfiomig_summary summary = { 0 };
	struct vfiomig_record r = { .version = 1 };
	struct memory m = { 0 };
	struct vfiomig_sink sink = memory_sink(&m);
	struct vfiomig_inspector *in;
	struct vfiomig_emitter *e;
	bool good;

	good = !vfiomig_compare(token, token, &v.s) && v.s.size == sizeof(v.s) &&
	       vfiomig_token_valid("x", &v.s) == -EINVAL && v.s.text[0];
	v.s.size = 8;
	good = good && vfiomig_compare(token, token, &v.s) == -EINVAL &&
	       vfiomig_compare_negotiated(token, token, NULL, &v.s) == -EINVAL &&
	       vfiomig_token_valid(token, &v.s) == -EINVAL &&
	       !vfiomig_inspect_new(&in, NULL, NULL) &&
	       vfiomig_inspect_end(in, &summary) == -EINVAL &&
	       !vfiomig_emit_new(&e, 0, &sink) &&
	       vfiomig_emit_record(e, &r) == -EINVAL;
	vfiomig_inspect_free(in);
	vfiomig_emit_free(e);
	free(m.data);
	return good;
}

static bool rooms_are_kept(void)
{
	const char *token = "vmig1 type=abc stream=1.0 accepts=1.0";
	int path[VFIOMIG_PATH_MAX] = { 0 };
	char value[5] = "zzzz";

	return vfiomig_token_get(token, "type", value, 3) == -ENOBUFS &&
	       !strcmp(value, "zzzz") &&
	       vfiomig_token_get(token, "type", value, 4) == 3 &&
	       !strcmp(value, "abc") &&
	       vfiomig_path(7, VFIOMIG_STATE_RUNNING, VFIOMIG_STATE_STOP, path, 1) ==
	       -ENOBUFS && !path[1] &&
	       vfiomig_path(7, VFIOMIG_STATE_RUNNING, VFIOMIG_STATE_STOP, path, 2) == 2;
}

static bool versions_are_numbers(void)
{
	return vfiomig_version_number() == VFIOMIG_VERSION &&
	       VFIOMIG_VERSION == VFIOMIG_VERSION_OF(0, 1) &&
	       VFIOMIG_VERSION_OF(0, 10) > VFIOMIG_VERSION_OF(0, 9) &&
	       VFIOMIG_VERSION_OF(1, 0) > VFIOMIG_VERSION_OF(0, 99);
}

int main(void)
{
	static const struct test tests[] = {
		{ unknown_is_refused, "what is not understood is refused" },
		{ sizes_are_needed, "a structure without its size is refused" },
		{ loads_and_transports_look_too, "options of loading, sending and receiving" },
		{ no_sink_is_file_0, "a sink of zeros is not file 0" },
		{ out_structs_say_what_is_filled, "what is handed out says how much it is" },
		{ verdicts_have_sizes, "so do verdicts, summaries and records" },
		{ rooms_are_kept, "room that is too small is not exceeded" },
		{ versions_are_numbers, "the version is a number" },
	};

	return run_tests(tests, ARRAY_SIZE(tests));
}
