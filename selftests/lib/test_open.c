// SPDX-License-Identifier: GPL-2.0-only
/* Opening devices: by character device, by group, several of one guest. */
#include "fake_host.h"
#include "test.h"

static struct vfiomig_open_options with_why(char *why, size_t room, uint32_t flags)
{
	why[0] = '\0';
	return (struct vfiomig_open_options){
		.size = sizeof(struct vfiomig_open_options), .flags = flags,
		.why = why, .room = room,
	};
}

static bool works(const struct fake_host *host, int number,
		  const struct vfiomig_open_options *options)
{
	struct vfiomig_handle *h;
	struct vfiomig *ctx;
	char *why = options->why;
	int ret = vfiomig_open(&h, host_dir(host, number), options);
	bool good = EXPECT(!ret, "%d: %s", ret, why) &&
		    !vfiomig_new(&ctx, vfiomig_handle_fd(h)) &&
		    vfiomig_get_state(ctx) == VFIOMIG_STATE_RUNNING;

	if (good)
		vfiomig_free(ctx);
	vfiomig_close(h);
	return good;
}

static bool both_ways_work(void)
{
	struct vfiomig_open_options options;
	struct fake_host host;
	struct fake f;
	char why[200];
	bool good;

	fake_begin(&f);
	good = host_begin(&host) && host_add(&host, &f, "0000:65:00.1", 7, true);
	options = with_why(why, sizeof(why), 0);
	good = good && works(&host, 1, &options) && host.iommufds == 1 &&
	       !host.containers;
	options = with_why(why, sizeof(why), VFIOMIG_OPEN_GROUP);
	good = good && works(&host, 1, &options) && host.iommufds == 1 &&
	       host.containers == 1 && host.joined == 1 && host.iommus == 1;
	options = with_why(why, sizeof(why), VFIOMIG_OPEN_CDEV);
	good = good && works(&host, 1, &options) && host.containers == 1;
	/* Without iommufd the group is the way. */
	host.no_iommufd = true;
	options = with_why(why, sizeof(why), 0);
	good = good && works(&host, 1, &options) && host.containers == 2;
	options = with_why(why, sizeof(why), VFIOMIG_OPEN_CDEV);
	good = good && !works(&host, 1, &options) && strstr(why, "/dev/iommu");
	host_end(&host);
	fake_end(&f);
	return good;
}

static bool old_kernels_have_groups(void)
{
	struct vfiomig_open_options options;
	struct fake_host host;
	struct fake f;
	char why[200];
	bool good;

	fake_begin(&f);
	good = host_begin(&host) && host_add(&host, &f, "0000:65:00.1", 7, false);
	options = with_why(why, sizeof(why), 0);
	good = good && works(&host, 1, &options) && host.containers == 1;
	host_end(&host);
	fake_end(&f);
	return good;
}

static bool refuses(struct fake_host *host, const char *device, uint32_t flags,
		    int wanted, const char *words)
{
	struct vfiomig_open_options options;
	struct vfiomig_handle *h;
	int files = open_files();
	char why[200];
	int ret;

	options = with_why(why, sizeof(why), flags);
	ret = vfiomig_open(&h, device, &options);
	return EXPECT(ret == wanted && !h && strstr(why, words), "%d: %s", ret, why) &&
	       EXPECT(open_files() == files, "a file is left");
}

static bool refusals_have_words(void)
{
	struct fake_host host;
	struct fake f;
	const char *dir;
	char path[200];
	bool good;

	fake_begin(&f);
	good = host_begin(&host) && host_add(&host, &f, "0000:65:00.1", 7, true) &&
	       host_add(&host, NULL, "0000:65:00.2", 8, false) &&
	       host_add(&host, NULL, "0000:65:00.3", 0, false);
	dir = host_dir(&host, 1);
	snprintf(path, sizeof(path), "%s/nothing", host.sysfs);
	good = good && refuses(&host, path, 0, -ENOENT, "no device") &&
	       refuses(&host, "", 0, -ENOENT, "no device") &&
	       refuses(&host, ".", 0, -ENOENT, "no device") &&
	       refuses(&host, "..", 0, -ENOENT, "no device") &&
	       refuses(&host, "ffff:ff:1f.7", 0, -ENOENT, "no device") &&
	       refuses(&host, host_dir(&host, 2), 0, -ENODEV, "bound to no VFIO driver") &&
	       refuses(&host, host_dir(&host, 3), 0, -ENODEV, "no IOMMU group") &&
	       refuses(&host, dir, 3, -EINVAL, "flags") &&
	       refuses(&host, dir, 4, -EINVAL, "flags") &&
	       refuses(&host, host_dir(&host, 2), VFIOMIG_OPEN_CDEV, -ENODEV,
		       "no character device");
	host.busy = true;
	good = good && refuses(&host, dir, 0, -EBUSY, "another process") &&
	       refuses(&host, dir, VFIOMIG_OPEN_GROUP, -EBUSY, "another process");
	host.busy = false;
	host.not_viable = true;
	good = good && refuses(&host, dir, VFIOMIG_OPEN_GROUP, -EPERM,
			       "another device of the group");
	host.forbidden = true;
	good = good && refuses(&host, dir, VFIOMIG_OPEN_GROUP, -EACCES, "/dev/vfio") &&
	       refuses(&host, dir, 0, -EACCES, "/dev/iommu");
	host_end(&host);
	fake_end(&f);
	return good;
}

/* Devices of one guest: one container or iommufd, and a group is opened once. */
static bool share_one(uint32_t flags, int group)
{
	struct vfiomig_open_options options;
	struct vfiomig_handle *one, *two;
	struct fake_host host;
	struct fake f, g;
	uint32_t id = 0;
	char why[200];
	bool good;

	fake_begin(&f);
	fake_begin(&g);
	good = host_begin(&host) && host_add(&host, &f, "0000:65:00.0", 7, true) &&
	       host_add(&host, &g, "0000:65:00.1", group, true);
	options = with_why(why, sizeof(why), flags);
	good = good && !vfiomig_open(&one, host_dir(&host, 0), &options);
	options.share = one;
	options.flags = 0;
	good = good && EXPECT(!vfiomig_open(&two, host_dir(&host, 1), &options), "%s", why);
	if (flags == VFIOMIG_OPEN_GROUP)
		good = good && host.containers == 1 && host.iommus == 1 &&
		       host.joined == (group == 7 ? 1 : 2) && !host.iommufds &&
		       vfiomig_handle_container(two) >= 0 &&
		       vfiomig_handle_iommufd(two, NULL) == -ENOTTY;
	else
		good = good && host.iommufds == 1 && !host.containers &&
		       vfiomig_handle_container(two) == -ENOTTY &&
		       vfiomig_handle_iommufd(two, &id) >= 0 && id == 41;
	vfiomig_close(two);
	vfiomig_close(one);
	host_end(&host);
	fake_end(&f);
	fake_end(&g);
	return good;
}

static bool guests_share(void)
{
	return share_one(VFIOMIG_OPEN_GROUP, 7) && share_one(VFIOMIG_OPEN_GROUP, 8) &&
	       share_one(VFIOMIG_OPEN_CDEV, 8) && share_one(0, 7);
}

int main(void)
{
	static const struct test tests[] = {
		{ both_ways_work, "a device is opened by either way" },
		{ old_kernels_have_groups, "without character devices, by its group" },
		{ refusals_have_words, "a refusal has a reason in words" },
		{ guests_share, "devices of one guest share" },
	};

	return run_tests(tests, ARRAY_SIZE(tests));
}
