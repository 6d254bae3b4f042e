#include "lanchat/system.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

void system_standard_files(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO)
        close(fd);
}

void system_many_files(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static uint64_t clock_us(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

struct node_time system_time(void)
{
    return (struct node_time){clock_us(CLOCK_MONOTONIC), clock_us(CLOCK_REALTIME) / 1000};
}

static bool read_urandom(unsigned char *bytes, size_t length)
{
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);

    while (fd >= 0 && length > 0) {
        ssize_t got = read(fd, bytes, length);
        if (got <= 0 && errno != EINTR)
            break;
        if (got > 0) {
            bytes += got;
            length -= (size_t)got;
        }
    }
    if (fd >= 0)
        close(fd);
    return length == 0;
}

void system_random(void *context, void *bytes, size_t length)
{
    (void)context;
    if (length <= 256 && getentropy(bytes, length) == 0)
        return;
    if (read_urandom(bytes, length))
        return;
    fputs("lanchat: /dev/urandom: no randomness on this system\n", stderr);
    exit(1);
}

/* A handler has no context: what it needs is here. */
static int signal_pipe[2] = {-1, -1};
static volatile sig_atomic_t signal_came;

static void note(int signal)
{
    int saved = errno;

    if (!signal_came)
        signal_came = signal;
    if (write(signal_pipe[1], "", 1) < 0) /* full: it is readable as it is */
        errno = saved;
    errno = saved;
}

static bool set_up(int fd)
{
    return fcntl(fd, F_SETFL, O_NONBLOCK) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

int system_signals(void)
{
    struct sigaction action = {.sa_handler = note};

    if (pipe(signal_pipe) != 0 || !set_up(signal_pipe[0]) || !set_up(signal_pipe[1]))
        return -1;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (sigaction(signals[i], &action, NULL) != 0)
            return -1;
    action.sa_handler = SIG_IGN;
    return sigaction(SIGPIPE, &action, NULL) == 0 ? signal_pipe[0] : -1;
}

int system_signal(void)
{
    return signal_came;
}

pid_t system_fork(void)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t all, before;

    sigemptyset(&action.sa_mask);
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    pid_t pid = fork();
    int saved = errno;
    for (size_t i = 0; pid == 0 && i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &action, NULL);
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = saved;
    return pid;
}

void system_die(int signal)
{
    struct sigaction action = {.sa_handler = SIG_DFL};

    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, NULL);
    raise(signal);
    _exit(128 + signal);
}

bool system_is_root(void)
{
    return geteuid() == 0;
}

bool system_become(const char *user)
{
    const struct passwd *entry;

    errno = 0;
    entry = getpwnam(user);
    return entry && initgroups(user, entry->pw_gid) == 0 && setgid(entry->pw_gid) == 0 &&
           setuid(entry->pw_uid) == 0;
}
