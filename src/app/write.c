#include "write.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include "lanchat/system.h"

/* A signal ends the wait at once, unless it comes between the look for one and the wait: then so long after.
 */
#define LOOK_MS 100

/* What a pipe takes without waiting, when it can be written to, is PIPE_BUF octets. */
int write_all(int fd, const char *bytes, size_t length)
{
    struct pollfd out = {.fd = fd, .events = POLLOUT};

    while (length > 0) {
        int ready = poll(&out, 1, system_signal() ? 0 : LOOK_MS);
        if (ready < 0 && errno != EINTR && errno != EAGAIN)
            return errno;
        if (ready == 0 && system_signal())
            return EINTR;
        if (ready <= 0)
            continue;
        ssize_t written = write(fd, bytes, length < PIPE_BUF ? length : PIPE_BUF);
        if (written < 0 && errno != EINTR && errno != EAGAIN)
            return errno;
        if (written > 0) {
            bytes += written;
            length -= (size_t)written;
        }
    }
    return 0;
}
