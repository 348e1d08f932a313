/* Many viewers of one event stream, and the floor beside them: a server that does nothing but write().
 *
 *   viewers watch PORT PATH COUNT SECONDS   opens COUNT streams, says "open" once all have their head, then counts for
 *                                           SECONDS what arrives and prints one line of JSON
 *   viewers floor PORT RATE BYTES           accepts streams and writes one chunk of BYTES bytes to each, RATE times a second
 *
 * A message says when it was published: "@" and the nanoseconds of CLOCK_MONOTONIC, in decimal, anywhere in its bytes.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define STEP_US 50
#define STEPS 400000 /* 20 s */

struct viewer { int fd, digits, head; uint64_t stamp; };

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + t.tv_nsec;
}

static struct sockaddr_in here(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

static void fail(const char *what) { perror(what); exit(1); }

static uint32_t late[STEPS];
static uint64_t stamps, bytes, messages, from_ns;

static void stamped(uint64_t stamp, uint64_t now) {
  if (stamp < from_ns) return;
  uint64_t step = (now - stamp) / (STEP_US * 1000u);
  late[step < STEPS ? step : STEPS - 1]++;
  stamps++;
}

/* Finds the stamps of what a viewer has read; one may be cut anywhere. */
static void scan(struct viewer *v, const char *data, ssize_t size, uint64_t now) {
  const char *end = data + size;
  while (data < end) {
    if (!v->digits) {
      data = memchr(data, '@', end - data);
      if (!data) return;
      data++;
      v->digits = 1;
      v->stamp = 0;
      continue;
    }
    if (*data >= '0' && *data <= '9') {
      v->stamp = v->stamp * 10 + (*data++ - '0');
      continue;
    }
    stamped(v->stamp, now);
    v->digits = 0;
  }
}

static double at_share(double share) {
  uint64_t wanted = (uint64_t)(share * stamps), seen = 0;
  for (int i = 0; i < STEPS; i++)
    if ((seen += late[i]) > wanted) return i * STEP_US / 1000.0;
  return 0;
}

static void watch(int port, const char *path, int count, double seconds) {
  struct viewer *viewers = calloc(count, sizeof *viewers);
  struct sockaddr_in address = here(port);
  struct epoll_event events[512];
  static char buffer[65536], request[512];
  int epoll = epoll_create1(0), open = 0;
  snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n", path);
  for (int i = 0; i < count; i++) {
    int fd = viewers[i].fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) fail("connect");
    if (write(fd, request, strlen(request)) < 0) fail("write");
    fcntl(fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &viewers[i]};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    if (i % 50 == 49) usleep(5000); /* no flood: what is measured comes later */
  }
  uint64_t until = now_ns() + 60000000000u;
  from_ns = UINT64_MAX;
  while (now_ns() < until) {
    int found = epoll_wait(epoll, events, 512, 100);
    for (int i = 0; i < found; i++) {
      struct viewer *v = events[i].data.ptr;
      ssize_t size = read(v->fd, buffer, sizeof buffer);
      if (size == 0) { fprintf(stderr, "a stream ended\n"); exit(1); }
      if (size < 0) continue;
      if (!v->head) { v->head = 1; open++; }
      if (from_ns != UINT64_MAX) { bytes += size; messages++; }
      scan(v, buffer, size, now_ns());
    }
    if (open == count && from_ns == UINT64_MAX) {
      printf("open\n");
      fflush(stdout);
      usleep(500000); /* whatever came while they were opened is behind us */
      from_ns = now_ns();
      until = from_ns + (uint64_t)(seconds * 1e9);
      printf("begin\n");
      fflush(stdout);
    }
  }
  if (open < count) { fprintf(stderr, "%d of %d streams opened\n", open, count); exit(1); }
  printf("{\"viewers\": %d, \"stamps\": %llu, \"reads\": %llu, \"bytes\": %llu, \"p50_ms\": %.2f, \"p99_ms\": %.2f}\n", count,
         (unsigned long long)stamps, (unsigned long long)messages, (unsigned long long)bytes, at_share(0.5), at_share(0.99));
}

static void set_int(int fd, int level, int name) {
  int one = 1;
  setsockopt(fd, level, name, &one, sizeof one);
}

static void serve(int port, double rate, int size) {
  struct sockaddr_in address = here(port);
  int listening = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), count = 0;
  static int fds[65536];
  static char request[4096], chunk[65536];
  const char *head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
  set_int(listening, SOL_SOCKET, SO_REUSEADDR);
  if (bind(listening, (struct sockaddr *)&address, sizeof address) || listen(listening, 4096)) fail("bind");
  if (size > 60000) size = 60000;
  printf("ready\n");
  fflush(stdout);
  uint64_t next = now_ns();
  for (;;) {
    int fd;
    while ((fd = accept4(listening, NULL, NULL, 0)) >= 0) {
      set_int(fd, IPPROTO_TCP, TCP_NODELAY);
      if (read(fd, request, sizeof request) > 0 && write(fd, head, strlen(head)) > 0 && count < 65536) fds[count++] = fd;
      fcntl(fd, F_SETFL, O_NONBLOCK);
    }
    int at = snprintf(chunk, sizeof chunk, "%x\r\ndata: @%llu ", size, (unsigned long long)now_ns());
    int start = strchr(chunk, '\n') - chunk + 1;
    memset(chunk + at, 'x', start + size - at);
    memcpy(chunk + start + size, "\r\n", 2);
    for (int i = 0; i < count; i++)
      if (write(fds[i], chunk, start + size + 2) < 0 && errno == EPIPE) exit(0);
    next += (uint64_t)(1e9 / rate);
    struct timespec t = {next / 1000000000u, next % 1000000000u};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
  }
}

int main(int argc, char **argv) {
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  signal(SIGPIPE, SIG_IGN);
  if (argc == 6 && !strcmp(argv[1], "watch")) watch(atoi(argv[2]), argv[3], atoi(argv[4]), atof(argv[5]));
  else if (argc == 5 && !strcmp(argv[1], "floor")) serve(atoi(argv[2]), atof(argv[3]), atoi(argv[4]));
  else return 2;
  return 0;
}
