/* A watcher of the LAN: what is sent to all on every interface, as it came, for somebody who takes part in
 * nothing. Nothing is ever sent from here, and no port but the shared one is used; the kernel alone reports
 * that this host is a member of the groups (RFC 3376, RFC 3810). */
#ifndef LANCHAT_TAP_H
#define LANCHAT_TAP_H

#include "lanchat/lan.h"

struct tap;

struct tap_datagram {
    uint64_t time_us; /* when it came: microseconds since 1970-01-01 00:00 UTC, of the kernel if it says */
    const char *interface; /* on which it came */
    struct node_address from, to;
    const uint8_t *bytes; /* good until the function returns */
    size_t length;        /* whatever UDP can carry */
};

/* Told of each datagram, from loop_wait. */
typedef void tap_take(void *context, const struct tap_datagram *datagram);

/* Opens a socket for each interface and family on which it can hear, now and as they come and go: those of
 * lan.h with the same options, of which port, families, groups and interfaces count; and those without
 * multicast on which there are broadcasts. Options and loop are borrowed. NULL with the reason in `error`
 * ("what: why"), and in *usage whether the options were wrong. */
struct tap *tap_open(const struct lan_options *options, struct loop *loop, tap_take *take, lan_notice *notice,
                     void *context, char error[LAN_ERROR_MAX], bool *usage);
void tap_close(struct tap *tap);

/* Looks for interfaces if that is due. tap_deadline says when it is (monotonic microseconds). */
void tap_tick(struct tap *tap);
uint64_t tap_deadline(const struct tap *tap);

#endif
