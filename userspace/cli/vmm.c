// SPDX-License-Identifier: LGPL-2.1-or-later
/* Versions of what would use the devices. */
#include <vmig/user.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "facts.h"
#include "vmm.h"

const char *const vmm_names[VMMS] = {
	[VMM_QEMU] = "qemu", [VMM_LIBVIRT] = "libvirt", [VMM_NOVA] = "nova",
};

/* The first that answers counts. */
static const char *const commands_of[VMMS][4] = {
	[VMM_QEMU] = {
		"qemu-system-x86_64 --version", "/usr/libexec/qemu-kvm --version",
		"qemu-system-aarch64 --version",
	},
	[VMM_LIBVIRT] = { "libvirtd --version", "virtqemud --version" },
	[VMM_NOVA] = { "nova-compute --version" },
};

static const char *const packages_of[VMMS][4] = {
	[VMM_QEMU] = { "qemu-system-x86", "qemu-system-arm" },
	[VMM_LIBVIRT] = { "libvirt-daemon", "libvirt-daemon-common" },
	[VMM_NOVA] = { "nova-compute", "python3-nova" },
};

/* "QEMU emulator version 10.0.2 (Debian...)": the first number with a dot. */
static bool find_number(const char *text, char version[64])
{
	size_t n;

	for (; *text; text++) {
		n = strspn(text, "0123456789.");
		if (n > 1 && strchr("0123456789", *text) && memchr(text, '.', n))
			return text_format(version, 64, "%.*s", (int)n, text);
		text += n ? n - 1 : 0;
	}
	return false;
}

static bool ask(const char *command, char version[64])
{
	char line[256] = "";
	struct text shell = { 0 };
	bool found = false;
	FILE *pipe;

	text_add(&shell, "%s 2>/dev/null </dev/null", command);
	pipe = shell.lost ? NULL : popen(shell.at, "re");
	if (pipe) {
		while (!found && fgets(line, sizeof(line), pipe))
			found = find_number(line, version);
		pclose(pipe);
	}
	text_free(&shell);
	return found;
}

/* "Version: 1:10.0.2+ds-2" of a package that is installed. */
static bool look_up(const char *package, char version[64])
{
	char path[PATH_MAX], *line = NULL, *colon;
	bool ours = false, installed = false, found = false;
	size_t size = 0;
	FILE *file = fopen(root_path(path, "var/lib/dpkg/status"), "re");

	while (file && !found && getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "Package: ", 9)) {
			ours = !strcmp(line + 9, package);
			installed = false;
		}
		if (ours && !strncmp(line, "Status: ", 8))
			installed = strstr(line, " installed");
		if (!ours || !installed || strncmp(line, "Version: ", 9))
			continue;
		colon = strchr(line + 9, ':');
		found = find_number(colon ? colon : line + 9, version);
	}
	free(line);
	if (file)
		fclose(file);
	return found;
}

static bool read_recorded(enum vmm vmm, char version[64])
{
	char path[PATH_MAX];
	json_t *file = json_load_file(root_path(path, "vmm.json"), 0, NULL);
	const char *text;

	text = json_string_value(json_object_get(file, vmm_names[vmm]));
	text_format(version, 64, "%.63s", text ? text : "");
	json_decref(file);
	return version[0];
}

static bool find_version(enum vmm vmm, char version[64])
{
	size_t i;

	version[0] = '\0';
	if (!host_is_live() && read_recorded(vmm, version))
		return true;
	for (i = 0; host_is_live() && commands_of[vmm][i]; i++)
		if (ask(commands_of[vmm][i], version))
			return true;
	for (i = 0; packages_of[vmm][i]; i++)
		if (look_up(packages_of[vmm][i], version))
			return true;
	return false;
}

int vmm_version(enum vmm vmm)
{
	static int known[VMMS];
	char version[64];
	int major, minor;

	if (!known[vmm]) {
		known[vmm] = -1;
		if (find_version(vmm, version) &&
		    sscanf(version, "%d.%d", &major, &minor) == 2)
			known[vmm] = major * 1000 + minor;
	}
	return known[vmm] < 0 ? 0 : known[vmm];
}

json_t *vmm_all(void)
{
	json_t *all = json_object();
	char version[64];
	int i;

	for (i = 0; i < VMMS; i++)
		if (find_version(i, version))
			json_object_set_new(all, vmm_names[i], json_string(version));
	return all;
}
