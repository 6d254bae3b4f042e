#include "sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

/* How long a full socket buffer is waited for: long enough for a burst to drain, and so short that an
 * interface that takes little does not hold up the others. What is dropped is asked for again. */
#define FULL_WAIT_MS 5

/* Room for a burst: the kernel gives as much of it as it allows. */
#define RECEIVE_OCTETS (4 * 1024 * 1024)

socklen_t socket_address_length(const union address *address)
{
    return address->any.sa_family == AF_INET ? sizeof address->in : sizeof address->in6;
}

static int level_of(int family)
{
    return family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
}

static bool set(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

static int open_socket(int family)
{
    int fd = socket(family, SOCK_DGRAM, 0);

    if (fd < 0)
        return -1;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    set(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_OCTETS);
    bool told = family == AF_INET
                    ? set(fd, IPPROTO_IP, IP_PKTINFO, 1)
                    : set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) && set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    if (told)
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static int bind_any(int fd, int family, uint16_t port)
{
    union address address = {.any = {.sa_family = (sa_family_t)family}};

    if (family == AF_INET)
        address.in.sin_port = htons(port);
    else
        address.in6.sin6_port = htons(port);
    if (bind(fd, &address.any, socket_address_length(&address)) == 0)
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

int socket_shared(int family, uint16_t port, const char *interface)
{
    int fd = open_socket(family);

    if (fd < 0)
        return -1;
    platform_share(fd, family, interface);
    return bind_any(fd, family, port);
}

static bool set_member(int fd, int name, const union address *group, unsigned index)
{
    struct group_req request = {.gr_interface = index};

    memcpy(&request.gr_group, group, socket_address_length(group));
    return setsockopt(fd, level_of(group->any.sa_family), name, &request, sizeof request) == 0;
}

bool socket_join(int fd, const union address *group, unsigned index)
{
    return set_member(fd, MCAST_JOIN_GROUP, group, index);
}

void socket_leave(int fd, const union address *group, unsigned index)
{
    set_member(fd, MCAST_LEAVE_GROUP, group, index);
}

int socket_own(int family, uint16_t port, uint8_t hops)
{
    int fd = open_socket(family);

    if (fd < 0)
        return -1;
    if (family == AF_INET) {
        set(fd, IPPROTO_IP, IP_MULTICAST_TTL, hops);
        set(fd, SOL_SOCKET, SO_BROADCAST, 1);
    } else {
        set(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, hops);
    }
    return bind_any(fd, family, port);
}

/* Names the interface to send on in `message`, whose control buffer is there and zeroed. */
static void name_interface(struct msghdr *message, int family, unsigned index)
{
    struct cmsghdr *control = CMSG_FIRSTHDR(message);
    const struct in_pktinfo info4 = {.ipi_ifindex = (int)index};
    const struct in6_pktinfo info6 = {.ipi6_ifindex = index};
    size_t length = family == AF_INET ? sizeof info4 : sizeof info6;

    control->cmsg_level = level_of(family);
    control->cmsg_type = family == AF_INET ? IP_PKTINFO : IPV6_PKTINFO;
    control->cmsg_len = (socklen_t)CMSG_LEN(length);
    memcpy(CMSG_DATA(control), family == AF_INET ? (const void *)&info4 : (const void *)&info6, length);
    message->msg_controllen = (socklen_t)CMSG_SPACE(length);
}

/* Where a datagram goes is decided by its interface if it goes to all, by routing if it goes to one. */
static bool goes_to_all(const union address *to, unsigned index)
{
    return index != 0 && (to->any.sa_family == AF_INET || IN6_IS_ADDR_MULTICAST(&to->in6.sin6_addr));
}

int socket_send(int fd, const union address *to, unsigned index, const uint8_t *bytes, size_t length)
{
    union address address = *to;
    union {
        size_t align; /* as a cmsghdr's */
        char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
    } control = {0};
    struct iovec piece = {(void *)bytes, length};
    struct msghdr message = {
        .msg_name = &address,
        .msg_namelen = socket_address_length(to),
        .msg_iov = &piece,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof control,
    };

    if (goes_to_all(to, index)) {
        name_interface(&message, to->any.sa_family, index);
    } else {
        message.msg_control = NULL;
        message.msg_controllen = 0;
    }
    int error = 0;
    for (int tries = 0; tries < 2; tries++) {
        if (sendmsg(fd, &message, 0) >= 0)
            return 0;
        error = errno; /* poll has its own */
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR && errno != ENOBUFS)
            break;
        poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, FULL_WAIT_MS);
    }
    return error;
}

void socket_stamp(int fd)
{
    set(fd, SOL_SOCKET, SO_TIMESTAMP, 1);
}

/* What came beside a datagram. */
static bool read_control(const struct cmsghdr *control, union address *to, unsigned *index,
                         uint64_t *clock_us)
{
    struct in_pktinfo info4;
    struct in6_pktinfo info6;
    struct timeval time;

    if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
        memcpy(&info4, CMSG_DATA(control), sizeof info4);
        to->in.sin_family = AF_INET;
        to->in.sin_addr = info4.ipi_addr;
        *index = (unsigned)info4.ipi_ifindex;
        return true;
    }
    if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
        memcpy(&info6, CMSG_DATA(control), sizeof info6);
        to->in6.sin6_family = AF_INET6;
        to->in6.sin6_addr = info6.ipi6_addr;
        *index = info6.ipi6_ifindex;
        return true;
    }
    if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_TIMESTAMP) {
        memcpy(&time, CMSG_DATA(control), sizeof time);
        *clock_us = (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec;
    }
    return false;
}

/* CMSG_NXTHDR, of which musl's mixes signed with unsigned numbers. NULL at the end. */
static struct cmsghdr *next_control(const struct msghdr *message, struct cmsghdr *at)
{
    const char *end = (const char *)message->msg_control + message->msg_controllen;
    size_t step = CMSG_SPACE(at->cmsg_len - CMSG_LEN(0));

    if (at->cmsg_len < CMSG_LEN(0) || (size_t)(end - (const char *)at) < step + sizeof *at)
        return NULL;
    return (struct cmsghdr *)((char *)at + step);
}

bool socket_arrived(struct msghdr *message, union address *to, unsigned *index, uint64_t *clock_us)
{
    bool told = false;

    memset(to, 0, sizeof *to);
    for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at; at = next_control(message, at))
        told |= read_control(at, to, index, clock_us);
    return told;
}

bool socket_arrival(struct packet *packet, union address *to, unsigned *index)
{
    struct msghdr message = {.msg_control = packet->control.bytes, .msg_controllen = packet->control_length};
    uint64_t clock_us;

    return socket_arrived(&message, to, index, &clock_us);
}

/* For the node an address is: family (4 or 6), port (2 octets), address, and for IPv6 the scope (4 octets).
 */
void socket_to_node(const union address *address, struct node_address *out)
{
    *out = (struct node_address){0};
    if (address->any.sa_family == AF_INET) {
        out->octets[0] = 4;
        memcpy(&out->octets[1], &address->in.sin_port, 2);
        memcpy(&out->octets[3], &address->in.sin_addr, 4);
        out->length = 7;
    } else if (address->any.sa_family == AF_INET6) {
        out->octets[0] = 6;
        memcpy(&out->octets[1], &address->in6.sin6_port, 2);
        memcpy(&out->octets[3], &address->in6.sin6_addr, 16);
        memcpy(&out->octets[19], &address->in6.sin6_scope_id, 4);
        out->length = 23;
    }
}

void socket_from_node(const struct node_address *address, union address *out)
{
    memset(out, 0, sizeof *out);
    if (address->octets[0] == 4) {
        out->in.sin_family = AF_INET;
        memcpy(&out->in.sin_port, &address->octets[1], 2);
        memcpy(&out->in.sin_addr, &address->octets[3], 4);
    } else {
        out->in6.sin6_family = AF_INET6;
        memcpy(&out->in6.sin6_port, &address->octets[1], 2);
        memcpy(&out->in6.sin6_addr, &address->octets[3], 16);
        memcpy(&out->in6.sin6_scope_id, &address->octets[19], 4);
    }
}

void socket_unmap(union address *address)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = address->in6.sin6_port};

    if (address->any.sa_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&address->in6.sin6_addr))
        return;
    memcpy(&in.sin_addr, &address->in6.sin6_addr.s6_addr[12], sizeof in.sin_addr);
    address->in = in;
}

bool socket_same_host(const union address *a, const union address *b)
{
    if (a->any.sa_family != b->any.sa_family)
        return false;
    if (a->any.sa_family == AF_INET)
        return a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
    return IN6_ARE_ADDR_EQUAL(&a->in6.sin6_addr, &b->in6.sin6_addr);
}

void socket_address_name(const union address *address, char out[INET6_ADDRSTRLEN])
{
    if (address->any.sa_family == AF_INET)
        inet_ntop(AF_INET, &address->in.sin_addr, out, INET6_ADDRSTRLEN);
    else
        inet_ntop(AF_INET6, &address->in6.sin6_addr, out, INET6_ADDRSTRLEN);
}
