/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The doorbell page changes between the card's own and a shadow in RAM while a
 * guest rings: Documentation/dirty-tracking.rst. doorbell.sh runs it in spin, as
 * it is, and with each of the BREAK_* that must be found.
 *
 * The guest posts buffers 1, 2, ... and rings with how many they are; once it also
 * writes a register that the card changes by itself, as it does with a head.
 */

#define POSTS	3
#define TURNS	2	/* on, and off again */

#define NONE	0
#define CARD	1
#define SHADOW	2

byte pte = NONE;		/* what the guest's mapping leads to */
bool memory_lock = false;	/* held for writing: faults wait */
bool track_lock = false;
bool on = false;
bool ended = false;

byte card_tail = 0, shadow_tail = 0, seen_tail = 0;
byte card_head = 0, shadow_head = 0, seen_head = 0;
byte guest_tail = 0;
bool guest_done = false;
#define GUEST_HEAD	9	/* no value that the card has by itself */
bool head_written = false, head_arrived = false;

byte recorded = 0;		/* buffers that the tracker knows */
byte on_since = 0;		/* those that the card had when it began */

inline lock(l)   { atomic { !l -> l = true } }
inline unlock(l) { l = false }

/* What the card hears it may write at once: it was recorded, or nobody tracks. */
inline ring_card(value) {
	d_step {
		card_tail = value;
		assert(!on || value <= recorded || value <= on_since)
	}
}

/* bar_fault(): under memory_lock for reading */
inline fault() {
	atomic {
		pte == NONE && !memory_lock ->
		if
		:: on -> pte = SHADOW
		:: else -> pte = CARD
		fi
	}
}

/* A store, which a zap waits for: the translation is good until it is done. */
inline store_tail(value) {
	do
	:: atomic { pte == CARD -> card_tail = value;
		    assert(!on || value <= on_since); break }
	:: atomic { pte == SHADOW -> shadow_tail = value; break }
	:: fault()
	od
}

inline store_head(value) {
	do
	:: atomic { pte == CARD -> card_head = value; head_written = true;
		    head_arrived = true; break }
	:: atomic { pte == SHADOW -> shadow_head = value; head_written = true;
		    break }
	:: fault()
	od
}

proctype guest() {
	byte n = 1;

	do
	:: n <= POSTS -> guest_tail = n; store_tail(n); n++
	:: n > POSTS -> break
	:: !head_written -> store_head(GUEST_HEAD)
	od;
	guest_done = true
}

/* It moves its head by itself, now and then. */
proctype card() {
	do
	:: atomic { card_head < 2 -> card_head++ }
	:: ended -> break
	od
}

inline zap() { pte = NONE }

/* e1k_shadow_fill(): the card may be at work meanwhile */
inline fill() {
	seen_tail = card_tail;
	shadow_tail = seen_tail;
	seen_head = card_head;
	shadow_head = seen_head
}

/* The guest has written it: to the card. */
inline apply_head() {
	byte value = shadow_head;
	if
	:: value != seen_head ->
		card_head = value; head_arrived = true; seen_head = value
	:: else
	fi
}

/* refresh(): the card has changed it; for the guest, unless that was faster. */
inline refresh_head() {
	byte now = card_head;
	if
	:: now != seen_head ->
#ifdef BREAK_REFRESH
		shadow_head = now; seen_head = now
#else
		atomic {
			if
			:: shadow_head == seen_head ->
				shadow_head = now; seen_head = now
			:: else
			fi
		}
#endif
	:: else
	fi
}

/* hand_over(e, true) */
inline turn_on() {
	lock(track_lock);
	lock(memory_lock);
#ifdef BREAK_ZAP
	fill();
#elif defined(BREAK_FILL)
	fill(); zap();
#else
	zap(); fill();
#endif
	d_step { on = true; on_since = card_tail; recorded = card_tail }
	unlock(memory_lock);
	unlock(track_lock)
}

/* hand_over(e, false) */
inline turn_off() {
	lock(track_lock);
	lock(memory_lock);
	zap();
#ifndef BREAK_DRAIN
	apply_head();
	if
	:: shadow_tail != seen_tail -> card_tail = shadow_tail
	:: else
	fi;
#endif
	on = false;
	unlock(memory_lock);
	unlock(track_lock)
}

/* pass(), again and again */
proctype thread() {
	byte want;

	do
	:: ended -> break
	:: on ->
		lock(track_lock);
		if
		:: on ->
			want = shadow_tail;
			apply_head();
			refresh_head();
			if
			:: want != seen_tail ->
#ifdef BREAK_RECORD
				ring_card(want); recorded = want;
#else
				recorded = want; ring_card(want);
#endif
				seen_tail = want
			:: else
			fi
		:: else
		fi;
		unlock(track_lock)
	od
}

init {
	byte turn = 0;

	atomic { run guest(); run card(); run thread() }
	do
	:: turn < TURNS -> turn_on(); turn_off(); turn++
	:: turn >= TURNS -> break
	od;
	/* And all may go on for ever with it on. */
	if
	:: turn_on()
	:: skip
	fi;
	guest_done;
	if
	:: on ->
		(shadow_tail == seen_tail && !track_lock);
		lock(track_lock); apply_head(); unlock(track_lock)
	:: else
	fi;
	/* No doorbell is lost, and no other register. */
	assert(card_tail == guest_tail);
	/* Nor does the guest read an old one. */
	assert(!on || shadow_tail == guest_tail);
	assert(!head_written || head_arrived);
	ended = true
}
