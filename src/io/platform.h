/* What differs between systems, one folder each: linux/ and portable/. */
#ifndef LANCHAT_PLATFORM_H
#define LANCHAT_PLATFORM_H

#include <limits.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "lanchat/loop.h"

/* A timeout of the loop's for poll and epoll_wait. Rounded up: to be early would be to turn idly. */
static inline int platform_milliseconds(uint64_t timeout_us)
{
    uint64_t ms = timeout_us / 1000 + (timeout_us % 1000 != 0);

    if (timeout_us == LOOP_FOREVER)
        return -1;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

/* Lets a socket that is to be bound to a shared port be shared, and ties it to an interface as far as the
 * system can: it hears no group that it has not joined. */
void platform_share(int fd, int family, const char *interface);

/* True if the interface is a port of another (of a bridge, of a bond), through which its LAN is heard. */
bool platform_is_port(unsigned index);

/* A descriptor that can be read when interfaces or addresses have changed; -1 if the system has none. */
int platform_watch(void);

/* Reads it: calls changed(context, index) for each interface named; index 0: any may have changed. */
void platform_watch_read(int fd, void (*changed)(void *context, unsigned index), void *context);

/* Lets the system find out when the other end of a TCP connection is gone without a word: it asks, and gives
 * up after `seconds` without an answer (RFC 9293, 3.8.4; RFC 5482), as far as it can be told how long. */
void platform_keep_alive(int fd, unsigned seconds);

/* Closes this descriptor and all above it. */
void platform_close_from(int first);

/* Has a TCP connection take little more than it can send at once, where the system can do that. */
void platform_limit_unsent(int fd, int octets);

#define PACKET_OCTETS 2048
#define PACKET_BATCH  32

struct packet {
    struct sockaddr_storage from;
    union {
        size_t align; /* as a cmsghdr's */
        char bytes[128];
    } control;
    socklen_t control_length;
    uint8_t octets[PACKET_OCTETS];
    size_t length; /* more than PACKET_OCTETS if it was cut off */
};

/* Receives up to PACKET_BATCH datagrams without waiting. Returns how many; 0: none, or an error. */
size_t platform_receive(int fd, struct packet packets[PACKET_BATCH]);

#endif
