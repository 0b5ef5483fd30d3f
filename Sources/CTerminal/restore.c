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

static char restore_bytes[1024];
static size_t restore_length;
static int modes_handle = -1;
static struct termios former_modes;
static int has_modes;
static atomic_int is_entered, must_end;

static atomic_int signal_handle = -1;
static atomic_int held_errors = -1, true_errors = -1;

static const int told_signals[] = {SIGWINCH, SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGCONT};
// Faults, and what else ends a program that does not ask for it.
static const int crash_signals[] = {
    SIGSEGV,   SIGBUS,  SIGILL,  SIGFPE,  SIGTRAP, SIGABRT, SIGSYS,    SIGUSR1, SIGUSR2,
    SIGALRM,   SIGPROF, SIGXCPU, SIGXFSZ, SIGPIPE, SIGVTALRM,
#ifdef __linux__
    SIGPOLL,   SIGPWR,  SIGSTKFLT,
#endif
};
enum { FAULTS = 4 };  // of them, those that come again where they came
enum { TOLD = sizeof told_signals / sizeof told_signals[0] };
enum { CRASHES = sizeof crash_signals / sizeof crash_signals[0] };
static struct sigaction former_told[TOLD], former_crash[CRASHES];
static int is_catching;
// Whether a crash is handed on to the handler before ours. Swift's asks at the terminal what to do
// and waits there, unless it is told not to.
static int hands_crashes_on;

void ct_prepare_restore(const char *bytes, size_t length) {
  static int is_registered;
  if (length > sizeof restore_bytes) length = sizeof restore_bytes;
  memcpy(restore_bytes, bytes, length);
  restore_length = length;
  if (!is_registered) is_registered = atexit(ct_restore_now) == 0;
}

void ct_mark_entered(int entered) { atomic_store(&is_entered, entered); }

int ct_must_end(void) { return atomic_load(&must_end); }

void ct_keep_modes(int input, int output) {
  modes_handle = isatty(input) ? input : output;
  has_modes = tcgetattr(modes_handle, &former_modes) == 0;
}

void ct_set_modes(void) {
  if (!has_modes) return;
  struct termios modes = former_modes;
  modes.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | IGNCR | INLCR | ISTRIP | IXON | PARMRK);
  modes.c_oflag &= ~(tcflag_t)OPOST;
  modes.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | IEXTEN | ISIG);
  modes.c_cc[VMIN] = 1;
  modes.c_cc[VTIME] = 0;
  tcsetattr(modes_handle, TCSANOW, &modes);
}

void ct_reset_modes(void) {
  if (has_modes) tcsetattr(modes_handle, TCSANOW, &former_modes);
}

void ct_restore_now(void) {
  int reason = errno;
  if (atomic_exchange(&is_entered, 0)) {
    ct_write_last(restore_bytes, restore_length);
    ct_reset_modes();
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
    if (!ct_write_most(STDERR_FILENO, 1, bytes, (size_t)count, 200, NULL)) break;
    from += count;
  }
  close(held);
}

static void tell(int signal) {
  int reason = errno;
  char byte = (char)signal;
  if (signal == SIGTERM || signal == SIGHUP || signal == SIGINT || signal == SIGQUIT)
    atomic_store(&must_end, 1);
  int handle = atomic_load(&signal_handle);
  if (handle >= 0) {
    ssize_t count = write(handle, &byte, 1);
    (void)count;  // a full pipe has told enough
  }
  errno = reason;
}

// Swift's arrays abort where they get no memory; the allocator has left its reason behind. Memory
// for a line may not be had either, so it is written from here.
static void end_if_without_memory(void) {
  if (errno != ENOMEM) return;
  static const char line[] = "perceiver-tui: out of memory: the system refuses more\n";
  ct_restore_now();
  ssize_t count = write(STDERR_FILENO, line, sizeof line - 1);
  (void)count;
  _exit(70);  // EX_SOFTWARE, as where a tensor gets none
}

static void aborted(int signal) {
  end_if_without_memory();
  struct sigaction usual;
  memset(&usual, 0, sizeof usual);
  sigemptyset(&usual.sa_mask);
  usual.sa_handler = SIG_DFL;
  sigaction(signal, &usual, NULL);
  raise(signal);
}

void ct_catch_abort(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  sigemptyset(&action.sa_mask);
  action.sa_handler = aborted;
  sigaction(SIGABRT, &action, NULL);
}

static void crash(int signal, siginfo_t *info, void *context) {
  (void)context;
  if (signal == SIGABRT) end_if_without_memory();
  ct_restore_now();
  struct sigaction next;
  memset(&next, 0, sizeof next);
  sigemptyset(&next.sa_mask);
  next.sa_handler = SIG_DFL;
  int is_fault = 0;
  for (int i = 0; i < CRASHES; i++) {
    if (crash_signals[i] != signal) continue;
    is_fault = i < FAULTS;
    sigaction(signal, hands_crashes_on ? &former_crash[i] : &next, NULL);
  }
  if ((is_fault || signal == SIGTRAP || signal == SIGABRT) && !hands_crashes_on) {
    static const char line[] =
        "perceiver-tui: ended by a fault of its own; with SWIFT_BACKTRACE=enable=yes,interactive=no "
        "it says where\n";
    ssize_t count = write(STDERR_FILENO, line, sizeof line - 1);
    (void)count;
  }
  // A fault comes again by itself where this returns to, now to its former handler; what was
  // sent must be sent again.
  if (is_fault && info != NULL && info->si_code > 0) return;
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
  atomic_store(&must_end, 0);
  const char *wish = getenv("SWIFT_BACKTRACE");
  hands_crashes_on = wish != NULL && strstr(wish, "interactive=no") != NULL;
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
  for (int i = 0; i < CRASHES; i++) {
    sigaction(crash_signals[i], NULL, &former_crash[i]);
    // What is ignored, as PIPE is, stays ignored.
    if (former_crash[i].sa_handler == SIG_IGN) continue;
    sigaction(crash_signals[i], &action, NULL);
  }
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
