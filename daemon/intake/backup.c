/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A backup is an act like others, and then goes on for as long as the ledger is large. Its end is a record of its own: the
 * head that the copy ends with, so that anybody who has the copy can tell it from another one by the chain alone.
 * The path stands in the ledger while it runs, so that a daemon that was killed finds what it left behind.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "intake/internal.h"
#include "store/backup.h"

#define META_RUNS "backup_path" /* of the one that runs */
#define META_LAST "backup_us"   /* when the last one was done */
#define AGE_SUBJECT "ledger"

int backup_start(Intake *in, const char *path, char ret_text[static ACT_TEXT_MAX]) {
        char why[STORE_WHY_MAX];
        int r = store_backup_start(in->store, path, in->config->store.disk_low_bytes, why);

        if (r > 0)
                return act_refuse(ret_text, "%s", why);
        r = store_meta_text_set(in->store, META_RUNS, store_backup_look(in->store).path);
        if (r == 0)
                snprintf(ret_text, ACT_TEXT_MAX, "A backup to %.500s has begun. asepsisctl backup shows how far it is.", path);
        else
                store_backup_abort(in->store, "The ledger cannot be written.");
        return r;
}

int backup_take_up(Intake *in) {
        char path[BACKUP_PATH_MAX + 1];
        int r = store_meta_text_get(in->store, META_RUNS, path, sizeof(path));

        if (r <= 0)
                return r;
        store_backup_clean(path);
        return store_meta_delete(in->store, META_RUNS);
}

/* --- its end --- */

static int record(Intake *in, const BackupLook *b) {
        char head[64];

        to_base64(b->head.hash, HASH_SIZE, head, sizeof(head));
        record_begin(in, "backup");
        jsonw_member_string(&in->w, "path", b->path);
        if (b->state == BACKUP_DONE) {
                jsonw_member_int(&in->w, "bytes", b->bytes);
                jsonw_member_int(&in->w, "size", b->head.size);
                jsonw_member_string(&in->w, "head", head);
        } else {
                jsonw_member_string(&in->w, "failed", b->why);
        }
        return record_end(in, NULL);
}

static int done(Intake *in, const BackupLook *b) {
        int r = store_meta_int_set(in->store, META_LAST, in->now.wall_us);

        if (r == 0 && !intake_doubted(in, DOUBT_KEY))
                r = checkpoint_sign(in, in->now.wall_us, &b->head, &in->backup_checkpoint);
        if (r == 0)
                r = intake_alert_resolve(in, &in->now, "backup-old", AGE_SUBJECT);
        if (r == 0)
                r = batch_log(&in->batch, LOG_BACKUP_KIND, LOG_NOTICE, NULL, "backup to %s is done: %" PRId64 " bytes; %s",
                              b->path, b->bytes, in->backup_checkpoint ?: "no checkpoint, the key is in doubt");
        return r;
}

int intake_backup_turn(Intake *in, const Now *now) {
        BackupLook b;
        int r = store_backup_turn(in->store, now->wall_us);

        if (r <= 0)
                return r;
        b = store_backup_look(in->store);
        in->now = *now;
        free(TAKE(in->backup_checkpoint));
        if ((r = change_begin(in)) < 0 || (r = store_meta_delete(in->store, META_RUNS)) < 0 || (r = record(in, &b)) < 0)
                return r;
        r = b.state == BACKUP_DONE
                    ? done(in, &b)
                    : batch_log(&in->batch, LOG_BACKUP_KIND, LOG_ERR, NULL, "backup to %s failed: %s", b.path, b.why);
        return r < 0 ? r : 1;
}

bool intake_backup_runs(const Intake *in) {
        return store_backup_runs(in->store);
}

void intake_backup_stop(Intake *in, const char *why) {
        store_backup_abort(in->store, why);
}

/* --- how it stands --- */

int intake_backup_age(Intake *in, const Now *now) {
        const int32_t days = in->config->store.backup_days;
        char text[160];
        int64_t since = 0;
        int r = store_meta_int_get(in->store, META_LAST, &since);

        if (r == 0)
                r = ledger_began(in->store, &since);
        if (r < 0)
                return r;
        if (days == 0 || now->wall_us - since <= days * US_PER_DAY)
                return intake_alert_resolve(in, now, "backup-old", AGE_SUBJECT);
        snprintf(text, sizeof(text),
                 "There is no backup of the ledger from the last %d days. Make one: asepsisctl backup PATH.", days);
        return intake_alert_once(in, now, "backup-old", AGE_SUBJECT, ALERT_WARNING, text);
}

int intake_backup_status(Intake *in, BackupStatus *ret) {
        static const char *const states[] = { [BACKUP_NONE] = "none",
                                              [BACKUP_COPYING] = "copying",
                                              [BACKUP_FLUSHING] = "flushing",
                                              [BACKUP_DONE] = "done",
                                              [BACKUP_FAILED] = "failed" };
        const BackupLook b = store_backup_look(in->store);
        int r;

        *ret = (BackupStatus){ .state = states[b.state],
                               .path = b.path,
                               .pages = b.pages,
                               .copied = b.copied,
                               .why = b.state == BACKUP_FAILED ? b.why : NULL };
        r = store_meta_int_get(in->store, META_LAST, &ret->last_us);
        if (r < 0 || b.state != BACKUP_DONE)
                return r < 0 ? r : 0;
        ret->bytes = b.bytes;
        ret->size = b.head.size;
        to_base64(b.head.hash, HASH_SIZE, ret->head, sizeof(ret->head));
        ret->checkpoint = in->backup_checkpoint;
        return 0;
}
