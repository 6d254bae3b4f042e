/* Writing to a standard descriptor, whose reader may be slow, without standing in a signal's way. */
#ifndef LANCHAT_WRITE_H
#define LANCHAT_WRITE_H

#include <stddef.h>

/* Writes all, waiting as long as that takes; once a signal was noted, only what can be written at once.
 * Returns 0 or an errno, EINTR when a signal cut it short. */
int write_all(int fd, const char *bytes, size_t length);

#endif
