/* pass FROM TO: hands on what it reads at once, as little as can stand between two sockets. FROM is a port,
 * of which one connection is taken, TO is an address and a port as 10.0.0.1:7000; `-` is standard input and
 * output. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "bench.h"

static int take_one(const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)bench_number(port))};
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 1) < 0)
        bench_fail(port);
    fprintf(stderr, "listening\n");
    return accept(fd, NULL, NULL);
}

static int dial(const char *name)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    char host[INET_ADDRSTRLEN + 1];
    const char *colon = strchr(name, ':');
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

    if (!colon || (size_t)(colon - name) >= sizeof host) {
        fprintf(stderr, "pass: %s: not an address and a port\n", name);
        exit(2);
    }
    memcpy(host, name, (size_t)(colon - name));
    host[colon - name] = '\0';
    address.sin_port = htons((uint16_t)bench_number(colon + 1));
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1 || fd < 0 ||
        connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        bench_fail(name);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

int main(int argc, char **argv)
{
    char bytes[65536];
    ssize_t got;

    if (argc != 3) {
        fprintf(stderr, "usage: pass FROM TO\n");
        return 2;
    }
    int to = strcmp(argv[2], "-") == 0 ? STDOUT_FILENO : dial(argv[2]);
    int from = strcmp(argv[1], "-") == 0 ? STDIN_FILENO : take_one(argv[1]);
    while ((got = read(from, bytes, sizeof bytes)) > 0)
        if (write(to, bytes, (size_t)got) != got)
            bench_fail(argv[2]);
    return 0;
}
