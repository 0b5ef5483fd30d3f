// Opening, closing, sizes and frames: ncurses makes the bytes. How they reach the terminal is in
// output.c, keys are in keys.c, signals and restoring in restore.c.

#define _XOPEN_SOURCE_EXTENDED 1
#define _GNU_SOURCE 1
#define _DARWIN_C_SOURCE 1
#define NCURSES_WIDECHAR 1

#include "CTerminal.h"

#include <curses.h>
#include <term.h>

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "direct_entries.h"
#include "pairs.h"
#include "state.h"

static SCREEN *screen;
static FILE *input_file, *output_file;  // ncurses' own; no terminal is behind them
static int is_utf8;
static int colour_count;
// Whether what lies between two marks may be shown whole (synchronised updates, mode 2026). Terminals
// of the known families know the mode or pass it over.
static int draws_in_one_go;
static char start_bytes[256], stop_bytes[256];

static int is_string(const char *capability) {
  return capability != NULL && capability != (const char *)-1;
}

// Says why a terminal of this type cannot be used; newterm itself does not tell.
static int check_type(const char *type, int output) {
  int reason = 0;
  if (setupterm((char *)type, output, &reason) != OK) {
    if (reason == 1) return CT_CANNOT_ADDRESS;
    return reason == 0 ? CT_UNKNOWN_TYPE : CT_NO_TERMINFO;
  }
  int usable = is_string(tigetstr("cup")) && is_string(tigetstr("clear"));
  del_curterm(cur_term);
  return usable ? CT_OK : CT_CANNOT_ADDRESS;
}

// Opens a screen by an entry carried here, for which TERMINFO stands in a moment.
static SCREEN *new_direct_screen(int family) {
  const char *name, *entry;
  if (family == CT_FAMILY_XTERM) {
    name = "perceiver-xterm-direct";
    entry = perceiver_xterm_direct;
  } else if (family == CT_FAMILY_TMUX) {
    name = "perceiver-tmux-direct";
    entry = perceiver_tmux_direct;
  } else {
    return NULL;
  }
  const char *current = getenv("TERMINFO");
  char *former = current ? strdup(current) : NULL;
  if (current && !former) return NULL;
  setenv("TERMINFO", entry, 1);
  SCREEN *opened = newterm(name, output_file, input_file);
  if (former)
    setenv("TERMINFO", former, 1);
  else
    unsetenv("TERMINFO");
  free(former);
  return opened;
}

static void close_files(void) {
  if (input_file) fclose(input_file);
  if (output_file) fclose(output_file);
  input_file = output_file = NULL;
}

// Appends a terminfo string without its padding ($<5>), which only old hardware needs.
static void append_capability(char *bytes, size_t size, const char *name) {
  const char *capability = tigetstr((char *)name);
  if (!is_string(capability)) return;
  size_t length = strlen(bytes);
  for (const char *c = capability; *c && length + 1 < size; c++) {
    if (c[0] == '$' && c[1] == '<') {
      const char *end = strchr(c, '>');
      if (end) {
        c = end;
        continue;
      }
    }
    bytes[length++] = *c;
  }
  bytes[length] = 0;
}

// Whether the terminal takes the sequence that VT100s have for the rows that scroll.
static int has_ansi_region(void) {
  const char *capability = tigetstr("csr");
  return is_string(capability) && strncmp(capability, "\033[", 2) == 0;
}

// What is written when the screen is taken and given back, beside what ncurses writes.
static void prepare_bytes(void) {
  start_bytes[0] = stop_bytes[0] = 0;
  append_capability(start_bytes, sizeof start_bytes - 64, "smkx");
  if (is_string(tigetstr("kmous"))) {
    // Buttons, drags, positions as numbers; pastes marked as such.
    strcat(start_bytes, "\033[?1000h\033[?1002h\033[?1006h\033[?2004h");
    strcat(stop_bytes, "\033[?2004l\033[?1006l\033[?1002l\033[?1000l");
  }
  append_capability(stop_bytes, sizeof stop_bytes - 8, "rmkx");
  // The rows that scroll may be fewer than the shell's window has by then.
  if (has_ansi_region()) strcat(stop_bytes, "\033[r");

  char restore[768] = "";
  if (draws_in_one_go) strcpy(restore, "\033[?2026l");
  strcat(restore, stop_bytes);
  append_capability(restore, sizeof restore, "sgr0");
  append_capability(restore, sizeof restore, "op");
  append_capability(restore, sizeof restore, "clear");
  append_capability(restore, sizeof restore, "cnorm");
  append_capability(restore, sizeof restore, "rmcup");
  ct_prepare_restore(restore, strlen(restore));
}

// Lets all rows scroll. newterm knows no window's size and sets the rows of the terminal's type, often
// 24: below them the cursor could not be moved down from above. The cursor, which this would put in
// the corner, is kept where it is; ncurses writes past its file's buffer, so this goes out by itself.
static void free_region(void) {
  static const char bytes[] = "\0337\033[r\0338";
  if (has_ansi_region()) ct_write(bytes, sizeof bytes - 1);
}

// Clears the screen and shows the window.
static void show_anew(void) {
  clearok(curscr, TRUE);
  wnoutrefresh(stdscr);
  doupdate();
  ct_forget_look();
  ct_write_made(output_file, 0);
  free_region();
  ct_write(start_bytes, strlen(start_bytes));
  ct_mark_entered(1);
}

int ct_open(const char *type, int input, int output, int width, int height, int colours, int family,
            int carried) {
  if (screen) return CT_REFUSED;
  setlocale(LC_CTYPE, "");
  const char *codeset = nl_langinfo(CODESET);
  is_utf8 = codeset && (strcmp(codeset, "UTF-8") == 0 || strcmp(codeset, "utf8") == 0);

  int status = check_type(type, output);
  int must_carry = (status == CT_UNKNOWN_TYPE || status == CT_NO_TERMINFO) && carried;
  if (status != CT_OK && !must_carry) return status;

  input_file = fopen("/dev/null", "re");
  output_file = ct_memory_file();
  if (!input_file || !output_file || fcntl(input, F_GETFD) < 0 || !ct_open_output(output)) {
    int reason = errno;
    close_files();
    errno = reason;
    return CT_BAD_HANDLE;
  }

  ct_keep_modes(input, output);
  if (colours == CT_COLOURS_DIRECT || must_carry) screen = new_direct_screen(family);
  if (!screen && !must_carry) screen = newterm((char *)type, output_file, input_file);
  if (!screen) {
    close_files();
    ct_close_output();
    return CT_REFUSED;
  }
  set_term(screen);
  // ncurses would put off what is to be shown while it saw input waiting.
  typeahead(-1);
  nonl();
  ct_set_modes();
  curs_set(0);
  leaveok(stdscr, FALSE);
  scrollok(stdscr, FALSE);
  // LINES and COLUMNS, which ncurses heeds, may be left over from another window.
  resizeterm(height, width);

  colour_count = 0;
  if (colours != CT_COLOURS_NONE && has_colors() && start_color() == OK &&
      use_default_colors() == OK) {
    colour_count = COLORS > 0x1000000 ? 0x1000000 : COLORS;
  }
  ct_pairs_open(colour_count ? COLOR_PAIRS : 1);
  draws_in_one_go = family != CT_FAMILY_OTHER;
  prepare_bytes();
  show_anew();
  return CT_OK;
}

void ct_close(void) {
  if (!screen) return;
  ct_leave();
  ct_restore_now();
  delscreen(screen);
  screen = NULL;
  ct_pairs_close();
  close_files();
  ct_close_output();
}

void ct_leave(void) {
  if (!screen) return;
  ct_write(stop_bytes, strlen(stop_bytes));
  curs_set(1);
  // Terminals without another screen would keep ours, and tmux keeps rows added meanwhile. All of
  // it, as the cursor is not where ncurses has left it.
  erase();
  clearok(curscr, TRUE);
  wnoutrefresh(stdscr);
  doupdate();
  endwin();
  ct_write_made(output_file, 0);
  // A terminal that took nothing of this is still to be restored.
  if (ct_is_stalled()) return;
  ct_mark_entered(0);
  ct_reset_modes();
}

void ct_enter(void) {
  if (!screen) return;
  reset_prog_mode();
  ct_set_modes();
  curs_set(0);
  show_anew();
}

int ct_colour_count(void) { return colour_count; }

int ct_is_utf8(void) { return is_utf8; }

int ct_size(int handle, int *width, int *height) {
  struct winsize size;
  if (ioctl(handle, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return 0;
  *width = size.ws_col;
  *height = size.ws_row;
  return 1;
}

int ct_begin_frame(int cells) {
  if (ct_pairs_suffice(cells, LINES * COLS)) return 0;
  return ct_pairs_reset();
}

void ct_put(int x, int y, const uint32_t *scalars, int count, int span, int attributes,
            int foreground, int background) {
  wchar_t text[CCHARW_MAX + 1];
  if (count > CCHARW_MAX) count = CCHARW_MAX;
  for (int i = 0; i < count; i++) text[i] = (wchar_t)scalars[i];
  text[count] = 0;

  attr_t look = A_NORMAL;
  if (attributes & CT_BOLD) look |= A_BOLD;
  if (attributes & CT_DIM) look |= A_DIM;
  if (attributes & CT_UNDERLINE) look |= A_UNDERLINE;
  if (attributes & CT_REVERSE) look |= A_REVERSE;
  int pair = colour_count ? ct_pair(foreground, background) : 0;

  cchar_t cell;
  if (count > 0 && (scalars[0] < 0x7F || wcwidth(text[0]) == span) &&
      ct_set_cell(&cell, text, look, pair) == OK) {
    mvadd_wch(y, x, &cell);
    return;
  }
  if (ct_set_cell(&cell, L"?", look, pair) != OK) return;
  for (int i = 0; i < span; i++) mvadd_wch(y, x + i, &cell);
}

void ct_end_frame(int x, int y) {
  if (x >= 0) {
    move(y, x);
    curs_set(1);
  } else {
    curs_set(0);
  }
  wnoutrefresh(stdscr);
  doupdate();
  ct_write_made(output_file, draws_in_one_go);
}

void ct_repaint(void) { clearok(curscr, TRUE); }

void ct_resize(int width, int height) {
  resizeterm(height, width);
  free_region();
  erase();
  clearok(curscr, TRUE);
}
