/* Addresses; and the LAN's sockets: opened, sent from and read with the interface named by index (RFC 3542;
 * ip(7) for IPv4). */
#ifndef LANCHAT_SOCKETS_H
#define LANCHAT_SOCKETS_H

#include "lanchat/node.h"
#include "platform.h"

union address {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};

/* A socket on the shared port that hears what is sent to all on one interface. -1 with errno set. */
int socket_shared(int family, uint16_t port, const char *interface);

/* Joins a group there, by interface index (RFC 3678), and leaves it. False with errno set. */
bool socket_join(int fd, const union address *group, unsigned index);
void socket_leave(int fd, const union address *group, unsigned index);

/* A socket on a port of its own, 0 for any, for unicast and for sending. -1 with errno set. */
int socket_own(int family, uint16_t port, uint8_t hops);

/* Sends from such a socket; to what is not unicast, on the interface `index`. Returns 0 or an errno. */
int socket_send(int fd, const union address *to, unsigned index, const uint8_t *bytes, size_t length);

/* Where a received packet went, and on which interface it came. False if the system did not say. */
bool socket_arrival(struct packet *packet, union address *to, unsigned *index);

/* Has the system say when each datagram came, as far as it can. */
void socket_stamp(int fd);

/* The same of a message as recvmsg(2) filled it in, and when it came (microseconds since 1970-01-01 00:00
 * UTC); *clock_us is left as it is if the system did not say that. */
bool socket_arrived(struct msghdr *message, union address *to, unsigned *index, uint64_t *clock_us);

/* Addresses for the node and back. */
void socket_to_node(const union address *address, struct node_address *out);
void socket_from_node(const struct node_address *address, union address *out);

/* Turns an IPv4 address that is written as an IPv6 one (RFC 4291, 2.5.5.2), as a socket for both families has
 * it, into what it is. */
void socket_unmap(union address *address);

/* Whether both are of one host or group, whatever the ports. */
bool socket_same_host(const union address *a, const union address *b);

socklen_t socket_address_length(const union address *address);

/* The address alone, in words. */
void socket_address_name(const union address *address, char out[INET6_ADDRSTRLEN]);

#endif
