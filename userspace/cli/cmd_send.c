// SPDX-License-Identifier: LGPL-2.1-or-later
/* vfio-mig send: a device to a host that receives it. */
#include <errno.h>
#include "commands.h"
#include "job.h"
#include "save.h"

#define CONNECT_MS 30000

/* Where the driver has no token, one that is made up will do. */
static const char *spare_token(const struct object *o, char *token)
{
	bool composed;

	return o->dir[0] && host_token(o, token, &composed) > 0 && composed ?
	       token : NULL;
}

static int send_to(struct handle *h, const struct object *o,
		   struct connection *c, const struct save_opts *opts)
{
	char token[VFIOMIG_TOKEN_MAX];
	struct vfiomig_save_options save = opts->options;
	struct vfiomig_send_options options = {
		.size = sizeof(options), .save = &save,
		.token = spare_token(o, token),
	};
	enum vfiomig_outcome outcome;
	struct progress progress;
	int ret;

	progress_begin(&progress, "sending", 0);
	save.size = sizeof(save);
	save.progress = progress_step;
	save.arg = &progress;
	ret = vfiomig_send(h->ctx, c->in, c->out, &options, &outcome);
	if (outcome == VFIOMIG_UNCONFIRMED)
		return progress_end(&progress, o->name, VFIOMIG_UNCONFIRMED,
				    "the target was told to run the device and did not answer; see there");
	return progress_end(&progress, o->name, ret, vfiomig_error(h->ctx));
}

static int run(int argc, char **argv)
{
	struct save_opts opts = { 0 };
	struct connection c;
	struct handle handle;
	struct object object;
	uint32_t ms;
	int ret;

	if (!save_opts_take(&opts, &argc, argv) || argc != 3)
		return usage(&cmd_send);
	catch_signals();
	if (device_open_named(&handle, &object, argv[1]))
		return EXIT_FAILED;
	ms = opts.options.timeout_ms;
	ret = EXIT_FAILED;
	if (!net_connect(&c, argv[2], ms ? ms : CONNECT_MS)) {
		ret = send_to(&handle, &object, &c, &opts);
		net_close(&c);
	}
	device_close(&handle);
	return ret;
}

const struct command cmd_send = {
	.name = "send",
	.usage = "DEVICE HOST:PORT|unix:PATH|fd:N[,OUT] [OPTIONS]\n"
		 "  DEVICE         or fd:N, where the caller has opened it\n"
		 SAVE_USAGE
		 "Afterwards the device is stopped here and runs there. If it was refused or\n"
		 "the connection breaks it runs on here; exit code 4 says that the target was\n"
		 "told to run it and did not answer",
	.help = "migrates a device to a host where \"vfio-mig receive\" waits for it",
	.run = run,
};
