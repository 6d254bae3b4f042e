#include "shared.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fault.h"
#include "lanchat/system.h"

void shared_init(struct shared *shared, int family)
{
    *shared = (struct shared){.family = family, .fd = -1};
}

union address shared_group(const struct shared *shared, const struct lan_options *options)
{
    union address group = {.any = {.sa_family = (sa_family_t)shared->family}};

    if (shared->family == AF_INET)
        group.in.sin_addr = options->group4;
    else
        group.in6.sin6_addr = options->group6;
    return group;
}

static bool open_socket(struct shared *shared, uint16_t port, const char *interface, struct loop *loop,
                        loop_ready *ready, void *context)
{
    if (shared->fd >= 0)
        return true;
    int fd = socket_shared(shared->family, port, interface);
    if (fd >= 0 && loop_add(loop, fd, ready, context)) {
        shared->fd = fd;
        return true;
    }
    int saved = errno;
    if (fd >= 0)
        close(fd);
    errno = saved;
    return false;
}

/* ff02::1 may be joined already, and is not told of by any switch. */
static bool join(const struct shared *shared, const struct lan_options *options, unsigned index)
{
    union address group = shared_group(shared, options), nodes = group;

    nodes.in6.sin6_addr = lan_nodes6();
    if (shared->family == AF_INET6)
        socket_join(shared->fd, &nodes, index);
    return socket_join(shared->fd, &group, index);
}

void shared_open(struct shared *shared, const struct lan_options *options, const struct interface *interface,
                 struct loop *loop, loop_ready *ready, void *context)
{
    shared->renewal.offset_ms = renewal_offset(interface);
    if (shared->joined)
        return;
    shared->refused = !open_socket(shared, options->port, interface->name, loop, ready, context);
    shared->joined = !shared->refused && join(shared, options, interface->index);
    shared->error = shared->joined ? 0 : errno;
    if (shared->joined && !interface->loopback) /* no switch is there */
        renewal_taken(&shared->renewal, system_time());
}

void shared_close(struct shared *shared, struct loop *loop)
{
    if (shared->fd < 0)
        return;
    loop_remove(loop, shared->fd);
    close(shared->fd);
    shared->fd = -1;
}

bool shared_renew(struct shared *shared, const struct lan_options *options, const struct interface *interface,
                  struct node_time time)
{
    union address group = shared_group(shared, options);

    if (!shared->joined)
        return false;
    enum renewal_step step = renewal_step(&shared->renewal, time);
    if (step == RENEWAL_LEAVE)
        socket_leave(shared->fd, &group, interface->index);
    if (step == RENEWAL_TAKE)
        shared->joined = false;
    return step == RENEWAL_TAKE;
}

uint64_t shared_deadline(const struct shared *shared, struct node_time time)
{
    return shared->joined ? renewal_deadline(&shared->renewal, time) : LOOP_FOREVER;
}

bool shared_failure(struct shared *shared, const struct lan_options *options,
                    const struct interface *interface, const char *refused, const char *alone,
                    char line[LAN_ERROR_MAX])
{
    union address group = shared_group(shared, options);
    char name[INET6_ADDRSTRLEN];
    bool news = shared->error != 0 && shared->error != shared->told;

    shared->told = shared->error;
    if (news && shared->refused) {
        fault_port(interface->name, options->port, shared->family, shared->error, refused, line,
                   LAN_ERROR_MAX);
    } else if (news) {
        socket_address_name(&group, name);
        snprintf(line, LAN_ERROR_MAX, "%s: cannot join %s: %s%s", interface->name, name,
                 strerror(shared->error), alone);
    }
    return news;
}
