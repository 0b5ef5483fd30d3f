// How bytes reach the terminal: ncurses writes into memory, and from there they go out as far as
// the terminal takes them, so that one that nobody reads cannot hold the program when it shall end.

#define _GNU_SOURCE 1
#define _DARWIN_C_SOURCE 1

#include "CTerminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include "state.h"

static int handle = -1;
static int never_blocks;
static int is_stalled;
static unsigned long long given;

enum {
  LOOK_AGAIN = 50,     // milliseconds between looks at whether the program shall end
  LAST_PATIENCE = 200, // milliseconds that a terminal has to take what restores it
  SMALL = 128,         // bytes that a terminal which poll calls writable takes without a wait
  AT_ONCE = 256        // bytes that are drawn before anybody could see a part of them
};

FILE *ct_memory_file(void) {
#ifdef __linux__
  int memory = memfd_create("perceiver-tui screen", MFD_CLOEXEC);
  if (memory >= 0) {
    FILE *file = fdopen(memory, "w+");
    if (!file) close(memory);
    return file;
  }
#endif
  return tmpfile();
}

int ct_open_output(int output) {
  is_stalled = 0;
  // Opened once more, because whoever else has the handle, such as the shell, shall not meet a
  // terminal that does not block.
  char name[128];
  never_blocks = 0;
  handle = -1;
  if (isatty(output) && ttyname_r(output, name, sizeof name) == 0)
    handle = open(name, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (handle >= 0)
    never_blocks = 1;
  else
    handle = fcntl(output, F_DUPFD_CLOEXEC, 3);
  return handle >= 0;
}

void ct_close_output(void) {
  if (handle >= 0) close(handle);
  handle = -1;
}

int ct_write_most(int output, int blocks, const char *bytes, size_t length, int patience,
                  int (*must_give_up)(void)) {
  while (length > 0) {
    struct pollfd ready = {.fd = output, .events = POLLOUT};
    int count = poll(&ready, 1, patience);
    if (count < 0 && errno != EINTR) return 0;
    if (count < 0 || (count == 0 && must_give_up && !must_give_up())) continue;
    if (count == 0 || !(ready.revents & POLLOUT)) return 0;
    ssize_t written = write(output, bytes, blocks && length > SMALL ? SMALL : length);
    if (written > 0) {
      bytes += written;
      length -= (size_t)written;
    } else if (written < 0 && errno != EINTR && errno != EAGAIN) {
      return 0;
    }
    if (must_give_up && must_give_up() && written <= 0) return 0;
  }
  return 1;
}

void ct_write(const char *bytes, size_t length) {
  if (handle < 0 || is_stalled) return;
  given += length;
  is_stalled = !ct_write_most(handle, !never_blocks, bytes, length, LOOK_AGAIN, ct_must_end);
}

void ct_send(const char *bytes, size_t length) { ct_write(bytes, length); }

void ct_write_made(FILE *made, int in_one_go) {
  fflush(made);
  int memory = fileno(made);
  off_t length = lseek(memory, 0, SEEK_CUR), from = 0;
  char bytes[16384];
  int is_held = in_one_go && length > AT_ONCE;
  if (is_held) ct_write("\033[?2026h", 8);
  while (from < length) {
    size_t rest = (size_t)(length - from);
    ssize_t count = pread(memory, bytes, rest < sizeof bytes ? rest : sizeof bytes, from);
    if (count <= 0) break;
    ct_write_economically(bytes, (size_t)count);
    from += count;
  }
  if (is_held) ct_write("\033[?2026l", 8);
  lseek(memory, 0, SEEK_SET);
  // Where ncurses stood is told by the place alone; a large frame need not stay in memory.
  if (length > (1 << 20) && ftruncate(memory, 0) != 0) return;
}

unsigned long long ct_bytes_given(void) { return given; }

int ct_is_stalled(void) { return is_stalled; }

void ct_write_last(const char *bytes, size_t length) {
  if (handle < 0) return;
  if (!is_stalled && ct_write_most(handle, !never_blocks, bytes, length, LAST_PATIENCE, NULL))
    return;
  // What waits there unread is dropped, so that what restores the terminal has room; its first byte
  // breaks off whatever was half told.
  tcflush(handle, TCOFLUSH);
  ct_write_most(handle, !never_blocks, bytes, length, LAST_PATIENCE, NULL);
}
