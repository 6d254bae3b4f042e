#include "lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lanchat/system.h"

#define ANSWER_FD 3 /* the child's */

static void look_up(const char *host, uint16_t port, int flags, struct addresses *addresses)
{
    const struct addrinfo hints = {.ai_flags = flags, .ai_socktype = SOCK_STREAM};
    struct addrinfo *all = NULL;

    *addresses = (struct addresses){.error = getaddrinfo(host, NULL, &hints, &all)};
    addresses->system_error = errno;
    if (addresses->error != 0)
        return;
    for (const struct addrinfo *at = all; at && addresses->count < LOOKUP_MOST; at = at->ai_next) {
        union address *address = &addresses->list[addresses->count];
        if ((at->ai_family != AF_INET && at->ai_family != AF_INET6) || at->ai_addrlen > sizeof *address)
            continue;
        memcpy(address, at->ai_addr, at->ai_addrlen);
        if (at->ai_family == AF_INET)
            address->in.sin_port = htons(port);
        else
            address->in6.sin6_port = htons(port);
        addresses->count++;
    }
    freeaddrinfo(all);
}

bool lookup_numeric(const char *host, uint16_t port, struct addresses *addresses)
{
    look_up(host, port, AI_NUMERICHOST, addresses);
    return addresses->error == 0;
}

/* The child. It holds nothing open that is the parent's: a connection that the parent closes is closed, and
 * who reads its output is not kept waiting. */
static _Noreturn void answer(int out, const char *host, uint16_t port)
{
    struct addresses addresses;

    alarm(LOOKUP_SECONDS);
    dup2(out, ANSWER_FD);
    platform_close_from(ANSWER_FD + 1);
    int null = open("/dev/null", O_RDWR);
    for (int fd = 0; fd < ANSWER_FD; fd++)
        dup2(null, fd);
    look_up(host, port, 0, &addresses);
    ssize_t written = write(ANSWER_FD, &addresses, sizeof addresses);
    _exit(written == sizeof addresses ? 0 : 1);
}

bool lookup_start(struct lookup *lookup, const char *host, uint16_t port)
{
    int ends[2];

    if (pipe(ends) != 0)
        return false;
    lookup->pid = system_fork();
    if (lookup->pid == 0)
        answer(ends[1], host, port);
    int saved = errno;
    close(ends[1]);
    lookup->fd = ends[0];
    if (lookup->pid > 0) {
        fcntl(lookup->fd, F_SETFD, FD_CLOEXEC);
        return true;
    }
    close(ends[0]);
    errno = saved;
    return false;
}

static void reap(struct lookup *lookup)
{
    close(lookup->fd);
    while (waitpid(lookup->pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

/* A child that died wrote nothing; one that wrote is about to end. */
void lookup_finish(struct lookup *lookup, struct addresses *addresses)
{
    if (read(lookup->fd, addresses, sizeof *addresses) != sizeof *addresses)
        *addresses = (struct addresses){.error = EAI_AGAIN};
    reap(lookup);
}

void lookup_cancel(struct lookup *lookup)
{
    kill(lookup->pid, SIGKILL);
    reap(lookup);
}

const char *lookup_error(const struct addresses *addresses)
{
    if (addresses->error == 0)
        return "has no address";
    return addresses->error == EAI_SYSTEM ? strerror(addresses->system_error)
                                          : gai_strerror(addresses->error);
}
