/* Memory that is counted, and runs out when a test says so. The tests are linked with --wrap for malloc,
 * calloc, realloc and free; only calls made between memory_enter and memory_leave can fail, so that Check and
 * the tests' own helpers always get what they ask for. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* False when the program was linked without --wrap: then nothing ever fails. */
bool memory_wrapped(void);

/* From here on the n-th watched allocation fails (1: the next), and with `on` all after it, too. 0: none. */
void memory_fail(unsigned long n, bool on);

/* How many watched allocations there were since memory_fail. */
unsigned long memory_count(void);

void memory_enter(void);
void memory_leave(void);

/* What is allocated less what is freed between memory_enter and memory_leave is added to *octets from here
 * on; NULL: nowhere. Needs --wrap for free, too. */
void memory_account(long *octets);

/* For helpers: never fails, ends the test instead. */
void *memory_grow(void *old, size_t size);

#endif
