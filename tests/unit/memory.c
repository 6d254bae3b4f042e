#include "memory.h"

#include <malloc.h>
#include <stdlib.h>

/* Names that the linker makes and asks for. */
void *__real_malloc(size_t size) __attribute__((weak));
void *__real_calloc(size_t count, size_t size) __attribute__((weak));
void *__real_realloc(void *old, size_t size) __attribute__((weak));
void __real_free(void *old) __attribute__((weak));
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *old);

static struct {
    bool watched, on;
    unsigned long count, fail_at;
    long *octets;
} memory;

bool memory_wrapped(void)
{
    return __real_malloc && __real_calloc && __real_realloc;
}

void memory_fail(unsigned long n, bool on)
{
    memory.count = 0;
    memory.fail_at = n;
    memory.on = on;
}

unsigned long memory_count(void)
{
    return memory.count;
}

void memory_enter(void)
{
    memory.watched = true;
}

void memory_leave(void)
{
    memory.watched = false;
}

static bool fails(void)
{
    if (!memory.watched)
        return false;
    memory.count++;
    return memory.count == memory.fail_at ||
           (memory.on && memory.fail_at > 0 && memory.count > memory.fail_at);
}

void memory_account(long *octets)
{
    memory.octets = octets;
}

/* Counts what was taken, or (sign -1) is given back. */
static void *count(void *block, int sign)
{
    if (memory.watched && memory.octets && block)
        *memory.octets += sign * (long)malloc_usable_size(block);
    return block;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : count(__real_malloc(size), 1);
}

void *__wrap_calloc(size_t number, size_t size)
{
    return fails() ? NULL : count(__real_calloc(number, size), 1);
}

void *__wrap_realloc(void *old, size_t size)
{
    if (fails())
        return NULL;
    count(old, -1);
    return count(__real_realloc(old, size), 1);
}

void __wrap_free(void *old)
{
    count(old, -1);
    __real_free(old);
}

void *memory_grow(void *old, size_t size)
{
    void *grown = realloc(old, size);

    if (!grown)
        abort();
    return grown;
}
