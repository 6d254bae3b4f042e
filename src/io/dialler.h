/* One attempt to reach a TCP server: its name is looked up, and its addresses are tried in turn, without
 * waiting for anything. */
#ifndef LANCHAT_DIALLER_H
#define LANCHAT_DIALLER_H

#include <stdint.h>

#include "lanchat/loop.h"
#include "lanchat/url.h"

struct dialler;

/* Told once, from within loop_wait or dialler_tick. fd: connected, non-blocking, the owner's from here on,
 * and `text` the address; or -1 and why. The dialler is to be closed after this; it may be closed here. */
typedef void dialler_done(void *context, int fd, const char *text);

/* NULL: no memory. `url` is borrowed until it is closed. The next dialler_tick begins. */
struct dialler *dialler_open(const struct url *url, struct loop *loop, dialler_done *done, void *context);

/* Begins, and gives up what takes too long; dialler_deadline says when (monotonic microseconds). */
void dialler_tick(struct dialler *dialler);
uint64_t dialler_deadline(const struct dialler *dialler);

/* Gives up whatever is under way. NULL is allowed. */
void dialler_close(struct dialler *dialler);

#endif
