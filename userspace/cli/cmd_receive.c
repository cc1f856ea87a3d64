// SPDX-License-Identifier: LGPL-2.1-or-later
/* vfio-mig receive: waits for a device that is sent here. */
#include <errno.h>
#include "commands.h"
#include "job.h"
#include "opts.h"

struct receive {
	struct handle *handle;
	const struct object *object;
	struct vfiomig_receive_options options;
};

static int receive_one(struct receive *r, struct connection *c)
{
	struct vfiomig_receive_options options = r->options;
	char token[VFIOMIG_TOKEN_MAX];
	struct progress progress;
	bool composed;
	int ret;

	if (r->object->dir[0] && host_token(r->object, token, &composed) > 0 &&
	    composed)
		options.token = token;
	options.size = sizeof(options);
	options.progress = progress_step;
	options.arg = &progress;
	progress_begin(&progress, "receiving", 0);
	ret = vfiomig_receive(r->handle->ctx, c->in, c->out, &options);
	return progress_end(&progress, r->object->name, ret,
			    vfiomig_error(r->handle->ctx));
}

/* Until a device has come, or for one attempt. */
static int receive_from(struct receive *r, struct listener *l, bool once,
			uint32_t wait_ms)
{
	struct connection c;
	int ret;

	do {
		if (net_accept(l, &c, wait_ms))
			return EXIT_FAILED;
		ret = receive_one(r, &c);
		net_close(&c);
	} while (ret && !once && l->fd >= 0 && !is_interrupted());
	return ret;
}

static int run(int argc, char **argv)
{
	uint64_t timeout = 0, wait = 0;
	bool once = false, stay = false;
	struct handle handle;
	struct object object;
	struct listener l;
	struct receive r = { .handle = &handle, .object = &object };
	uint32_t wait_ms;
	int ret = EXIT_FAILED;
	const struct opt options[] = {
		{ "--once", .flag = &once },
		{ "--stay", .flag = &stay },
		{ "--timeout", .number = &timeout },
		{ "--wait", .number = &wait },
		{ 0 },
	};

	if (!opts_take(&argc, argv, options) || argc != 3 ||
	    !opts_ms(timeout, &r.options.timeout_ms) || !opts_ms(wait, &wait_ms))
		return usage(&cmd_receive);
	r.options.flags = stay ? VFIOMIG_RECEIVE_STAY : 0;
	catch_signals();
	if (device_open_named(&handle, &object, argv[1]))
		return EXIT_FAILED;
	if (!net_listen(&l, argv[2])) {
		ret = receive_from(&r, &l, once, wait_ms);
		net_unlisten(&l);
	}
	device_close(&handle);
	return ret;
}

const struct command cmd_receive = {
	.name = "receive",
	.usage = "DEVICE [HOST]:PORT|unix:PATH|fd:N[,OUT] [OPTIONS]\n"
		 "  DEVICE       or fd:N, where the caller has opened it. What it was is lost\n"
		 "  HOST         address to listen on, none for all\n"
		 "  PORT         0 for a free one, which is printed\n"
		 "  --once       take one connection, also if nothing comes of it\n"
		 "  --wait S     give up without a connection for so many seconds\n"
		 "  --timeout S  limit of one migration\n"
		 "  --stay       leave the device in STOP, do not let it run",
	.help = "takes over a device from a host that sends it",
	.run = run,
};
