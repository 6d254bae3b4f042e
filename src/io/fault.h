/* What is said of a way to send that fails, and of one that works again: when that changes, not at every try,
 * and with what may be the cause. */
#ifndef LANCHAT_FAULT_H
#define LANCHAT_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of one way. All zero: it works. Microseconds of the monotonic clock. */
struct fault {
    int error; /* errno of the last try */
    int told;  /* that was said; 0: none */
    uint64_t since_us, last_us;
};

enum fault_news {
    FAULT_NONE,
    FAULT_FAILS,
    FAULT_WORKS,
};

/* A try ended so, 0 or an errno. What will pass by itself is news only when it lasts, and a way that works
 * now and then does not work. */
enum fault_news fault_note(struct fault *fault, int error, uint64_t now_us);

#define FAULT_ADVICE_MAX 128

/* " (a firewall on this host? ...)", or nothing. The ports are those that a firewall must let pass. */
void fault_advice(int error, unsigned first_port, unsigned last_port, char *out, size_t size);

/* "eth0: cannot listen on UDP port 55555 with IPv4: why (what follows from that)", of a socket that was to
 * hear what is sent to all. */
void fault_port(const char *interface, unsigned port, int family, int error, const char *follows, char *out,
                size_t size);

#endif
