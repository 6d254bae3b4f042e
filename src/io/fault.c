#include "fault.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define PASSING_US UINT64_C(3000000) /* then it does not pass by itself */
#define WORKS_US   UINT64_C(1000000) /* without a failure */

/* An IPv6 address that is still being checked for duplicates (RFC 4862) cannot send yet, an interface that is
 * gone will be found to be, and one that is slow takes some of what it is given. */
static bool will_pass(int error)
{
    return error == EADDRNOTAVAIL || error == ENODEV || error == EAGAIN || error == ENOBUFS;
}

static enum fault_news note_good(struct fault *fault, uint64_t now_us)
{
    bool news = fault->told != 0;

    fault->error = 0;
    if (news && now_us < fault->last_us + WORKS_US)
        return FAULT_NONE;
    fault->told = 0;
    return news ? FAULT_WORKS : FAULT_NONE;
}

enum fault_news fault_note(struct fault *fault, int error, uint64_t now_us)
{
    if (error == 0)
        return note_good(fault, now_us);
    if (fault->error != error)
        fault->since_us = now_us;
    fault->error = error;
    fault->last_us = now_us;
    if (fault->told == error || (will_pass(error) && now_us < fault->since_us + PASSING_US))
        return FAULT_NONE;
    fault->told = error;
    return FAULT_FAILS;
}

void fault_advice(int error, unsigned first_port, unsigned last_port, char *out, size_t size)
{
    const char *advice = "";

    if (error == EPERM || error == EACCES) {
        snprintf(out, size, " (a firewall on this host? it must let UDP ports %u to %u out)", first_port,
                 last_port);
        return;
    }
    if (error == ENETUNREACH || error == ENETDOWN)
        advice = " (is the network up?)";
    else if (error == EHOSTUNREACH)
        advice = " (on macOS: may this program use the local network? see Privacy & Security)";
    else if (error == ENOBUFS)
        advice = " (the interface takes no more: is its link good?)";
    else if (error == EADDRNOTAVAIL)
        advice = " (has another host the same address?)";
    snprintf(out, size, "%s", advice);
}

void fault_port(const char *interface, unsigned port, int family, int error, const char *follows, char *out,
                size_t size)
{
    snprintf(out, size, "%s: cannot listen on UDP port %u with IPv%c: %s (%s%s)", interface, port,
             family == AF_INET ? '4' : '6', strerror(error),
             error == EADDRINUSE ? "another program holds it; " : "", follows);
}
