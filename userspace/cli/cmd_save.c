// SPDX-License-Identifier: LGPL-2.1-or-later
/* vfio-mig save: the state of a device into a file. */
#include <string.h>
#include "commands.h"
#include "job.h"
#include "save.h"

static int save(struct vfiomig *ctx, struct outfile *out,
		const struct vfiomig_save_options *options, char *error)
{
	struct vfiomig_sink sink = {
		.size = sizeof(sink), .flags = VFIOMIG_HAS_FD, .fd = out->fd,
	};
	int ret = vfiomig_save(ctx, &sink, options);

	if (ret) {
		text_shorten(error, ERROR_MAX, "%s", vfiomig_error(ctx));
		outfile_discard(out);
		return ret;
	}
	ret = outfile_commit(out);
	if (!ret)
		return 0;
	/* What is not in a file may not be lost. */
	text_shorten(error, ERROR_MAX, "%s: %s", out->path, strerror(-ret));
	if (vfiomig_move(ctx, VFIOMIG_STATE_RUNNING, VFIOMIG_STATE_ERROR))
		note("it does not run again: %s", vfiomig_error(ctx));
	return ret;
}

static int save_to(struct handle *h, const struct object *o, const char *path,
		   const struct save_opts *opts)
{
	struct vfiomig_save_options options = opts->options;
	char error[ERROR_MAX] = "";
	struct progress progress;
	struct outfile out;
	int ret = outfile_open(&out, path);

	if (ret)
		return fail("%s: %s", path, outfile_why(ret));
	progress_begin(&progress, "saving", 0);
	options.size = sizeof(options);
	options.progress = progress_step;
	options.arg = &progress;
	ret = save(h->ctx, &out, &options, error);
	if (!ret && opts->resume &&
	    vfiomig_set_state(h->ctx, VFIOMIG_STATE_RUNNING))
		note("saved, but it does not run again: %s", vfiomig_error(h->ctx));
	return progress_end(&progress, o->name, ret, error);
}

static int run(int argc, char **argv)
{
	struct save_opts opts = { .can_resume = true };
	struct handle handle;
	struct object object;
	int ret;

	if (!save_opts_take(&opts, &argc, argv) || argc != 3 ||
	    outfile_clashes(argv[2]))
		return usage(&cmd_save);
	catch_signals();
	if (device_open_named(&handle, &object, argv[1]))
		return EXIT_FAILED;
	ret = save_to(&handle, &object, argv[2], &opts);
	device_close(&handle);
	return ret;
}

const struct command cmd_save = {
	.name = "save",
	.usage = "DEVICE FILE [OPTIONS]\n"
		 "  DEVICE         or fd:N, where the caller has opened it\n"
		 "  FILE           - for standard output; mode 0600, whole or not there\n"
		 SAVE_USAGE
		 "  --resume       let the device run on afterwards, instead of STOP",
	.help = "saves the state of a device into a file",
	.run = run,
};
