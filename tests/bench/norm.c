/* NORM (RFC 5740), with which repair is compared:
 *
 *     norm send INTERFACE BLOCK PARITY AHEAD   each line of standard input as a message of a stream
 *     norm listen INTERFACE                    prints what comes
 *
 * BLOCK segments make a block, for which there are PARITY segments of parity to repair it, AHEAD of which are
 * sent at once. The sender's rate is fixed, and far above what is said. */
#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>

#include "bench.h"

/* libnorm's interface is C's, but its header is C++ (default arguments, references). What is used of it: */
typedef const void *handle;
struct norm_event {
    int type;
    handle session, sender, object;
};
enum { NORM_RX_OBJECT_UPDATED = 19, NORM_FLUSH_ACTIVE = 2, NORM_SYNC_STREAM = 1 };

handle NormCreateInstance(bool priority);
int NormGetDescriptor(handle instance);
bool NormGetNextEvent(handle instance, struct norm_event *event, bool wait);
handle NormCreateSession(handle instance, const char *address, uint16_t port, uint32_t id);
bool NormSetMulticastInterface(handle session, const char *name);
bool NormSetRxSocketBuffer(handle session, unsigned octets);
void NormSetDefaultSyncPolicy(handle session, int policy);
void NormSetTxRate(handle session, double bits);
void NormSetCongestionControl(handle session, bool enable, bool adjust);
void NormSetGrttEstimate(handle session, double seconds);
void NormSetGrttMax(handle session, double seconds);
void NormSetGroupSize(handle session, unsigned size);
void NormSetBackoffFactor(handle session, double factor);
void NormSetAutoParity(handle session, unsigned char count);
bool NormStartSender(handle session, uint16_t instance, uint32_t buffer, uint16_t segment, uint16_t block,
                     uint16_t parity, uint8_t fec);
bool NormStartReceiver(handle session, uint32_t buffer);
handle NormStreamOpen(handle session, uint32_t buffer, const char *info, unsigned length);
void NormStreamSetPushEnable(handle stream, bool enable);
unsigned NormStreamWrite(handle stream, const char *bytes, unsigned length);
void NormStreamFlush(handle stream, bool message, int mode);
bool NormStreamRead(handle stream, char *bytes, unsigned *length);

#define GROUP          "239.255.67.74"
#define PORT           55571         /* one of those of which tests/net/lib.sh loses */
#define BUFFER         (1024 * 1024) /* what lanchat stores */
#define RECEIVE_OCTETS (4 * 1024 * 1024)
#define SEGMENT        1024
#define RATE_BITS      200e6
#define GRTT           0.001
#define RECEIVERS      16
#define LINE_MOST      4096
#define LINGER_S       2 /* for repairs of the last */

static handle open_session(handle instance, const char *interface)
{
    handle session = NormCreateSession(instance, GROUP, PORT, (uint32_t)getpid());

    if (!session || !NormSetMulticastInterface(session, interface))
        bench_fail("session");
    return session;
}

static void drain_events(handle instance)
{
    struct norm_event event;

    while (NormGetNextEvent(instance, &event, false))
        continue;
}

/* One line is one message, and goes at once. */
static void send_line(handle stream, const char *line, unsigned length)
{
    for (unsigned done = 0; done < length;)
        done += NormStreamWrite(stream, line + done, length - done);
    NormStreamFlush(stream, true, NORM_FLUSH_ACTIVE);
}

static void send_lines(handle instance, handle stream)
{
    struct pollfd files[] = {
        {STDIN_FILENO,                POLLIN, 0},
        {NormGetDescriptor(instance), POLLIN, 0}
    };
    char line[LINE_MOST];
    uint64_t until = 0;

    while (until == 0 || bench_now() < until) {
        if (poll(files, 2, 100) < 0 && errno != EINTR)
            bench_fail("poll");
        if (files[1].revents)
            drain_events(instance);
        if (!(files[0].revents & (POLLIN | POLLHUP)))
            continue;
        ssize_t got = read(STDIN_FILENO, line, sizeof line);
        if (got > 0)
            send_line(stream, line, (unsigned)got);
        else {
            files[0] = (struct pollfd){.fd = -1};
            until = bench_now() + LINGER_S * BENCH_SECOND;
        }
    }
}

static void run_sender(char **arguments)
{
    handle instance = NormCreateInstance(false), session = open_session(instance, arguments[0]);
    uint16_t block = (uint16_t)bench_number(arguments[1]), parity = (uint16_t)bench_number(arguments[2]);

    NormSetTxRate(session, RATE_BITS);
    NormSetCongestionControl(session, false, false);
    NormSetGrttEstimate(session, GRTT);
    NormSetGrttMax(session, 10 * GRTT);
    NormSetGroupSize(session, RECEIVERS);
    if (!NormStartSender(session, 1, BUFFER, SEGMENT, block, parity, 0))
        bench_fail("sender");
    NormSetAutoParity(session, (unsigned char)bench_number(arguments[3]));
    handle stream = NormStreamOpen(session, BUFFER, NULL, 0);
    send_lines(instance, stream);
}

static void run_listener(char **arguments)
{
    handle instance = NormCreateInstance(false), session = open_session(instance, arguments[0]);
    struct norm_event event;
    char bytes[LINE_MOST];

    NormSetDefaultSyncPolicy(session, NORM_SYNC_STREAM);
    NormSetRxSocketBuffer(session, RECEIVE_OCTETS);
    if (!NormStartReceiver(session, BUFFER))
        bench_fail("receiver");
    fprintf(stderr, "listening\n");
    while (NormGetNextEvent(instance, &event, true)) {
        unsigned got = sizeof bytes;
        while (event.type == NORM_RX_OBJECT_UPDATED && NormStreamRead(event.object, bytes, &got) && got > 0) {
            if (write(STDOUT_FILENO, bytes, got) < 0)
                return;
            got = sizeof bytes;
        }
    }
}

int main(int argc, char **argv)
{
    if (argc == 6 && strcmp(argv[1], "send") == 0)
        run_sender(argv + 2);
    else if (argc == 3 && strcmp(argv[1], "listen") == 0)
        run_listener(argv + 2);
    else {
        fprintf(stderr, "usage: norm send INTERFACE BLOCK PARITY AHEAD | norm listen INTERFACE\n");
        return 2;
    }
    return 0;
}
