/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that share work, and the shares.
 *
 * A pool belongs to whoever made it, a registry as a rule. What its threads come to does not depend
 * on how many there are: work is divided by its size alone, and what the shares come to is put
 * together in their order.
 */
#ifndef NUMBERS_POOL_H
#define NUMBERS_POOL_H

#include "qstrata/base.h"

struct qs_pool;

/* Threads at most. */
#define QS_THREADS_LIMIT ((size_t)256)

/*
 * A pool of `n_threads` threads from 1 to QS_THREADS_LIMIT, the caller's own among them. It has
 * fewer when the system gives no more. May return QS_NOMEM.
 */
enum qs_status qs_pool_new(size_t n_threads, struct qs_pool **ret_pool);

/* Ends the threads; NULL is fine. Nothing may be running. */
void qs_pool_free(struct qs_pool *pool);

/* One of several pieces of work; they may run at the same time. */
typedef void qs_pool_task(void *context, size_t index);

/*
 * Runs a task for each index below `n_tasks` and returns when all are done. Without a pool (NULL),
 * and while the pool is at work for another call, also from within a task, the caller does it all.
 */
void qs_pool_run(struct qs_pool *pool, size_t n_tasks, qs_pool_task *task, void *context);

/* ---- shares ---------------------------------------------------------------------------------- */

/* Values begin .. end - 1 of several. */
struct qs_share {
	size_t begin, end;
};

/* Shares at most, so that what each comes to has room on the stack. */
#define QS_SHARES_LIMIT 64

/* How many shares n values make: one unless there are some millions. */
size_t qs_shares(size_t n);

/* One of them; each but the last begins and ends at a multiple of 64. */
struct qs_share qs_share_of(size_t n, size_t index);

#endif
