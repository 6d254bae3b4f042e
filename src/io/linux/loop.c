#include "lanchat/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "../platform.h"

#define BATCH 64

struct watched {
    struct watched *next;
    int fd;      /* -1: removed, freed when no wait is under way */
    bool always; /* a regular file, which epoll does not take */
    loop_ready *ready;
    void *context;
};

struct loop {
    int epoll;
    struct watched *all;
};

struct loop *loop_new(void)
{
    struct loop *loop = calloc(1, sizeof *loop);

    if (!loop)
        return NULL;
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll < 0) {
        free(loop);
        return NULL;
    }
    return loop;
}

static void sweep(struct loop *loop, bool all)
{
    for (struct watched **at = &loop->all; *at;) {
        struct watched *watched = *at;
        if (watched->fd >= 0 && !all) {
            at = &watched->next;
            continue;
        }
        *at = watched->next;
        free(watched);
    }
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    sweep(loop, true);
    close(loop->epoll);
    free(loop);
}

bool loop_add(struct loop *loop, int fd, loop_ready *ready, void *context)
{
    struct watched *watched = malloc(sizeof *watched);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = watched};

    if (!watched)
        return false;
    *watched = (struct watched){loop->all, fd, false, ready, context};
    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        if (errno != EPERM) {
            free(watched);
            return false;
        }
        watched->always = true;
    }
    loop->all = watched;
    return true;
}

void loop_remove(struct loop *loop, int fd)
{
    for (struct watched *watched = loop->all; watched; watched = watched->next) {
        if (watched->fd != fd)
            continue;
        if (!watched->always)
            epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL);
        watched->fd = -1;
        return;
    }
}

static bool call_files(struct loop *loop)
{
    bool any = false;

    for (struct watched *watched = loop->all; watched; watched = watched->next) {
        if (watched->fd < 0 || !watched->always)
            continue;
        any = true;
        watched->ready(watched->context);
    }
    return any;
}

bool loop_wait(struct loop *loop, uint64_t timeout_us)
{
    struct epoll_event events[BATCH];

    sweep(loop, false);
    bool files = call_files(loop);
    int count = epoll_wait(loop->epoll, events, BATCH, files ? 0 : platform_milliseconds(timeout_us));
    if (count < 0)
        return errno == EINTR;
    for (int i = 0; i < count; i++) {
        struct watched *watched = events[i].data.ptr;
        if (watched->fd >= 0)
            watched->ready(watched->context);
    }
    return true;
}
