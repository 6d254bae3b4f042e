#include "dialler.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lanchat/system.h"
#include "lookup.h"

#define LOOKUP_US  (LOOKUP_SECONDS * UINT64_C(1000000))
#define CONNECT_US UINT64_C(5000000) /* for each address */

enum stage {
    STAGE_NEW,
    STAGE_LOOKUP,
    STAGE_CONNECT,
    STAGE_OVER,
};

struct dialler {
    const struct url *url;
    struct loop *loop;
    dialler_done *done;
    void *context;
    enum stage stage;
    uint64_t until_us; /* of the stage */
    struct lookup lookup;
    struct addresses addresses;
    size_t next; /* of them */
    int fd;      /* STAGE_CONNECT */
    int error;   /* errno of what was tried; 0: nothing was */
};

/* The dialler may be gone when this returns. */
static void finish(struct dialler *dialler, int fd, const char *text)
{
    dialler->stage = STAGE_OVER;
    dialler->done(dialler->context, fd, text);
}

static void finish_connected(struct dialler *dialler, int fd)
{
    const union address *address = &dialler->addresses.list[dialler->next - 1];
    char name[URL_HOST_MAX + 1];

    if (getnameinfo(&address->any, socket_address_length(address), name, sizeof name, NULL, 0,
                    NI_NUMERICHOST) != 0)
        snprintf(name, sizeof name, "%s", dialler->url->host);
    finish(dialler, fd, name);
}

/* Of several reasons, one that says more than that this host has no such network. */
static void note_error(struct dialler *dialler, int error)
{
    if (dialler->error == 0 || (error != ENETUNREACH && error != EAFNOSUPPORT && error != EADDRNOTAVAIL))
        dialler->error = error;
}

static void on_connected(void *context);

/* Returns a descriptor that connects or is connected (*connected); -1 with errno set. */
static int start_connect(const union address *address, bool *connected)
{
    int fd = socket(address->any.sa_family, SOCK_STREAM, 0);

    if (fd < 0)
        return -1;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    *connected = connect(fd, &address->any, socket_address_length(address)) == 0;
    if (*connected || errno == EINPROGRESS)
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static bool wait_for_connection(struct dialler *dialler, int fd)
{
    if (!loop_add(dialler->loop, fd, on_connected, dialler)) {
        note_error(dialler, errno);
        close(fd);
        return false;
    }
    loop_read(dialler->loop, fd, false);
    loop_write(dialler->loop, fd, on_connected);
    dialler->fd = fd;
    dialler->stage = STAGE_CONNECT;
    dialler->until_us = system_time().now_us + CONNECT_US;
    return true;
}

static void try_next(struct dialler *dialler)
{
    while (dialler->next < dialler->addresses.count) {
        bool connected;
        int fd = start_connect(&dialler->addresses.list[dialler->next++], &connected);
        if (fd < 0) {
            note_error(dialler, errno);
            continue;
        }
        if (connected) {
            finish_connected(dialler, fd);
            return;
        }
        if (wait_for_connection(dialler, fd))
            return;
    }
    finish(dialler, -1, dialler->error ? strerror(dialler->error) : lookup_error(&dialler->addresses));
}

static void drop_connection(struct dialler *dialler)
{
    loop_remove(dialler->loop, dialler->fd);
    close(dialler->fd);
}

static void on_connected(void *context)
{
    struct dialler *dialler = context;
    int error = 0;
    socklen_t length = sizeof error;

    if (getsockopt(dialler->fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
        error = errno;
    if (error == 0) {
        loop_remove(dialler->loop, dialler->fd);
        finish_connected(dialler, dialler->fd);
        return;
    }
    drop_connection(dialler);
    note_error(dialler, error);
    try_next(dialler);
}

static void on_looked_up(void *context)
{
    struct dialler *dialler = context;

    loop_remove(dialler->loop, dialler->lookup.fd);
    lookup_finish(&dialler->lookup, &dialler->addresses);
    try_next(dialler);
}

static void cancel_lookup(struct dialler *dialler)
{
    loop_remove(dialler->loop, dialler->lookup.fd);
    lookup_cancel(&dialler->lookup);
}

static void begin(struct dialler *dialler)
{
    const struct url *url = dialler->url;

    if (lookup_numeric(url->host, url->port, &dialler->addresses)) {
        try_next(dialler);
        return;
    }
    if (!lookup_start(&dialler->lookup, url->host, url->port)) {
        finish(dialler, -1, strerror(errno));
        return;
    }
    dialler->stage = STAGE_LOOKUP;
    dialler->until_us = system_time().now_us + LOOKUP_US;
    if (loop_add(dialler->loop, dialler->lookup.fd, on_looked_up, dialler))
        return;
    int error = errno;
    lookup_cancel(&dialler->lookup);
    finish(dialler, -1, strerror(error));
}

void dialler_tick(struct dialler *dialler)
{
    if (dialler->stage == STAGE_OVER || system_time().now_us < dialler->until_us)
        return;
    if (dialler->stage == STAGE_NEW) {
        begin(dialler);
    } else if (dialler->stage == STAGE_LOOKUP) {
        cancel_lookup(dialler);
        finish(dialler, -1, "no name server answers");
    } else {
        drop_connection(dialler);
        note_error(dialler, ETIMEDOUT);
        try_next(dialler);
    }
}

uint64_t dialler_deadline(const struct dialler *dialler)
{
    return dialler->stage == STAGE_OVER ? LOOP_FOREVER : dialler->until_us;
}

struct dialler *dialler_open(const struct url *url, struct loop *loop, dialler_done *done, void *context)
{
    struct dialler *dialler = calloc(1, sizeof *dialler);

    if (!dialler)
        return NULL;
    dialler->url = url;
    dialler->loop = loop;
    dialler->done = done;
    dialler->context = context;
    return dialler;
}

void dialler_close(struct dialler *dialler)
{
    if (!dialler)
        return;
    if (dialler->stage == STAGE_LOOKUP)
        cancel_lookup(dialler);
    else if (dialler->stage == STAGE_CONNECT)
        drop_connection(dialler);
    free(dialler);
}
