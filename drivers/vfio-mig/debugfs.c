// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/vfio_mig/<device>/: state, last reason, token,
 * counters, fault injection.
 * An own root, since distribution kernels are built without VFIO's.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>
#include "counters.h"
#include "debugfs.h"
#include "report.h"

static struct dentry *root;

static int state_show(struct seq_file *m, void *unused)
{
	struct vmig_dev *vm = m->private;
	enum vfio_device_mig_state state;

	vmig_get_state(vm, &state);
	seq_printf(m, "%s\n", vmig_state_str(state));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(state);

static int reason_show(struct seq_file *m, void *unused)
{
	struct vmig_dev *vm = m->private;
	char text[VMIG_REASON_MAX];

	vmig_reason(vm, text);
	seq_printf(m, "%s\n", text);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(reason);

static int token_show(struct seq_file *m, void *unused)
{
	struct vmig_dev *vm = m->private;
	char *text;
	int len;

	text = kzalloc(VMIG_TOKEN_MAX, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	len = vmig_device_token(vm, text, VMIG_TOKEN_MAX);
	if (len > 0)
		seq_printf(m, "%s\n", text);
	kfree(text);
	return min(len, 0);
}
DEFINE_SHOW_ATTRIBUTE(token);

DEFINE_SHOW_ATTRIBUTE(vmig_counters);

/* "KIND:NAME -ERRNO" arms, "off" disarms. */
static ssize_t fail_at_write(struct file *file, const char __user *user,
			     size_t len, loff_t *pos)
{
	struct vmig_dev *vm = file->private_data;
	struct vmig_fault fault = {};
	char text[64] = "";
	ssize_t n = simple_write_to_buffer(text, sizeof(text) - 1, pos, user, len);

	if (n < 0)
		return n;
	if (!sysfs_streq(text, "off") &&
	    (sscanf(text, "%31s %d", fault.at, &fault.error) != 2 ||
	     fault.error >= 0 || fault.error < -MAX_ERRNO))
		return -EINVAL;
	vmig_fault_arm(vm, &fault);
	return len;
}

static const struct file_operations fail_at_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = fail_at_write,
};

/* Drivers may add files to vm->dir. debugfs may be missing, which is no error. */
void vmig_debugfs_add(struct vmig_dev *vm)
{
	vm->dir = debugfs_create_dir(vm->name, root);
	debugfs_create_file("state", 0400, vm->dir, vm, &state_fops);
	debugfs_create_file("reason", 0400, vm->dir, vm, &reason_fops);
	debugfs_create_file("token", 0400, vm->dir, vm, &token_fops);
	debugfs_create_file("counters", 0400, vm->dir, vm, &vmig_counters_fops);
	debugfs_create_file("fail_at", 0200, vm->dir, vm, &fail_at_fops);
}

void vmig_debugfs_del(struct vmig_dev *vm)
{
	debugfs_remove_recursive(vm->dir);
	vm->dir = NULL;
}

void vmig_debugfs_init(void)
{
	root = debugfs_create_dir("vfio_mig", NULL);
}

void vmig_debugfs_exit(void)
{
	debugfs_remove_recursive(root);
}
