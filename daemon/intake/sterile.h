/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Intake, inside: cycles, loads and autoclaves, as far as several handlers share them. */
#include "intake/internal.h"

/* recall.c */
/*
 * Begins a recall or a quarantine in the transaction of its cause: row, audit record, alert. Sets id, i and at_us; where
 * nothing is said, cause "recall", by "asepsisd", and for a quarantine decide_by_us in 24 h. What its strings point to
 * need not outlive the call. A load that was released is LOAD_RECALLED from then on. 0, -ENOENT (no such attempt), or
 * the store's error.
 */
int recall_begin(Intake *in, RecallRow *row);
/* Acts of people on one piece, which is in a quarantine of its own from the one to the other. As act_do() says. */
int item_quarantine_act(Intake *in, const Act *act, char ret_text[static ACT_TEXT_MAX]);
/* The code of a piece as the ledger has it, however it was written. */
void recalled_item(Intake *in, const char *said, char ret[static CODE_MAX + 1]);
int item_return_act(Intake *in, const Act *act, char ret_text[static ACT_TEXT_MAX]);
/* Alerts about quarantines that nobody decided on in time. */
int recalls_tick(Intake *in);

/* fitness.c: may what an autoclave sterilized be released */
/* Appends why this attempt's load may not be released now as to its autoclave; nothing: it may. */
int fitness_refusals(Intake *in, const AttemptRow *a, Reasons *ret);
/* Alerts about what is due, for one autoclave each time; at a rate of its own. */
int fitness_tick(Intake *in);
/* Something was reported of it: its alerts are raised and resolved before the batch is committed, once for all that it
 * brings. */
int fitness_changed(Intake *in, const char *autoclave);
int fitness_settle(Intake *in);

/* service.c: in and out of service */
/* Appends why it is out of service and what remains to be done; nothing: it is in. */
int fitness_service(Intake *in, const char *autoclave, Reasons *ret);
int service_out(Intake *in, const char *autoclave, ServiceCause cause, const char *format, ...) _printf_(4, 5);
/* Out of service, and quarantine or recall of what it sterilized since the last pass. */
int service_test_failed(Intake *in, const TestRow *t);
int service_calibration_failed(Intake *in, const ConfigAutoclave *c);
/* a NULL: the cycle that was named is not known. */
int service_spore_positive(Intake *in, const char *autoclave, const AttemptRow *a);
/* The negative one of this cycle says nothing any more: a recall that began with it goes further back. */
int service_spore_doubted(Intake *in, const AttemptRow *a);
/* 1: configured, or it ran here once. */
int autoclave_known(Intake *in, const char *id);

/* test.c: reports */
/* What all spore tests of this attempt come to. */
int spore_outcome(Intake *in, const AttemptRow *a, SporeOutcome *ret);
int duty_done(Intake *in, const Event *e, const Origin *o);

/* running.c: the cycle that runs in an autoclave */
/* 1 and the cycle that runs there; 0: none does. */
int running_get(Intake *in, const char *autoclave, Running **ret);
/* All are rebuilt from the ledger at their next use. */
void running_forget(Intake *in);
/* The broker was away for so long, and what was sent meanwhile comes late. */
int running_away(Intake *in, int64_t us);
/* Messages of the autoclave are missing, or may be. */
int running_gap(Intake *in, const char *autoclave);
/* At start: what runs goes on. Recorded, and told by running_tell() once there is somebody to tell. */
int running_take_up(Intake *in);
/* Samples of a message for its cycle, as a stamp and what follows it: written with those of other messages, later. */
int running_keep(Intake *in, Running *running, size_t samples, const uint8_t *data, size_t size);
/* To be called before the rows of its cycle are read or written: what waits is written. */
int running_write(Intake *in, Running *running);
int running_tell(Intake *in);
/* Its place, whatever is in it. NULL: out of memory. */
Running *running_slot(Intake *in, const char *autoclave);
/* A new cycle for running->attempt. */
int running_begin(Intake *in, Running *running);
/* arrival NULL: not known. */
void running_feed(Running *running, const Sample *samples, size_t n, const Stamp *arrival);

/* cycle.c */
/* What commissioning left, and what the policy makes of it where it left nothing. */
int running_reference(Intake *in, Running *running);
/* An attempt of a cycle of which nothing was heard, ended at once and judged by that, with the packs that were put down
 * for it by its number; late are those that came after it began. */
int cycle_unheard(Intake *in, const char *autoclave, int64_t cycle, const char *program, int64_t started_us,
                  AttemptRow *ret);

/* transcript.c: readings for want of samples */
#define TRANSCRIBERS_MAX 256
typedef struct Transcribed {
        ReleaseManual facts; /* points to lacks */
        Reasons lacks;
        char by[TRANSCRIBERS_MAX]; /* ids, apart by commas */
} Transcribed;
/* 1 and what was transcribed of this attempt, judged, with all of its samples; 0: nothing. *ret is zeroed before. */
int transcript_facts(Intake *in, const AttemptRow *a, const char *releaser, Transcribed *ret);
/* The autoclave speaks of a cycle: where it is one that was transcribed unheard, its load waits for an officer. */
int transcript_doubted(Intake *in, const char *autoclave, int64_t cycle);
/* 1 and a sentence for as long as manual evidence is on, or is configured and has no effect; 0: neither. */
int transcript_alert_text(Intake *in, const ConfigAutoclave *c, char ret_text[static TEXT_MAX + 1]);

/* commission.c */
/* What the alert not-commissioned is about. */
void commissioning_subject(const char *autoclave, const char *program, char ret[static CODE_MAX + 1]);

/* reprocess.c */
/* Whether all that is in the pack may go into this autoclave; a known program is judged too. 0, a Reject, or an error. */
int pack_may_load(Intake *in, const PackRow *pack, const ConfigAutoclave *a, const ConfigProgram *known);
/* Whether the program, in this autoclave, sterilizes items of the class in such a wrap. */
bool process_suits(const ConfigClass *c, const ConfigAutoclave *a, const ConfigProgram *p, int wrap);

/* load.c */
/* The attempt has ended: each of its items counts it, and single-use ones are spent, with an alert. */
int load_through_cycle(Intake *in, const AttemptRow *a);

/* release.c */
/* A person's decision on a load at the control socket, as on_release() takes it from a station. 0, ACT_REFUSED,
 * ACT_DENIED where the load may not be released, or an error. */
int load_act(Intake *in, const Act *act, char ret_text[static ACT_TEXT_MAX]);
/* Steam may not have reached everything in this load: it waits for an officer, 24 h at most. */
int load_quarantine(Intake *in, int64_t attempt, const char *cause, const char *by, const char *format, ...)
        _printf_(5, 6);
