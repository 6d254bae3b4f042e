/* Waits until one of thousands of descriptors can be read or written, or a time has passed. epoll on Linux,
 * poll elsewhere. Adding and removing cost the same however many there are.
 */
#ifndef LANCHAT_LOOP_H
#define LANCHAT_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#define LOOP_FOREVER UINT64_MAX

struct loop;

typedef void loop_ready(void *context);

/* NULL, with errno set, when it cannot be had. */
struct loop *loop_new(void);
void loop_free(struct loop *loop);

/* Calls ready(context) from loop_wait whenever fd, which was not added before, can be read, is at its end, or
 * failed. A regular file always can. False, with errno set, when there is no memory. fd stays the caller's.
 */
bool loop_add(struct loop *loop, int fd, loop_ready *ready, void *context);

/* To be called before fd is closed; may be called from a ready function, of whatever fd. What comes for the
 * same number, added again, is not mixed up with what came for the old. Nothing happens if it was not added.
 */
void loop_remove(struct loop *loop, int fd);

/* Calls ready(context), context being loop_add's, from loop_wait whenever fd, which was added, can be written
 * or failed; NULL: no more. */
void loop_write(struct loop *loop, int fd, loop_ready *ready);

/* Stops and resumes reading fd, which was added: while it is off, nothing is called but loop_write's. */
void loop_read(struct loop *loop, int fd, bool on);

/* Waits at most timeout_us and calls what is ready. A signal ends the wait. A ready function may wait itself.
 * False, with errno set, on failure. */
bool loop_wait(struct loop *loop, uint64_t timeout_us);

#endif
