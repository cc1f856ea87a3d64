/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * THE table of registers of the Intel 82574L: every one that a guest can read,
 * once, with how it moves. Structure, stream sections, saving, restoring, what
 * vfio-mig shows of a stream and the table in Documentation/e1000e.rst (by
 * regs-doc.sh) all follow from it.
 *
 * R(name, offset, count, stride, class, remark); registers are saved and restored in
 * this order, which matters: what decides how others are read comes first.
 *
 * EXACT    restored by writing what was read
 * TRICK    restored, but not by a plain write; the remark says how
 * VIRTUAL  the driver answers for the card
 * BEST     the guest may find another value; the remark says which
 */
#ifndef _E1000E_VFIO_REGS_H
#define _E1000E_VFIO_REGS_H

/* Tables: sent while the guest runs, and again when it has stopped. */
#define E1K_TABLE_REGS(R)						\
	R(RA,       0x05400,  32, 4, EXACT, "receive addresses")	\
	R(MTA,      0x05200, 128, 4, EXACT, "multicast table")		\
	R(VFTA,     0x05600, 128, 4, EXACT, "VLAN filter table")	\
	R(RETA,     0x05c00,  32, 4, EXACT, "RSS redirection table")	\
	R(RSSRK,    0x05c80,  10, 4, EXACT, "RSS key")

/* Filters that wake the host; sent when one of them is set. */
#define E1K_WAKE_REGS(R)						\
	R(IP4AT,    0x05840,   4, 8, EXACT, "IPv4 addresses")		\
	R(IP6AT,    0x05880,   4, 4, EXACT, "IPv6 address")		\
	R(WUPM,     0x05a00,  32, 4, EXACT, "wake-up packet memory")	\
	R(FFLT,     0x05f00,   6, 8, EXACT, "flexible filter lengths")

#define E1K_FLEX_REGS(R)						\
	R(FFMT,     0x09000, 128, 8, EXACT, "flexible filter masks")	\
	R(FFVT,     0x09800, 128, 8, EXACT, "flexible filter values")

/*
 * Filters of the host's management controller (BMC), which the guest must not cut
 * off: the guest has its own copy, and the card never hears of it.
 */
#define E1K_KEPT_REGS(R)						\
	R(MANC,     0x05820,   1, 0, VIRTUAL, "the guest's own copy: the BMC's is the host's") \
	R(MFVAL,    0x05824,   1, 0, VIRTUAL, "as MANC")		\
	R(MFUTP01,  0x05828,   1, 0, VIRTUAL, "as MANC")		\
	R(MFUTP23,  0x05830,   1, 0, VIRTUAL, "as MANC")		\
	R(MANC2H,   0x05860,   1, 0, VIRTUAL, "as MANC")		\
	R(MDEF,     0x05890,   8, 4, VIRTUAL, "as MANC")		\
	R(FTFT,     0x09400, 128, 8, VIRTUAL, "as MANC: flexible TCO filters")

#define E1K_PLAIN_REGS(R)						\
	R(CTRL_EXT, 0x00018,   1, 0, EXACT, "without the bits that clear themselves") \
	R(PBA,      0x01000,   1, 0, EXACT, "before CTRL.RST, which puts it into effect") \
	R(PBS,      0x01008,   1, 0, EXACT, "a CTRL.RST does not reset it") \
	R(FCAL,     0x00028,   1, 0, EXACT, "")				\
	R(FCAH,     0x0002c,   1, 0, EXACT, "")				\
	R(FCT,      0x00030,   1, 0, EXACT, "")				\
	R(FCTTV,    0x00170,   1, 0, EXACT, "")				\
	R(FCRTL,    0x02160,   1, 0, EXACT, "")				\
	R(FCRTH,    0x02168,   1, 0, EXACT, "")				\
	R(FCRTV,    0x05f40,   1, 0, EXACT, "")				\
	R(VET,      0x00038,   1, 0, EXACT, "")				\
	R(GCR,      0x05b00,   1, 0, EXACT, "")				\
	R(GCR2,     0x05b64,   1, 0, EXACT, "")				\
	R(LEDCTL,   0x00e00,   1, 0, EXACT, "")				\
	R(TIPG,     0x00410,   1, 0, EXACT, "")				\
	R(AIT,      0x00458,   1, 0, EXACT, "")				\
	R(WUFC,     0x05808,   1, 0, EXACT, "")				\
	R(IPAV,     0x05838,   1, 0, EXACT, "")				\
	R(RFCTL,    0x05008,   1, 0, EXACT, "decides how descriptors are read") \
	R(RXCSUM,   0x05000,   1, 0, EXACT, "")				\
	R(MRQC,     0x05818,   1, 0, EXACT, "")				\
	R(PSRCTL,   0x02170,   1, 0, EXACT, "while RCTL is 0")		\
	R(ERT,      0x02008,   1, 0, EXACT, "")				\
	R(RDBAL,    0x02800,   2, 0x100, EXACT, "")			\
	R(RDBAH,    0x02804,   2, 0x100, EXACT, "")			\
	R(RDLEN,    0x02808,   2, 0x100, EXACT, "")			\
	R(RDH,      0x02810,   2, 0x100, EXACT, "after CTRL.RST, before RCTL.EN") \
	R(RDT,      0x02818,   2, 0x100, EXACT, "")			\
	R(RDTR,     0x02820,   1, 0, EXACT, "value; a timer that ran has fired on the source") \
	R(RADV,     0x0282c,   1, 0, EXACT, "value, as RDTR")		\
	R(RXDCTL,   0x02828,   2, 0x100, EXACT, "the first one also writes the second in QEMU") \
	R(RSRPD,    0x02c00,   1, 0, EXACT, "")				\
	R(RAID,     0x02c08,   1, 0, EXACT, "")				\
	R(TDBAL,    0x03800,   2, 0x100, EXACT, "")			\
	R(TDBAH,    0x03804,   2, 0x100, EXACT, "")			\
	R(TDLEN,    0x03808,   2, 0x100, EXACT, "")			\
	R(TDH,      0x03810,   2, 0x100, EXACT, "after CTRL.RST, before TCTL.EN") \
	R(TDT,      0x03818,   2, 0x100, EXACT, "")			\
	R(TIDV,     0x03820,   1, 0, EXACT, "value, as RDTR")		\
	R(TADV,     0x0382c,   1, 0, EXACT, "value, as RDTR")		\
	R(TXDCTL,   0x03828,   2, 0x100, EXACT, "")			\
	R(TARC,     0x03840,   2, 0x100, EXACT, "bits that can be read") \
	R(ITR,      0x000c4,   1, 0, EXACT, "a CTRL.RST does not reset what QEMU's guest reads") \
	R(EITR,     0x000e8,   5, 4, EXACT, "as ITR")			\
	R(IVAR,     0x000e4,   1, 0, EXACT, "")				\
	R(EIAC,     0x000dc,   1, 0, EXACT, "")				\
	R(IAM,      0x000e0,   1, 0, EXACT, "")				\
	R(TIMINCA,  0x0b608,   1, 0, EXACT, "")				\
	R(RXCFGL,   0x0b634,   1, 0, EXACT, "PTP: message type")	\
	R(RXUDP,    0x0b638,   1, 0, EXACT, "PTP: port")		\
	R(TSYNCRXCTL, 0x0b620, 1, 0, EXACT, "")				\
	R(TSYNCTXCTL, 0x0b614, 1, 0, EXACT, "")				\
	R(RXSTMPL,  0x0b624,   1, 0, EXACT, "read-only on silicon")	\
	R(RXSATRL,  0x0b62c,   1, 0, EXACT, "read-only on silicon")	\
	R(TXSTMPL,  0x0b618,   1, 0, EXACT, "read-only on silicon")	\
	R(POEMB,    0x00f10,   1, 0, EXACT, "")				\
	R(EXTCNF_SIZE, 0x00f08, 1, 0, EXACT, "")			\
	R(EXTCNF_CTRL, 0x00f00, 1, 0, EXACT, "with the guest's hold of MDIO, if any") \
	R(FUNCTAG,  0x05b08,   1, 0, EXACT, "")				\
	R(GSCL,     0x05b10,   4, 4, EXACT, "")				\
	R(GSCN,     0x05b20,   4, 4, EXACT, "")

/* Saved with the plain ones; restored by code of their own. */
#define E1K_TRICK_REGS(R)						\
	R(CTRL,     0x00000,   1, 0, TRICK, "without its resets; off the bus until the card runs") \
	R(RCTL,     0x00100,   1, 0, TRICK, "when the card runs, after all others") \
	R(TCTL,     0x00400,   1, 0, TRICK, "when the card runs; TXQE is taken back") \
	R(IMS,      0x000d0,   1, 0, TRICK, "last of all, so that what is pending fires") \
	R(ICR,      0x000c0,   1, 0, TRICK, "by ICS, after a write of 0 to IMC") \
	R(SWSM,     0x05b50,   1, 0, TRICK, "reading sets SMBI: it is written back") \
	R(WUC,      0x05800,   1, 0, TRICK, "without PME_Status, which writing clears") \
	R(STATUS,   0x00008,   1, 0, TRICK, "the target's; a card that is up raises LSC")

/* The driver answers; their values are in sections of their own. */
#define E1K_VIRTUAL_REGS(R)						\
	R(EECD,     0x00010,   1, 0, VIRTUAL, "requests are granted, nothing reaches the NVM") \
	R(EERD,     0x00014,   1, 0, VIRTUAL, "reads the source's NVM")	\
	R(FLA,      0x0001c,   1, 0, VIRTUAL, "nothing reaches the flash") \
	R(MDIC,     0x00020,   1, 0, VIRTUAL, "the guest's last result; operations reach the PHY") \
	R(EEMNGCTL, 0x01010,   1, 0, VIRTUAL, "writes are dropped")	\
	R(EEMNGDATA, 0x01014,  1, 0, VIRTUAL, "writes are dropped")	\
	R(FLMNGCTL, 0x01018,   1, 0, VIRTUAL, "writes are dropped")	\
	R(FLMNGDATA, 0x0101c,  1, 0, VIRTUAL, "writes are dropped")	\
	R(FLMNGCNT, 0x01020,   1, 0, VIRTUAL, "writes are dropped")	\
	R(FLASHT,   0x01028,   1, 0, VIRTUAL, "writes are dropped")	\
	R(EEWR,     0x0102c,   1, 0, VIRTUAL, "writes go to the guest's own copy") \
	R(FLSWCTL,  0x01030,   1, 0, VIRTUAL, "writes are dropped")	\
	R(FLSWDATA, 0x01034,   1, 0, VIRTUAL, "writes are dropped")	\
	R(FLSWCNT,  0x01038,   1, 0, VIRTUAL, "writes are dropped")	\
	R(FLOP,     0x0103c,   1, 0, VIRTUAL, "writes are dropped")

/* Not in the stream. */
#define E1K_LOST_REGS(R)						\
	R(WUS,      0x05810,   1, 0, BEST, "the target's")		\
	R(FACTPS,   0x05b30,   1, 0, BEST, "the target's")		\
	R(FWSM,     0x05b54,   1, 0, BEST, "the target's")		\
	R(SYSTIML,  0x0b600,   1, 0, BEST, "the target's clock")	\
	R(SYSTIMH,  0x0b604,   1, 0, BEST, "the target's clock")	\
	R(TIMADJL,  0x0b60c,   1, 0, BEST, "0")				\
	R(TIMADJH,  0x0b610,   1, 0, BEST, "0")				\
	R(TXSTMPH,  0x0b61c,   1, 0, BEST, "0: reading it would take it from the guest") \
	R(RXSTMPH,  0x0b628,   1, 0, BEST, "0: reading it would take it from the guest") \
	R(RXSATRH,  0x0b630,   1, 0, BEST, "0: reading it would take it from the guest") \
	R(PBACLR,   0x05b68,   1, 0, BEST, "0")				\
	R(RDFH,     0x02410,   1, 0, BEST, "FIFO pointer")		\
	R(RDFT,     0x02418,   1, 0, BEST, "FIFO pointer")		\
	R(RDFHS,    0x02420,   1, 0, BEST, "FIFO pointer")		\
	R(RDFTS,    0x02428,   1, 0, BEST, "FIFO pointer")		\
	R(RDFPC,    0x02430,   1, 0, BEST, "FIFO pointer")		\
	R(TDFH,     0x03410,   1, 0, BEST, "FIFO pointer")		\
	R(TDFT,     0x03418,   1, 0, BEST, "FIFO pointer")		\
	R(TDFHS,    0x03420,   1, 0, BEST, "FIFO pointer")		\
	R(TDFTS,    0x03428,   1, 0, BEST, "FIFO pointer")		\
	R(TDFPC,    0x03430,   1, 0, BEST, "FIFO pointer")		\
	R(PBM,      0x10000, 10240, 4, BEST, "packet buffer memory")

/*
 * Statistics, all of which reading clears; S(name, offset, kind):
 * CLEAR  as that says
 * STAYS  the same, but QEMU's model does not clear it
 * LOW    lower half of 64 bits; reading the upper half clears both
 */
#define E1K_STATISTICS(S)						\
	S(CRCERRS, 0x4000, STAYS) S(ALGNERRC, 0x4004, STAYS)		\
	S(SYMERRS, 0x4008, STAYS) S(RXERRC, 0x400c, STAYS)		\
	S(MPC, 0x4010, STAYS) S(SCC, 0x4014, STAYS)			\
	S(ECOL, 0x4018, STAYS) S(MCC, 0x401c, STAYS)			\
	S(LATECOL, 0x4020, STAYS) S(COLC, 0x4028, STAYS)		\
	S(DC, 0x4030, STAYS) S(TNCRS, 0x4034, STAYS)			\
	S(SEC, 0x4038, STAYS) S(CEXTERR, 0x403c, STAYS)			\
	S(RLEC, 0x4040, STAYS) S(XONRXC, 0x4048, STAYS)			\
	S(XONTXC, 0x404c, STAYS) S(XOFFRXC, 0x4050, STAYS)		\
	S(XOFFTXC, 0x4054, STAYS) S(FCRUC, 0x4058, STAYS)		\
	S(PRC64, 0x405c, CLEAR) S(PRC127, 0x4060, CLEAR)		\
	S(PRC255, 0x4064, CLEAR) S(PRC511, 0x4068, CLEAR)		\
	S(PRC1023, 0x406c, CLEAR) S(PRC1522, 0x4070, CLEAR)		\
	S(GPRC, 0x4074, CLEAR) S(BPRC, 0x4078, CLEAR)			\
	S(MPRC, 0x407c, CLEAR) S(GPTC, 0x4080, CLEAR)			\
	S(GORC, 0x4088, LOW) S(GOTC, 0x4090, LOW)			\
	S(RNBC, 0x40a0, STAYS) S(RUC, 0x40a4, CLEAR)			\
	S(RFC, 0x40a8, STAYS) S(ROC, 0x40ac, CLEAR)			\
	S(RJC, 0x40b0, STAYS) S(MGTPRC, 0x40b4, STAYS)			\
	S(MGTPDC, 0x40b8, STAYS) S(MGTPTC, 0x40bc, STAYS)		\
	S(TOR, 0x40c0, LOW) S(TOT, 0x40c8, LOW)				\
	S(TPR, 0x40d0, CLEAR) S(TPT, 0x40d4, CLEAR)			\
	S(PTC64, 0x40d8, CLEAR) S(PTC127, 0x40dc, CLEAR)		\
	S(PTC255, 0x40e0, CLEAR) S(PTC511, 0x40e4, CLEAR)		\
	S(PTC1023, 0x40e8, CLEAR) S(PTC1522, 0x40ec, CLEAR)		\
	S(MPTC, 0x40f0, CLEAR) S(BPTC, 0x40f4, CLEAR)			\
	S(TSCTC, 0x40f8, CLEAR) S(TSCTFC, 0x40fc, STAYS)		\
	S(IAC, 0x4100, CLEAR) S(ICRXPTC, 0x4104, STAYS)			\
	S(ICRXATC, 0x4108, STAYS) S(ICTXPTC, 0x410c, STAYS)		\
	S(ICTXATC, 0x4110, STAYS) S(ICTXQEC, 0x4118, STAYS)		\
	S(ICTXQMTC, 0x411c, STAYS) S(ICRXDMTC, 0x4120, STAYS)		\
	S(ICRXOC, 0x4124, STAYS)

/*
 * Registers of the PHY that are written only where they differ, since some
 * take the link down; P(name, page, register).
 */
#define E1K_PHY_REGS(P)							\
	P(ANAR, 0, 4) P(ANNP, 0, 7) P(CTRL1000, 0, 9)			\
	P(COPPER_CTRL1, 0, 16) P(INT_ENABLE, 0, 18)			\
	P(COPPER_CTRL3, 0, 20) P(OEM_BITS, 0, 25)			\
	P(COPPER_CTRL2, 0, 26) P(BIAS1, 0, 29) P(BIAS2, 0, 30)		\
	P(MAC_CTRL1, 2, 16) P(MAC_INT_ENABLE, 2, 18)			\
	P(MAC_CTRL2, 2, 21)						\
	P(LED_FUNC, 3, 16) P(LED_POL, 3, 17)				\
	P(LED_TIMER, 3, 18) P(LED_45, 3, 19)				\
	P(BMCR, 0, 0)

#endif
