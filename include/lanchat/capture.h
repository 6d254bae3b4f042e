/* What a capture file holds of lanchat: the file's bytes go in, and the datagrams, and what TCP connections
 * carried, come out. Pure: no file, no clock.
 *
 *     capture_feed, then capture_next until false, again and again; at last capture_end, and the same
 *
 * The file is pcap (draft-ietf-opsawg-pcap, either byte order, micro- or nanoseconds) or pcapng
 * (draft-ietf-opsawg-pcapng). Memory is bounded whatever is in it. Packets may be Ethernet, Linux cooked (v1
 * and v2), BSD loopback or raw IP; others are counted.
 *
 * Events come in the order of the file. What comes out of a connection may be later than that, since it has
 * to be in order, and since only a pause tells that a chunk of plain text was all: by 300 milliseconds,
 * mostly. */
#ifndef LANCHAT_CAPTURE_H
#define LANCHAT_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CAPTURE_INTERFACE_MAX 63 /* bytes of an interface's name; a longer one is cut */

enum capture_kind {
    CAPTURE_DATAGRAM, /* bytes: as it came from UDP, or a frame's of a connection */
    CAPTURE_TEXT, /* bytes: a line (without its CR LF) or a chunk of a plain-text client, as it stands there
                   */
    CAPTURE_GREETING, /* bytes: "NICK" */
    CAPTURE_PREFACE,  /* bytes: the line without its newline; id */
};

struct capture_address {
    uint8_t family;     /* 4 or 6 */
    uint8_t octets[16]; /* the first 4 if the family is 4 */
    uint16_t port;
};

struct capture_event {
    enum capture_kind kind;
    bool tcp;         /* it was in a connection */
    uint64_t time_us; /* when its first byte was captured: microseconds since 1970-01-01 00:00 UTC; 0: the
                         file does not say */
    const char *interface; /* its name in the file, any bytes but NUL; NULL: none is there */
    struct capture_address source, destination;
    const uint8_t *bytes;
    size_t length;
    size_t lacking; /* octets at a datagram's end that the capture left out (tcpdump -s) */
    uint64_t id;    /* CAPTURE_PREFACE */
};

/* What was read so far, and what of it could not be used. */
struct capture_counts {
    uint64_t packets;
    uint64_t unknown;     /* packets of a link type that is not known */
    uint64_t fragments;   /* IP fragments: datagrams of lanchat are never fragmented */
    uint64_t cut;         /* packets that the capture left the end of out, of those with UDP or TCP of ours */
    uint64_t lost_octets; /* of connections that were taken: not in the capture */
};

struct capture;

/* A reader, or NULL without memory. `port` is the LAN's UDP port: datagrams from or to it and the 16 above
 * are lanchat's, and whatever begins with the magic. Connections are those of TCP port 55555, and of others
 * those in which somebody is greeted, or says the preface, or sends frames. */
struct capture *capture_new(uint16_t port);
void capture_free(struct capture *capture);

/* More of the file. It is borrowed until capture_next returns false. */
void capture_feed(struct capture *capture, const void *bytes, size_t length);

/* The file ends here. */
void capture_end(struct capture *capture);

/* The next event. False when there is none in what was fed so far, or no more at all: capture_error tells.
 * What the event points to is good until the next call. */
bool capture_next(struct capture *capture, struct capture_event *event);

/* Why the file cannot be read further, or NULL: "is not a capture file" or the like, to stand behind the
 * file's name; in *offset the octet of the file where it is. What came before it was given. */
const char *capture_error(const struct capture *capture, uint64_t *offset);

struct capture_counts capture_counts(const struct capture *capture);

#endif
