#include "lanchat/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "../platform.h"

#define BATCH 512

struct watched {
    loop_ready *ready; /* NULL: not watched */
    loop_ready *writable;
    void *context;
    uint32_t generation; /* tells it from what the same number was before */
    bool reading;
    bool always; /* a regular file, which epoll does not take */
};

struct loop {
    int epoll;
    struct watched *watched; /* by descriptor */
    size_t capacity;
    size_t files; /* of these `always` */
    uint32_t generation;
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

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    close(loop->epoll);
    free(loop->watched);
    free(loop);
}

static bool make_room(struct loop *loop, int fd)
{
    size_t capacity = loop->capacity ? loop->capacity : 16;

    while (capacity <= (size_t)fd)
        capacity *= 2;
    if (capacity == loop->capacity)
        return true;
    struct watched *watched = realloc(loop->watched, capacity * sizeof *watched);
    if (!watched)
        return false;
    memset(watched + loop->capacity, 0, (capacity - loop->capacity) * sizeof *watched);
    loop->watched = watched;
    loop->capacity = capacity;
    return true;
}

/* NULL: not watched. Good until something is added. */
static struct watched *find(const struct loop *loop, int fd)
{
    if (fd < 0 || (size_t)fd >= loop->capacity || !loop->watched[fd].ready)
        return NULL;
    return &loop->watched[fd];
}

/* Tells epoll what is waited for. A failure is told unasked: where nothing is, once and not in each wait. */
static int control(const struct loop *loop, int operation, int fd)
{
    const struct watched *watched = &loop->watched[fd];
    struct epoll_event event = {.data.u64 = (uint64_t)watched->generation << 32 | (uint32_t)fd};

    event.events = (watched->reading ? EPOLLIN : 0u) | (watched->writable ? EPOLLOUT : 0u);
    if (event.events == 0)
        event.events = EPOLLET;
    return watched->always ? 0 : epoll_ctl(loop->epoll, operation, fd, &event);
}

bool loop_add(struct loop *loop, int fd, loop_ready *ready, void *context)
{
    if (!make_room(loop, fd))
        return false;
    struct watched *watched = &loop->watched[fd];
    *watched = (struct watched){
        .ready = ready, .context = context, .generation = ++loop->generation, .reading = true};
    if (control(loop, EPOLL_CTL_ADD, fd) == 0)
        return true;
    if (errno != EPERM) {
        watched->ready = NULL;
        return false;
    }
    watched->always = true;
    loop->files++;
    return true;
}

void loop_remove(struct loop *loop, int fd)
{
    struct watched *watched = find(loop, fd);

    if (!watched)
        return;
    control(loop, EPOLL_CTL_DEL, fd);
    loop->files -= watched->always;
    watched->ready = NULL;
}

void loop_write(struct loop *loop, int fd, loop_ready *ready)
{
    struct watched *watched = find(loop, fd);

    if (!watched || watched->writable == ready)
        return;
    watched->writable = ready;
    control(loop, EPOLL_CTL_MOD, fd);
}

void loop_read(struct loop *loop, int fd, bool on)
{
    struct watched *watched = find(loop, fd);

    if (!watched || watched->reading == on)
        return;
    watched->reading = on;
    control(loop, EPOLL_CTL_MOD, fd);
}

/* Each call may remove it, or have another take its number. */
static void call(struct loop *loop, int fd, uint32_t generation, uint32_t events)
{
    const uint32_t failed = EPOLLERR | EPOLLHUP;
    const struct watched *watched = find(loop, fd);

    if (!watched || watched->generation != generation)
        return;
    if (watched->reading && (events & (EPOLLIN | failed)))
        watched->ready(watched->context);
    watched = find(loop, fd);
    if (watched && watched->generation == generation && watched->writable && (events & (EPOLLOUT | failed)))
        watched->writable(watched->context);
}

/* True if there is a file that has not to be waited for. */
static bool call_files(struct loop *loop)
{
    bool any = false;

    for (size_t fd = 0; loop->files > 0 && fd < loop->capacity; fd++) {
        const struct watched *watched = &loop->watched[fd];
        if (!watched->ready || !watched->always || (!watched->reading && !watched->writable))
            continue;
        any = true;
        call(loop, (int)fd, watched->generation, EPOLLIN | EPOLLOUT);
    }
    return any;
}

bool loop_wait(struct loop *loop, uint64_t timeout_us)
{
    struct epoll_event events[BATCH];
    bool files = call_files(loop);
    int count = epoll_wait(loop->epoll, events, BATCH, files ? 0 : platform_milliseconds(timeout_us));
    if (count < 0)
        return errno == EINTR;
    for (int i = 0; i < count; i++)
        call(loop, (int)(uint32_t)events[i].data.u64, (uint32_t)(events[i].data.u64 >> 32), events[i].events);
    return true;
}
