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
static volatile sig_atomic_t signal_came, resized, stop_wanted, continued;
static void (*give_back_terminal)(void);

static void wake(void)
{
    int saved = errno;

    if (write(signal_pipe[1], "", 1) < 0) /* full: it is readable as it is */
        errno = saved;
    errno = saved;
}

static void note(int signal)
{
    if (!signal_came)
        signal_came = signal;
    wake();
}

static void note_of_terminal(int signal)
{
    if (signal == SIGWINCH)
        resized = 1;
    else if (signal == SIGTSTP)
        stop_wanted = 1;
    else
        continued = 1;
    wake();
}

/* The signal does then what it does by default. */
static void die(int signal)
{
    give_back_terminal();
    raise(signal);
}

static bool set_up(int fd)
{
    return fcntl(fd, F_SETFL, O_NONBLOCK) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

static bool handle(const int *signals, size_t count, void (*handler)(int), unsigned flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = (int)flags};

    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < count; i++)
        if (sigaction(signals[i], &action, NULL) != 0)
            return false;
    return true;
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const int ending[] = {SIGINT, SIGTERM, SIGHUP};
static const int of_terminal[] = {SIGWINCH, SIGTSTP, SIGCONT};
static const int deadly[] = {SIGSEGV, SIGBUS,  SIGFPE,  SIGILL,  SIGABRT,   SIGQUIT, SIGSYS,
                             SIGTRAP, SIGALRM, SIGUSR1, SIGUSR2, SIGVTALRM, SIGPROF, SIGXCPU};
static const int ignored[] = {SIGPIPE, SIGXFSZ}; /* what cannot be written is an error there */

int system_signals(void)
{
    if (pipe(signal_pipe) != 0 || !set_up(signal_pipe[0]) || !set_up(signal_pipe[1]) ||
        !handle(ending, COUNT(ending), note, 0) || !handle(ignored, COUNT(ignored), SIG_IGN, 0))
        return -1;
    return signal_pipe[0];
}

/* A stack that has overflowed holds no handler, so that has one of its own. */
static bool set_crash_stack(void)
{
    static char stack[16 * 1024];
    const stack_t own = {.ss_sp = stack, .ss_size = sizeof stack};

    return sigaltstack(&own, NULL) == 0;
}

bool system_terminal_signals(void (*give_back)(void))
{
    give_back_terminal = give_back;
    return set_crash_stack() && handle(of_terminal, COUNT(of_terminal), note_of_terminal, SA_RESTART) &&
           handle(deadly, COUNT(deadly), die, SA_RESETHAND | SA_NODEFER | SA_ONSTACK);
}

static unsigned take(volatile sig_atomic_t *flag, unsigned noted)
{
    if (!*flag) /* one that comes now stays */
        return 0;
    *flag = 0;
    return noted;
}

unsigned system_noted(void)
{
    char octets[64];

    while (read(signal_pipe[0], octets, sizeof octets) == (ssize_t)sizeof octets)
        ;
    return (signal_came ? SYSTEM_END : 0u) | take(&resized, SYSTEM_RESIZED) |
           take(&stop_wanted, SYSTEM_STOP) | take(&continued, SYSTEM_CONTINUED);
}

void system_stop(void)
{
    const int stop[] = {SIGTSTP};

    handle(stop, 1, SIG_DFL, 0);
    kill(0, SIGTSTP);
    handle(stop, 1, note_of_terminal, SA_RESTART);
}

int system_signal(void)
{
    return signal_came;
}

pid_t system_fork(void)
{
    sigset_t all, before;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    pid_t pid = fork();
    int saved = errno;
    if (pid == 0) {
        handle(ending, COUNT(ending), SIG_DFL, 0);
        handle(of_terminal, COUNT(of_terminal), SIG_DFL, 0);
        handle(deadly, COUNT(deadly), SIG_DFL, 0);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = saved;
    return pid;
}

void system_die(int signal)
{
    const int one[] = {signal};

    handle(one, 1, SIG_DFL, 0);
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
