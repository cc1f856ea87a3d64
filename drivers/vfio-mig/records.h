/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VFIO_MIG_RECORDS_H
#define _VFIO_MIG_RECORDS_H

/* Between a driver's table of sections and the records of a session. */
struct vmig_session;

int vmig_produce(struct vmig_session *s);
int vmig_consume(struct vmig_session *s);
int vmig_missing(struct vmig_session *s);

#endif
