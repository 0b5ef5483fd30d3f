// Keys, mouse and pastes: what ncurses knows from terminfo, and the sequences of xterm's kind that
// terminals send whatever their entry says.

#define _XOPEN_SOURCE_EXTENDED 1
#define _GNU_SOURCE 1
#define _DARWIN_C_SOURCE 1
#define NCURSES_WIDECHAR 1

#include "CTerminal.h"

#include <curses.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "state.h"

WINDOW *ct_keys;  // a pad, because reading from a window would also draw it

// Key codes of our own: above those ncurses uses, below what it can hold.
enum {
  CODE_MOUSE = 2000,
  CODE_PASTE_BEGIN,
  CODE_PASTE_END,
  CODE_FOCUS,
  CODE_KEYS = 2100,  // + 8 * ct_key + modifiers
};

enum {
  MOST_PASTE = 1 << 20,
  MOST_REPORT = 4096,
  FUNCTION_KEYS = 12,
  SEQUENCE_WAIT = 50,
  PASTE_WAIT = 500
};

static char *paste;
static size_t paste_length, paste_room;

static void define(const char *sequence, int key, int modifiers) {
  // What terminfo defines stays.
  if (key_defined(sequence) > 0) return;
  define_key(sequence, CODE_KEYS + 8 * key + modifiers);
}

static int modifiers_of(int parameter) {
  int bits = parameter - 1;
  return (bits & 1 ? CT_SHIFT : 0) | (bits & 2 ? CT_ALT : 0) | (bits & 4 ? CT_CONTROL : 0);
}

void ct_define_keys(void) {
  ct_keys = newpad(1, 1);
  if (!ct_keys) return;
  keypad(ct_keys, TRUE);
  nodelay(ct_keys, TRUE);
  meta(ct_keys, TRUE);

  define_key("\033[<", CODE_MOUSE);
  define_key("\033[200~", CODE_PASTE_BEGIN);
  define_key("\033[201~", CODE_PASTE_END);
  define_key("\033[I", CODE_FOCUS);
  define_key("\033[O", CODE_FOCUS);

  static const struct {
    char final;
    int key;
  } lettered[] = {{'A', CT_KEY_UP},   {'B', CT_KEY_DOWN}, {'C', CT_KEY_RIGHT},
                  {'D', CT_KEY_LEFT}, {'H', CT_KEY_HOME}, {'F', CT_KEY_END},
                  {'P', CT_KEY_FUNCTION + 1}, {'Q', CT_KEY_FUNCTION + 2},
                  {'R', CT_KEY_FUNCTION + 3}, {'S', CT_KEY_FUNCTION + 4}};
  static const struct {
    int number;
    int key;
  } numbered[] = {{1, CT_KEY_HOME},          {2, CT_KEY_INSERT},        {3, CT_KEY_DELETE},
                  {4, CT_KEY_END},           {5, CT_KEY_PAGE_UP},       {6, CT_KEY_PAGE_DOWN},
                  {7, CT_KEY_HOME},          {8, CT_KEY_END},           {15, CT_KEY_FUNCTION + 5},
                  {17, CT_KEY_FUNCTION + 6}, {18, CT_KEY_FUNCTION + 7}, {19, CT_KEY_FUNCTION + 8},
                  {20, CT_KEY_FUNCTION + 9}, {21, CT_KEY_FUNCTION + 10},
                  {23, CT_KEY_FUNCTION + 11}, {24, CT_KEY_FUNCTION + 12}};
  char sequence[16];
  for (size_t i = 0; i < sizeof lettered / sizeof lettered[0]; i++) {
    snprintf(sequence, sizeof sequence, "\033O%c", lettered[i].final);
    define(sequence, lettered[i].key, 0);
    if (lettered[i].key < CT_KEY_FUNCTION) {
      snprintf(sequence, sizeof sequence, "\033[%c", lettered[i].final);
      define(sequence, lettered[i].key, 0);
    }
    for (int parameter = 2; parameter <= 8; parameter++) {
      snprintf(sequence, sizeof sequence, "\033[1;%d%c", parameter, lettered[i].final);
      // These replace terminfo's, which give all modifiers other names.
      define_key(sequence, CODE_KEYS + 8 * lettered[i].key + modifiers_of(parameter));
    }
  }
  for (size_t i = 0; i < sizeof numbered / sizeof numbered[0]; i++) {
    snprintf(sequence, sizeof sequence, "\033[%d~", numbered[i].number);
    define(sequence, numbered[i].key, 0);
    for (int parameter = 2; parameter <= 8; parameter++) {
      snprintf(sequence, sizeof sequence, "\033[%d;%d~", numbered[i].number, parameter);
      define_key(sequence, CODE_KEYS + 8 * numbered[i].key + modifiers_of(parameter));
    }
  }
  define("\033[Z", CT_KEY_BACK_TAB, 0);
  define("\033OM", CT_KEY_ENTER, 0);
}

// The rest of a mouse report: button ; column ; row, then M or m.
static int read_mouse(struct ct_event *event) {
  int numbers[3] = {0, 0, 0}, index = 0;
  wtimeout(ct_keys, SEQUENCE_WAIT);
  int done = 0;
  for (int i = 0; i < 24 && !done; i++) {
    wint_t c;
    if (wget_wch(ct_keys, &c) != OK) break;
    if (c >= '0' && c <= '9') {
      if (numbers[index] < 100000) numbers[index] = 10 * numbers[index] + (int)(c - '0');
    } else if (c == ';' && index < 2) {
      index++;
    } else {
      done = index == 2 && (c == 'M' || c == 'm');
      event->released = c == 'm';
      break;
    }
  }
  nodelay(ct_keys, TRUE);
  if (!done || numbers[1] < 1 || numbers[2] < 1) return 0;
  int buttons = numbers[0];
  event->kind = CT_EVENT_MOUSE;
  event->modifiers = (buttons & 4 ? CT_SHIFT : 0) | (buttons & 8 ? CT_ALT : 0) |
                     (buttons & 16 ? CT_CONTROL : 0);
  event->value = (uint32_t)(buttons & ~(4 | 8 | 16));
  event->x = numbers[1] - 1;
  event->y = numbers[2] - 1;
  return 1;
}

static void append_to_paste(wint_t c) {
  char bytes[4];
  size_t count;
  uint32_t scalar = c == '\r' ? '\n' : (uint32_t)c;
  if (scalar < 0x80) {
    bytes[0] = (char)scalar;
    count = 1;
  } else if (scalar < 0x800) {
    bytes[0] = (char)(0xC0 | scalar >> 6);
    bytes[1] = (char)(0x80 | (scalar & 0x3F));
    count = 2;
  } else if (scalar < 0x10000) {
    bytes[0] = (char)(0xE0 | scalar >> 12);
    bytes[1] = (char)(0x80 | (scalar >> 6 & 0x3F));
    bytes[2] = (char)(0x80 | (scalar & 0x3F));
    count = 3;
  } else {
    bytes[0] = (char)(0xF0 | scalar >> 18);
    bytes[1] = (char)(0x80 | (scalar >> 12 & 0x3F));
    bytes[2] = (char)(0x80 | (scalar >> 6 & 0x3F));
    bytes[3] = (char)(0x80 | (scalar & 0x3F));
    count = 4;
  }
  if (paste_length + count > MOST_PASTE) return;
  if (paste_length + count > paste_room) {
    size_t room = paste_room ? 2 * paste_room : 4096;
    char *larger = realloc(paste, room);
    if (!larger) return;
    paste = larger;
    paste_room = room;
  }
  memcpy(paste + paste_length, bytes, count);
  paste_length += count;
}

static void read_paste(struct ct_event *event) {
  paste_length = 0;
  // An end that never comes must not hold the program.
  wtimeout(ct_keys, PASTE_WAIT);
  for (;;) {
    wint_t c;
    int kind = wget_wch(ct_keys, &c);
    if (kind == ERR || (kind == KEY_CODE_YES && c == CODE_PASTE_END)) break;
    if (kind == OK) append_to_paste(c);
  }
  nodelay(ct_keys, TRUE);
  event->kind = CT_EVENT_PASTE;
}

static int set_key(struct ct_event *event, int key, int modifiers) {
  event->kind = CT_EVENT_KEY;
  event->value = (uint32_t)key;
  event->modifiers = modifiers;
  return 1;
}

// Fills an event from a key code; returns 0 for codes that are nothing to us.
static int take_key(struct ct_event *event, int code) {
  if (code >= CODE_KEYS) return set_key(event, (code - CODE_KEYS) / 8, (code - CODE_KEYS) % 8);
  if (code > KEY_F0 && code <= KEY_F0 + 63) {
    // terminfo numbers F1 with Shift as F13, with Ctrl as F25, and so on.
    static const int held[] = {0, CT_SHIFT, CT_CONTROL, CT_CONTROL | CT_SHIFT, CT_ALT,
                               CT_ALT | CT_SHIFT};
    int number = code - KEY_F0 - 1;
    return set_key(event, CT_KEY_FUNCTION + 1 + number % FUNCTION_KEYS,
                   held[number / FUNCTION_KEYS]);
  }
  switch (code) {
    case CODE_MOUSE: return read_mouse(event);
    case CODE_PASTE_BEGIN: read_paste(event); return 1;
    case KEY_LEFT: return set_key(event, CT_KEY_LEFT, 0);
    case KEY_RIGHT: return set_key(event, CT_KEY_RIGHT, 0);
    case KEY_UP: return set_key(event, CT_KEY_UP, 0);
    case KEY_DOWN: return set_key(event, CT_KEY_DOWN, 0);
    case KEY_SLEFT: return set_key(event, CT_KEY_LEFT, CT_SHIFT);
    case KEY_SRIGHT: return set_key(event, CT_KEY_RIGHT, CT_SHIFT);
    case KEY_SR: return set_key(event, CT_KEY_UP, CT_SHIFT);
    case KEY_SF: return set_key(event, CT_KEY_DOWN, CT_SHIFT);
    case KEY_A1:
    case KEY_HOME: return set_key(event, CT_KEY_HOME, 0);
    case KEY_SHOME: return set_key(event, CT_KEY_HOME, CT_SHIFT);
    case KEY_C1:
    case KEY_END:
    case KEY_LL: return set_key(event, CT_KEY_END, 0);
    case KEY_SEND: return set_key(event, CT_KEY_END, CT_SHIFT);
    case KEY_A3:
    case KEY_PPAGE: return set_key(event, CT_KEY_PAGE_UP, 0);
    case KEY_C3:
    case KEY_NPAGE: return set_key(event, CT_KEY_PAGE_DOWN, 0);
    case KEY_IC: return set_key(event, CT_KEY_INSERT, 0);
    case KEY_DC: return set_key(event, CT_KEY_DELETE, 0);
    case KEY_BACKSPACE: return set_key(event, CT_KEY_BACKSPACE, 0);
    case KEY_BTAB: return set_key(event, CT_KEY_BACK_TAB, 0);
    case KEY_ENTER: return set_key(event, CT_KEY_ENTER, 0);
    default: return 0;
  }
}

// After Escape and ]: takes what a terminal reports of itself (number ; text, up to BEL or ST), whose
// letters are no keys. Returns 0, having taken nothing, where no number follows: Alt was held.
static int skip_report(void) {
  wint_t c;
  wtimeout(ct_keys, SEQUENCE_WAIT);
  int kind = wget_wch(ct_keys, &c);
  int is_report = kind == OK && c >= '0' && c <= '9';
  if (kind == OK && !is_report) unget_wch((wchar_t)c);
  for (int i = 0; is_report && i < MOST_REPORT; i++) {
    kind = wget_wch(ct_keys, &c);
    if (kind == ERR || (kind == OK && c == 7)) break;
    if (kind == OK && c == 27) {
      // ST is Escape and a backslash.
      (void)wget_wch(ct_keys, &c);
      break;
    }
  }
  nodelay(ct_keys, TRUE);
  return is_report;
}

void ct_read(struct ct_event *event) {
  memset(event, 0, sizeof *event);
  if (!ct_keys) return;
  for (;;) {
    wint_t c;
    int kind = wget_wch(ct_keys, &c);
    if (kind == ERR) return;
    if (kind == KEY_CODE_YES) {
      if (take_key(event, (int)c)) return;
      continue;
    }
    event->kind = CT_EVENT_CHARACTER;
    event->value = (uint32_t)c;
    if (c != 27) return;
    // Alt sends Escape before the key; ncurses has waited for the rest of a sequence already.
    kind = wget_wch(ct_keys, &c);
    if (kind == ERR) return;
    if (kind == OK) {
      if (c == ']' && skip_report()) {
        memset(event, 0, sizeof *event);
        continue;
      }
      event->value = (uint32_t)c;
      event->modifiers = CT_ALT;
      return;
    }
    if (take_key(event, (int)c)) {
      if (event->kind == CT_EVENT_KEY) event->modifiers |= CT_ALT;
      return;
    }
  }
}

const char *ct_paste(size_t *length) {
  *length = paste_length;
  return paste;
}
