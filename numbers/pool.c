/* SPDX-License-Identifier: Apache-2.0 */
/* Threads that share work. */
#include "numbers/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct qs_pool {
	pthread_mutex_t mutex; /* of all that follows but the threads */
	pthread_cond_t begun, finished;
	qs_pool_task *task;
	void *context;
	size_t n_tasks, next, n_unfinished;
	bool busy, closing;
	size_t n_threads; /* beside the caller's */
	pthread_t threads[];
};

/* Does tasks that nobody has taken yet. With the mutex held, which it is without meanwhile. */
static void do_tasks(struct qs_pool *pool)
{
	while (pool->next < pool->n_tasks) {
		const size_t index = pool->next++;
		qs_pool_task *const task = pool->task;
		void *const context = pool->context;

		pthread_mutex_unlock(&pool->mutex);
		task(context, index);
		pthread_mutex_lock(&pool->mutex);
		if (--pool->n_unfinished == 0)
			pthread_cond_signal(&pool->finished);
	}
}

static void *work(void *context)
{
	struct qs_pool *pool = context;

	pthread_mutex_lock(&pool->mutex);
	while (!pool->closing) {
		do_tasks(pool);
		if (!pool->closing)
			pthread_cond_wait(&pool->begun, &pool->mutex);
	}
	pthread_mutex_unlock(&pool->mutex);
	return NULL;
}

/* Signals are for the threads of the program. */
static void start_threads(struct qs_pool *pool, size_t n)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (pool->n_threads < n &&
	       pthread_create(&pool->threads[pool->n_threads], NULL, work, pool) == 0)
		pool->n_threads++;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

enum qs_status qs_pool_new(size_t n_threads, struct qs_pool **ret_pool)
{
	struct qs_pool *pool = calloc(1, sizeof(*pool) + n_threads * sizeof(*pool->threads));

	if (!pool)
		return QS_NOMEM;
	pthread_mutex_init(&pool->mutex, NULL);
	pthread_cond_init(&pool->begun, NULL);
	pthread_cond_init(&pool->finished, NULL);
	start_threads(pool, n_threads - 1);
	*ret_pool = pool;
	return QS_OK;
}

void qs_pool_free(struct qs_pool *pool)
{
	if (!pool)
		return;
	pthread_mutex_lock(&pool->mutex);
	pool->closing = true;
	pthread_cond_broadcast(&pool->begun);
	pthread_mutex_unlock(&pool->mutex);
	for (size_t i = 0; i < pool->n_threads; i++)
		pthread_join(pool->threads[i], NULL);
	pthread_cond_destroy(&pool->finished);
	pthread_cond_destroy(&pool->begun);
	pthread_mutex_destroy(&pool->mutex);
	free(pool);
}

/* Whether the pool was free and is now the caller's, who holds the mutex. */
static bool take(struct qs_pool *pool)
{
	pthread_mutex_lock(&pool->mutex);
	if (!pool->busy)
		return true;
	pthread_mutex_unlock(&pool->mutex);
	return false;
}

void qs_pool_run(struct qs_pool *pool, size_t n_tasks, qs_pool_task *task, void *context)
{
	if (!pool || n_tasks < 2 || !take(pool)) {
		for (size_t i = 0; i < n_tasks; i++)
			task(context, i);
		return;
	}
	pool->busy = true;
	pool->task = task;
	pool->context = context;
	pool->next = 0;
	pool->n_tasks = pool->n_unfinished = n_tasks;
	pthread_cond_broadcast(&pool->begun);
	do_tasks(pool);
	while (pool->n_unfinished)
		pthread_cond_wait(&pool->finished, &pool->mutex);
	pool->busy = false;
	pthread_mutex_unlock(&pool->mutex);
}

/* ---- shares ---------------------------------------------------------------------------------- */

/* Waking a thread takes as long as some ten thousand values; below this size nobody is woken. */
#define SHARE ((size_t)1 << 20)

/* Shares begin at multiples of this, so that no two write to the same line of the cache. */
#define GRAIN ((size_t)64)

size_t qs_shares(size_t n)
{
	const size_t wanted = n / SHARE;

	return wanted < 1 ? 1 : wanted > QS_SHARES_LIMIT ? QS_SHARES_LIMIT : wanted;
}

struct qs_share qs_share_of(size_t n, size_t index)
{
	const size_t n_shares = qs_shares(n);
	const size_t size = n / n_shares / GRAIN * GRAIN;

	return (struct qs_share){size * index, index + 1 == n_shares ? n : size * (index + 1)};
}
