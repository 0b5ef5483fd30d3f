// Signals, and the terminal's restoring by whoever comes to the end first: an exit, a signal, a
// crash. What runs in handlers uses only what POSIX allows there.

#define _GNU_SOURCE 1
#define _DARWIN_C_SOURCE 1

#include "CTerminal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "state.h"

static char restore_bytes[512];
static size_t restore_length;
static int restore_handle = -1;
static struct termios former_modes;
static int has_modes;
static atomic_int is_entered;

static atomic_int signal_handle = -1;
static atomic_int held_errors = -1, true_errors = -1;

static const int told_signals[] = {SIGWINCH, SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGCONT};
static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT};
enum { TOLD = sizeof told_signals / sizeof told_signals[0] };
enum { CRASHES = sizeof crash_signals / sizeof crash_signals[0] };
static struct sigaction former_told[TOLD], former_crash[CRASHES];
static int is_catching;

static void write_all(int handle, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t count = write(handle, bytes, length);
    if (count > 0) {
      bytes += count;
      length -= (size_t)count;
    } else if (count < 0 && errno != EINTR) {
      return;
    }
  }
}

void ct_prepare_restore(int output, const char *bytes, size_t length) {
  static int is_registered;
  if (length > sizeof restore_bytes) length = sizeof restore_bytes;
  memcpy(restore_bytes, bytes, length);
  restore_length = length;
  restore_handle = output;
  if (!is_registered) is_registered = atexit(ct_restore_now) == 0;
}

void ct_mark_entered(int entered) { atomic_store(&is_entered, entered); }

void ct_keep_modes(int handle) { has_modes = tcgetattr(handle, &former_modes) == 0; }

void ct_restore_now(void) {
  int reason = errno;
  if (atomic_exchange(&is_entered, 0)) {
    write_all(restore_handle, restore_bytes, restore_length);
    if (has_modes) tcsetattr(restore_handle, TCSANOW, &former_modes);
  }
  ct_release_errors();
  errno = reason;
}

void ct_hold_errors(void) {
  if (atomic_load(&held_errors) >= 0 || !isatty(STDERR_FILENO)) return;
  FILE *file = tmpfile();
  if (!file) return;
  int held = fcntl(fileno(file), F_DUPFD_CLOEXEC, 3);
  fclose(file);
  int former = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  if (held < 0 || former < 0 || dup2(held, STDERR_FILENO) < 0) {
    if (held >= 0) close(held);
    if (former >= 0) close(former);
    return;
  }
  atomic_store(&true_errors, former);
  atomic_store(&held_errors, held);
}

void ct_release_errors(void) {
  int held = atomic_exchange(&held_errors, -1);
  if (held < 0) return;
  int former = atomic_exchange(&true_errors, -1);
  dup2(former, STDERR_FILENO);
  close(former);
  char bytes[1024];
  off_t from = 0;
  for (;;) {
    ssize_t count = pread(held, bytes, sizeof bytes, from);
    if (count <= 0) break;
    write_all(STDERR_FILENO, bytes, (size_t)count);
    from += count;
  }
  close(held);
}

static void tell(int signal) {
  int reason = errno;
  char byte = (char)signal;
  int handle = atomic_load(&signal_handle);
  if (handle >= 0) {
    ssize_t count = write(handle, &byte, 1);
    (void)count;  // a full pipe has told enough
  }
  errno = reason;
}

static void crash(int signal, siginfo_t *info, void *context) {
  (void)context;
  ct_restore_now();
  for (int i = 0; i < CRASHES; i++)
    if (crash_signals[i] == signal) sigaction(signal, &former_crash[i], NULL);
  // A fault comes again by itself where this returns to, now to its former handler; what was
  // sent must be sent again.
  if (info != NULL && info->si_code > 0 && signal != SIGTRAP && signal != SIGABRT) return;
  sigset_t this_one;
  sigemptyset(&this_one);
  sigaddset(&this_one, signal);
  pthread_sigmask(SIG_UNBLOCK, &this_one, NULL);
  raise(signal);
  // A handler that only reports, as Swift's does, leaves the end to a fault that never comes again.
  struct sigaction usual;
  memset(&usual, 0, sizeof usual);
  sigemptyset(&usual.sa_mask);
  usual.sa_handler = SIG_DFL;
  sigaction(signal, &usual, NULL);
  raise(signal);
}

int ct_catch_signals(int handle) {
  if (is_catching) return 0;
  atomic_store(&signal_handle, handle);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  sigemptyset(&action.sa_mask);
  action.sa_handler = tell;
  action.sa_flags = SA_RESTART;
  for (int i = 0; i < TOLD; i++) {
    sigaction(told_signals[i], NULL, &former_told[i]);
    // What nohup had ignored stays ignored.
    if (told_signals[i] == SIGHUP && former_told[i].sa_handler == SIG_IGN) continue;
    sigaction(told_signals[i], &action, NULL);
  }

  // A stack overflow leaves no stack to handle it on; threads started by the runtime have theirs.
  static char spare_stack[64 * 1024];
  stack_t current;
  if (sigaltstack(NULL, &current) == 0 && (current.ss_flags & SS_DISABLE)) {
    stack_t spare = {.ss_sp = spare_stack, .ss_size = sizeof spare_stack};
    sigaltstack(&spare, NULL);
  }
  memset(&action, 0, sizeof action);
  sigemptyset(&action.sa_mask);
  action.sa_sigaction = crash;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  for (int i = 0; i < CRASHES; i++) sigaction(crash_signals[i], &action, &former_crash[i]);
  is_catching = 1;
  return 1;
}

void ct_release_signals(void) {
  if (!is_catching) return;
  for (int i = 0; i < TOLD; i++) sigaction(told_signals[i], &former_told[i], NULL);
  for (int i = 0; i < CRASHES; i++) sigaction(crash_signals[i], &former_crash[i], NULL);
  atomic_store(&signal_handle, -1);
  is_catching = 0;
}

void ct_stop(void) {
  struct sigaction usual, ours;
  memset(&usual, 0, sizeof usual);
  sigemptyset(&usual.sa_mask);
  usual.sa_handler = SIG_DFL;
  sigaction(SIGTSTP, &usual, &ours);
  // To the group, as the terminal does it. Unlike SIGSTOP this is dropped where no shell could
  // make the process go on.
  kill(0, SIGTSTP);
  sigaction(SIGTSTP, &ours, NULL);
}
