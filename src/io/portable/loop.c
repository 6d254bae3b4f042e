#include "lanchat/loop.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "../platform.h"

struct watched {
    loop_ready *ready;
    void *context;
};

struct loop {
    struct pollfd *fds; /* fd -1: removed, swept before the next wait */
    struct watched *watched;
    size_t count, capacity;
};

struct loop *loop_new(void)
{
    return calloc(1, sizeof(struct loop));
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    free(loop->fds);
    free(loop->watched);
    free(loop);
}

static bool grow(struct loop *loop)
{
    size_t capacity = loop->capacity ? 2 * loop->capacity : 16;
    struct pollfd *fds = realloc(loop->fds, capacity * sizeof *fds);

    if (!fds)
        return false;
    loop->fds = fds;
    struct watched *watched = realloc(loop->watched, capacity * sizeof *watched);
    if (!watched)
        return false;
    loop->watched = watched;
    loop->capacity = capacity;
    return true;
}

bool loop_add(struct loop *loop, int fd, loop_ready *ready, void *context)
{
    if (loop->count == loop->capacity && !grow(loop))
        return false;
    loop->fds[loop->count] = (struct pollfd){.fd = fd, .events = POLLIN};
    loop->watched[loop->count++] = (struct watched){ready, context};
    return true;
}

void loop_remove(struct loop *loop, int fd)
{
    for (size_t i = 0; i < loop->count; i++)
        if (loop->fds[i].fd == fd)
            loop->fds[i].fd = -1;
}

static void sweep(struct loop *loop)
{
    size_t kept = 0;

    for (size_t i = 0; i < loop->count; i++) {
        if (loop->fds[i].fd < 0)
            continue;
        loop->fds[kept] = loop->fds[i];
        loop->watched[kept++] = loop->watched[i];
    }
    loop->count = kept;
}

bool loop_wait(struct loop *loop, uint64_t timeout_us)
{
    sweep(loop);
    size_t count = loop->count; /* what a ready function adds waits for the next turn */
    if (poll(loop->fds, (nfds_t)count, platform_milliseconds(timeout_us)) < 0)
        return errno == EINTR;
    for (size_t i = 0; i < count; i++)
        if (loop->fds[i].fd >= 0 && loop->fds[i].revents)
            loop->watched[i].ready(loop->watched[i].context);
    return true;
}
