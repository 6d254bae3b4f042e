#include "lanchat/loop.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "../platform.h"

#define NOWHERE SIZE_MAX

struct watched {
    int fd;            /* -1: removed, swept before the next wait */
    loop_ready *ready; /* NULL: not read at present */
    loop_ready *writable;
    loop_ready *reader; /* loop_add's */
    void *context;
};

struct loop {
    struct pollfd *fds; /* fd -1: nothing is waited for */
    struct watched *watched;
    size_t count, capacity;
    size_t *places; /* in the two, by descriptor */
    size_t place_count;
    bool removed; /* some were */
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
    free(loop->places);
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

static bool grow_places(struct loop *loop, int fd)
{
    size_t count = loop->place_count ? loop->place_count : 16;

    while (count <= (size_t)fd)
        count *= 2;
    if (count == loop->place_count)
        return true;
    size_t *places = realloc(loop->places, count * sizeof *places);
    if (!places)
        return false;
    for (size_t i = loop->place_count; i < count; i++)
        places[i] = NOWHERE;
    loop->places = places;
    loop->place_count = count;
    return true;
}

static size_t find(const struct loop *loop, int fd)
{
    return fd < 0 || (size_t)fd >= loop->place_count ? NOWHERE : loop->places[fd];
}

/* A failure is told unasked: where nothing is waited for, poll does not look. */
static void set_events(struct loop *loop, size_t at)
{
    const struct watched *watched = &loop->watched[at];
    short events = (short)((watched->ready ? POLLIN : 0) | (watched->writable ? POLLOUT : 0));

    loop->fds[at].events = events;
    loop->fds[at].fd = events ? watched->fd : -1;
}

bool loop_add(struct loop *loop, int fd, loop_ready *ready, void *context)
{
    if (!grow_places(loop, fd) || (loop->count == loop->capacity && !grow(loop)))
        return false;
    loop->watched[loop->count] =
        (struct watched){.fd = fd, .ready = ready, .reader = ready, .context = context};
    loop->fds[loop->count] = (struct pollfd){.fd = fd};
    set_events(loop, loop->count);
    loop->places[fd] = loop->count++;
    return true;
}

void loop_remove(struct loop *loop, int fd)
{
    size_t at = find(loop, fd);

    if (at == NOWHERE)
        return;
    loop->watched[at] = (struct watched){.fd = -1};
    loop->fds[at].fd = -1;
    loop->places[fd] = NOWHERE;
    loop->removed = true;
}

void loop_write(struct loop *loop, int fd, loop_ready *ready)
{
    size_t at = find(loop, fd);

    if (at == NOWHERE)
        return;
    loop->watched[at].writable = ready;
    set_events(loop, at);
}

void loop_read(struct loop *loop, int fd, bool on)
{
    size_t at = find(loop, fd);

    if (at == NOWHERE)
        return;
    loop->watched[at].ready = on ? loop->watched[at].reader : NULL;
    set_events(loop, at);
}

static void sweep(struct loop *loop)
{
    size_t kept = 0;

    for (size_t i = 0; loop->removed && i < loop->count; i++) {
        if (loop->watched[i].fd < 0)
            continue;
        loop->fds[kept] = loop->fds[i];
        loop->watched[kept] = loop->watched[i];
        loop->places[loop->watched[i].fd] = kept++;
    }
    if (loop->removed)
        loop->count = kept;
    loop->removed = false;
}

/* Each call may remove it, or add others, for which the arrays may move. */
static void call(struct loop *loop, size_t at)
{
    const short failed = POLLERR | POLLHUP | POLLNVAL;
    short events = loop->fds[at].revents;

    if (loop->watched[at].ready && (events & (POLLIN | failed)))
        loop->watched[at].ready(loop->watched[at].context);
    if (loop->watched[at].writable && (events & (POLLOUT | failed)))
        loop->watched[at].writable(loop->watched[at].context);
}

bool loop_wait(struct loop *loop, uint64_t timeout_us)
{
    sweep(loop);
    size_t count = loop->count; /* what a ready function adds waits for the next turn */
    int ready = poll(loop->fds, (nfds_t)count, platform_milliseconds(timeout_us));
    if (ready < 0)
        return errno == EINTR;
    for (size_t i = 0; i < count && i < loop->count; i++) /* a ready function may wait itself, which sweeps */
        if (loop->fds[i].revents)
            call(loop, i);
    return true;
}
