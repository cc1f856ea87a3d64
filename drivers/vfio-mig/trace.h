/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vfio_mig

#if !defined(_VFIO_MIG_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _VFIO_MIG_TRACE_H

#include <linux/tracepoint.h>

TRACE_EVENT(vmig_arc,
	TP_PROTO(const char *dev, int from, int to, int ret, s64 us),
	TP_ARGS(dev, from, to, ret, us),
	TP_STRUCT__entry(
		__string(dev, dev)
		__field(int, from)
		__field(int, to)
		__field(int, ret)
		__field(s64, us)
	),
	TP_fast_assign(
		__assign_str(dev);
		__entry->from = from;
		__entry->to = to;
		__entry->ret = ret;
		__entry->us = us;
	),
	TP_printk("%s %d -> %d ret %d in %lld us", __get_str(dev),
		  __entry->from, __entry->to, __entry->ret, __entry->us)
);

TRACE_EVENT(vmig_refuse,
	TP_PROTO(const char *dev, int error, const char *text),
	TP_ARGS(dev, error, text),
	TP_STRUCT__entry(
		__string(dev, dev)
		__field(int, error)
		__string(text, text)
	),
	TP_fast_assign(
		__assign_str(dev);
		__entry->error = error;
		__assign_str(text);
	),
	TP_printk("%s error %d: %s", __get_str(dev), __entry->error,
		  __get_str(text))
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
