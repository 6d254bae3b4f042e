/* What every system with sockets has. Interfaces are looked for every few seconds, and a datagram's interface
 * index tells which socket it is for. */
#include "../platform.h"

#include <unistd.h>

#ifdef __linux__ /* built here to be tested: SO_REUSEPORT would not share between users */
#define SHARE SO_REUSEADDR
#else
#define SHARE SO_REUSEPORT
#endif

void platform_share(int fd, int family, const char *interface)
{
    const int on = 1;

    (void)family;
    (void)interface;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SHARE, &on, sizeof on);
}

bool platform_is_port(unsigned index)
{
    (void)index;
    return false;
}

int platform_watch(void)
{
    return -1;
}

void platform_watch_read(int fd, void (*changed)(void *context, unsigned index), void *context)
{
    (void)fd;
    changed(context, 0);
}

void platform_keep_alive(int fd, unsigned seconds)
{
    const int on = 1;

    (void)seconds;
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

void platform_close_from(int first)
{
    long end = sysconf(_SC_OPEN_MAX);

    for (int fd = first; fd < end; fd++)
        close(fd);
}

void platform_limit_unsent(int fd, int octets)
{
    (void)fd;
    (void)octets;
}

static bool receive_one(int fd, struct packet *packet)
{
    struct iovec piece = {packet->octets, PACKET_OCTETS};
    struct msghdr message = {
        .msg_name = &packet->from,
        .msg_namelen = sizeof packet->from,
        .msg_iov = &piece,
        .msg_iovlen = 1,
        .msg_control = packet->control.bytes,
        .msg_controllen = sizeof packet->control.bytes,
    };
    ssize_t got = recvmsg(fd, &message, MSG_DONTWAIT);

    if (got < 0)
        return false;
    packet->length = (size_t)got + ((message.msg_flags & MSG_TRUNC) ? 1 : 0);
    packet->control_length = (socklen_t)message.msg_controllen;
    return true;
}

size_t platform_receive(int fd, struct packet packets[PACKET_BATCH])
{
    size_t count = 0;

    while (count < PACKET_BATCH && receive_one(fd, &packets[count]))
        count++;
    return count;
}
