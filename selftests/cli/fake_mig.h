/* SPDX-License-Identifier: GPL-2.0-only */
/* What the linker makes: main() of the command, and fcntl() as it is. */
#ifndef _FAKE_MIG_H
#define _FAKE_MIG_H

int cli_main(int argc, char **argv);
int __real_fcntl(int fd, int cmd, long arg);

#endif
