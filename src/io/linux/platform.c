#include "../platform.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef IPV6_MULTICAST_ALL
#define IPV6_MULTICAST_ALL 29 /* Linux 4.20; not in musl's headers */
#endif

/* Each of these may be refused (an old kernel, a capability): then the interface index of each datagram
 * decides. */
void platform_share(int fd, int family, const char *interface)
{
    const int on = 1, off = 0;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface) + 1);
    if (family == AF_INET)
        setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &off, sizeof off);
    else
        setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, &off, sizeof off);
}

/* Netlink (rtnetlink(7)). Messages come in a buffer aligned for their header. */
union netlink_buffer {
    struct nlmsghdr header;
    char bytes[16384];
};

static int open_netlink(unsigned groups)
{
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = groups};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

    if (fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool names_master(const struct nlmsghdr *header)
{
    const struct ifinfomsg *info = NLMSG_DATA(header);
    size_t length = IFLA_PAYLOAD(header);

    if (header->nlmsg_type != RTM_NEWLINK)
        return false;
    for (const struct rtattr *at = IFLA_RTA(info); RTA_OK(at, length); at = RTA_NEXT(at, length))
        if (at->rta_type == IFLA_MASTER)
            return true;
    return false;
}

bool platform_is_port(unsigned index)
{
    struct {
        struct nlmsghdr header;
        struct ifinfomsg info;
    } request = {
        .header = {.nlmsg_len = sizeof request, .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST},
        .info = {.ifi_family = AF_UNSPEC,                           .ifi_index = (int)index                             },
    };
    union netlink_buffer buffer;
    int fd = open_netlink(0);
    bool is_port = false;

    /* The kernel answers before send returns. */
    if (fd >= 0 && send(fd, &request, sizeof request, 0) >= 0) {
        ssize_t got = recv(fd, &buffer, sizeof buffer, 0);
        is_port = got > 0 && NLMSG_OK(&buffer.header, (size_t)got) && names_master(&buffer.header);
    }
    if (fd >= 0)
        close(fd);
    return is_port;
}

int platform_watch(void)
{
    return open_netlink(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR);
}

static unsigned index_named(const struct nlmsghdr *header)
{
    if (header->nlmsg_type == RTM_NEWADDR || header->nlmsg_type == RTM_DELADDR)
        return ((const struct ifaddrmsg *)NLMSG_DATA(header))->ifa_index;
    return (unsigned)((const struct ifinfomsg *)NLMSG_DATA(header))->ifi_index;
}

void platform_watch_read(int fd, void (*changed)(void *context, unsigned index), void *context)
{
    union netlink_buffer buffer;

    for (;;) {
        ssize_t got = recv(fd, &buffer, sizeof buffer, 0);
        if (got < 0 && errno == ENOBUFS) { /* some were lost */
            changed(context, 0);
            continue;
        }
        if (got <= 0)
            return;
        size_t length = (size_t)got;
        for (const struct nlmsghdr *at = &buffer.header; NLMSG_OK(at, length); at = NLMSG_NEXT(at, length))
            changed(context, index_named(at));
    }
}

static void set_tcp(int fd, int name, unsigned value)
{
    setsockopt(fd, IPPROTO_TCP, name, &value, sizeof value);
}

void platform_keep_alive(int fd, unsigned seconds)
{
    const int on = 1;
    const unsigned probes = 3;

    set_tcp(fd, TCP_KEEPIDLE, seconds / probes);
    set_tcp(fd, TCP_KEEPINTVL, seconds / probes);
    set_tcp(fd, TCP_KEEPCNT, probes - 1);
    set_tcp(fd, TCP_USER_TIMEOUT, seconds * 1000);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

/* close_range(2), Linux 5.9; not in musl's headers. */
void platform_close_from(int first)
{
    long end = sysconf(_SC_OPEN_MAX);

    if (syscall(SYS_close_range, (unsigned)first, UINT_MAX, 0) == 0)
        return;
    for (int fd = first; fd < end; fd++)
        close(fd);
}

void platform_limit_unsent(int fd, int octets)
{
    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &octets, sizeof octets);
}

size_t platform_receive(int fd, struct packet packets[PACKET_BATCH])
{
    struct mmsghdr messages[PACKET_BATCH];
    struct iovec pieces[PACKET_BATCH];

    for (size_t i = 0; i < PACKET_BATCH; i++) {
        pieces[i] = (struct iovec){packets[i].octets, PACKET_OCTETS};
        messages[i] = (struct mmsghdr){
            .msg_hdr = {.msg_name = &packets[i].from,
                        .msg_namelen = sizeof packets[i].from,
                        .msg_iov = &pieces[i],
                        .msg_iovlen = 1,
                        .msg_control = packets[i].control.bytes,
                        .msg_controllen = sizeof packets[i].control.bytes}
        };
    }
    int got = recvmmsg(fd, messages, PACKET_BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < got; i++) {
        packets[i].length = messages[i].msg_len + ((messages[i].msg_hdr.msg_flags & MSG_TRUNC) ? 1 : 0);
        packets[i].control_length = (socklen_t)messages[i].msg_hdr.msg_controllen;
    }
    return got > 0 ? (size_t)got : 0;
}
