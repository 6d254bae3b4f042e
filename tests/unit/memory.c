#include "memory.h"

#include <stdlib.h>

/* Names that the linker makes and asks for. */
void *__real_malloc(size_t size) __attribute__((weak));
void *__real_calloc(size_t count, size_t size) __attribute__((weak));
void *__real_realloc(void *old, size_t size) __attribute__((weak));
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static struct {
    bool watched, on;
    unsigned long count, fail_at;
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

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

void *memory_grow(void *old, size_t size)
{
    void *grown = realloc(old, size);

    if (!grown)
        abort();
    return grown;
}
