/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A clinic that a history is played in: people with dice, three autoclaves, two rooms, a few instruments. What is said
 * goes through tell(), which may lose, delay or repeat it. Each file keeps what it must know of the history at hand, and
 * forgets it in its x_begin(); what several of them know stands here.
 */
#include "../lib/clinicsim.h"
#include "../lib/cyclegen.h"

#define TOOLS 8 /* instruments that are used again and again */
#define MINUTE (60 * US_PER_S)

extern Sim *s;
extern GenRandom dice;
extern bool rough;               /* this history's messages have a hard way */
extern bool careless;            /* this history's people err more often */
extern int n_cycle[4];           /* the last number of each autoclave */
extern int n_session;            /* of the last session */
extern char label_of[TOOLS][16]; /* the pack that each tool lies in */
extern bool in_pack[TOOLS + 1];  /* and nobody has opened it */
extern bool ready[TOOLS];        /* as far as people know: released, and not given out since */

/* --- clinic-message.c: dice, and messages with what may happen to them --- */

int roll(int n);
/* In so many of a hundred cases; what goes wrong does so less often in a careful clinic. */
bool chance(int percent);
bool slip(int percent);
void pass_minutes(int from, int to);
void tell(const char *what, const char *json, ...) _printf_(2, 3);
void deliver_delayed(void);
void forget_delayed(void);

/* --- clinic-autoclave.c --- */

void autoclaves_begin(void);
void load(int ac, const char *packs, bool number);
/* A cycle from start to end. `late`: packs that are named only now that it runs, or NULL. */
void run(int ac, const char *program, const char *purpose, GenFault fault, const char *late);
void penetration_test(int ac, bool read);
void spore_test(int ac, const char *result, const char *control);
/* What each machine gets in the morning. */
void morning(int day);

/* --- clinic-tools.c --- */

void tools_begin(void);
const char *tool(int t);
void receive_tool(int t);
void decide(int ac, const char *decision, const char *wet);
/* Instruments through one machine; in the wrong order, with something forgotten, and put right, now and then. */
void reprocess(int ac, int first, int n);

/* --- clinic-rooms.c --- */

void rooms_begin(void);
void receive_needles(int n);
/* A pen with its cartridges and sleeves. */
void receive_pen(void);
const char *needle(void);
/* The needle that will be taken next. */
const char *next_needle(void);
void ask(int room, const char *items, const char *who);
void turn_over(int room);
void session(void);
