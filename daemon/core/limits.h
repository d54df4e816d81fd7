/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Bounds on everything that an outsider can grow. Those of the MQTT contract are fixed by it. */

#define PAYLOAD_MAX 65536        /* bytes of one message */
#define NESTING_MAX 8            /* levels of JSON */
#define ATTEMPT_AUTOCLAVE_MAX 40 /* of an autoclave's id: an attempt's label is that, a dot and a number */
#define LABEL_MAX 64             /* session, pack, device, site: A-Z a-z 0-9 . _ - */
#define CODE_MAX 128             /* an item code as scanned, bytes */
#define TEXT_MAX 512             /* free text: reason, detail, agent, evidence, bytes */
#define BOOT_MAX 64              /* envelope: boot, bytes */
#define HEAD_MAX 1024            /* envelope: head, a compact JWS */
#define ITEMS_MAX 64             /* items or packs in one message */
#define SAMPLES_MAX 4096         /* samples in one message */
#define QUANTITY_MAX 500         /* labels issued for one lot-only box */
#define NONCE_SIZE 16            /* bytes */
#define SEQ_AHEAD_MAX 1000       /* a seq further ahead is not taken */
#define MISSING_MAX 64           /* holes named in a receipt */
#define SIGNING_WITHIN_S 600     /* passwords not given under one login count together for so long... */
#define SIGNING_ALERT_AT 3       /* ...and so many that were wrong are alerted... */
#define SIGNING_HOLD_AT 5        /* ...and after so many nothing is signed under it for... */
#define SIGNING_HOLD_S 300
#define SIGNING_RECORDS_MAX 20   /* records of them an hour and login; more are counted */
