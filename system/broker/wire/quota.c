/* SPDX-License-Identifier: Apache-2.0 */
#include "quota.h"

#define WINDOW_US UINT64_C(1000000)

/* True when another app has called of late. */
static bool others_call(const struct bk_quota *quota, uint64_t now_us)
{
    if (quota->callers == NULL)
        return false;
    uint64_t call_us = quota->callers->last == quota ? quota->callers->other_us : quota->callers->last_us;
    return call_us != 0 && now_us - call_us < BK_QUOTA_OTHERS_US;
}

static void note_call(struct bk_quota *quota, uint64_t now_us)
{
    struct bk_quota_callers *callers = quota->callers;

    if (callers == NULL)
        return;
    if (callers->last != quota)
        callers->other_us = callers->last_us;
    callers->last = quota;
    callers->last_us = now_us;
}

uint64_t bk_quota_wait(struct bk_quota *quota, uint64_t now_us)
{
    if (now_us - quota->window_us >= WINDOW_US) {
        quota->before_bytes = now_us - quota->window_us < 2 * WINDOW_US ? quota->used_bytes : 0;
        quota->used_bytes = 0;
        quota->window_us = now_us;
    }
    if (quota->used_bytes >= BK_QUOTA_BYTES_PER_SECOND)
        return quota->window_us + WINDOW_US - now_us;
    if (!others_call(quota, now_us))
        quota->rest_us = 0;
    else if (quota->whole_us > now_us + BK_QUOTA_BURST_US * BK_QUOTA_PART)
        quota->rest_us = quota->whole_us - (BK_QUOTA_BURST_US - BK_QUOTA_SLICE_US) * BK_QUOTA_PART;
    return quota->rest_us > now_us ? quota->rest_us - now_us : 0;
}

void bk_quota_count(struct bk_quota *quota, size_t bytes, bool whole, uint64_t now_us)
{
    quota->used_bytes += bytes;
    if (!whole)
        return;
    quota->used_bytes += BK_QUOTA_CALL_BYTES;
    note_call(quota, now_us);
}

void bk_quota_work(struct bk_quota *quota, uint64_t work_us, uint64_t now_us)
{
    uint64_t most_us = now_us + BK_QUOTA_BURST_US * BK_QUOTA_PART;

    if (work_us > BK_QUOTA_WORK_MAX_US)
        work_us = BK_QUOTA_WORK_MAX_US;
    if (quota->whole_us < now_us)
        quota->whole_us = now_us;
    quota->whole_us += work_us * BK_QUOTA_PART;
    if (quota->whole_us > most_us && !others_call(quota, now_us))
        quota->whole_us = most_us;
}

void bk_quota_accepted(struct bk_quota *quota, uint64_t work_us, uint64_t now_us)
{
    (void)bk_quota_wait(quota, now_us); /* begins a second when it is time */
    bk_quota_count(quota, 0, true, now_us);
    bk_quota_work(quota, work_us, now_us);
}

unsigned bk_quota_turn(const struct bk_quota *quota)
{
    uint64_t bytes = quota->used_bytes + quota->before_bytes;
    unsigned turn = bytes > BK_QUOTA_BYTES_AT_ONCE ? 1 : 0;

    for (; bytes > 2 * BK_QUOTA_BYTES_AT_ONCE; bytes /= 2)
        turn++;
    return turn;
}
