// What ncurses makes, in fewer bytes: it names both colours of a cell whenever one changes, and tells
// a space the colour of its ink. Here only what will be seen and is not set yet goes on.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

enum { INK, GROUND };
enum { LONGEST_COLOUR = 24, LONGEST_SEQUENCE = 96 };

// How the sequence that sets a colour begins and ends (`38;5;100`, `97`, `48:2::1:2:3`); empty where
// nothing is known of it.
static char wanted[2][LONGEST_COLOUR], shown[2][LONGEST_COLOUR];
static const char *const plain[2] = {"39", "49"};
// Whether bold, underlined or the like may be on; whether the terminal was seen to take 39 and 49.
static int has_attributes, takes_plain;
static char letters;  // the set of letters in use, as designated for G0

static char sequence[LONGEST_SEQUENCE];  // what has come of an escape sequence
static size_t sequence_length;

static char made[4096];
static size_t made_length;

static void flush(void) {
  ct_write(made, made_length);
  made_length = 0;
}

static void put(const char *bytes, size_t length) {
  if (length > sizeof made - made_length) flush();
  memcpy(made + made_length, bytes, length);
  made_length += length;
}

void ct_forget_look(void) {
  memset(wanted, 0, sizeof wanted);
  memset(shown, 0, sizeof shown);
  has_attributes = 1;
  takes_plain = 0;
  letters = 0;
  sequence_length = 0;
}

static int must_set(int which) {
  return wanted[which][0] && strcmp(wanted[which], shown[which]) != 0;
}

// Sets the colours that are wanted, or of the two the ground alone.
static void set_colours(int first) {
  int sets[2] = {first == INK && must_set(INK), must_set(GROUND)};
  if (!sets[INK] && !sets[GROUND]) return;
  int is_plain[2];
  for (int i = 0; i < 2; i++) is_plain[i] = strcmp(wanted[i], plain[i]) == 0;
  char bytes[2 * LONGEST_COLOUR + 8] = "\033[";
  int is_reset = 0;
  if (is_plain[INK] && is_plain[GROUND] && !has_attributes && (sets[INK] || !takes_plain)) {
    is_reset = 1;
    sets[INK] = sets[GROUND] = 0;
  } else if (!takes_plain && ((sets[INK] && is_plain[INK]) || (sets[GROUND] && is_plain[GROUND]))) {
    // All is put back, and what is left of it set anew. ncurses has switched attributes off by then,
    // as it has no other way either.
    strcat(bytes, "0");
    for (int i = 0; i < 2; i++) sets[i] = wanted[i][0] && !is_plain[i];
    is_reset = 1;
  }
  if (is_reset)
    for (int i = 0; i < 2; i++) strcpy(shown[i], plain[i]);
  for (int i = 0; i < 2; i++) {
    if (!sets[i]) continue;
    if (bytes[2]) strcat(bytes, ";");
    strcat(bytes, wanted[i]);
    strcpy(shown[i], wanted[i]);
  }
  strcat(bytes, "m");
  put(bytes, strlen(bytes));
}

// The end of a parameter, which is the next semicolon or the end.
static const char *end_of(const char *parameter, const char *end) {
  const char *at = memchr(parameter, ';', (size_t)(end - parameter));
  return at ? at : end;
}

// The end of a colour that begins at a parameter, such as 38;5;100; NULL if none does.
static const char *colour_end(const char *parameter, const char *end, int *which) {
  int number = atoi(parameter);
  *which = (number >= 40 && number <= 49) || (number >= 100 && number <= 107) ? GROUND : INK;
  const char *next = end_of(parameter, end);
  int is_basic = (number >= 30 && number <= 37) || (number >= 40 && number <= 47) ||
                 (number >= 90 && number <= 97) || (number >= 100 && number <= 107);
  if (is_basic || number == 39 || number == 49) return next;
  if (number != 38 && number != 48) return NULL;
  if (memchr(parameter, ':', (size_t)(next - parameter))) return next;
  if (next == end) return NULL;
  int more = next[1] == '5' ? 2 : next[1] == '2' ? 4 : 0;
  for (int i = 0; i < more; i++) {
    if (next == end) return NULL;
    next = end_of(next + 1, end);
  }
  return more ? next : NULL;
}

// Takes a sequence that changes how cells look (SGR): colours wait until they are seen. Returns 0 for
// one that is not understood.
static int take_look(const char *parameters, const char *end) {
  char rest[LONGEST_SEQUENCE] = "";  // what goes on at once
  const char *at = parameters;
  int is_reset = 0;
  while (1) {
    int which, number = atoi(at);
    const char *next = colour_end(at, end, &which);
    if (next) {
      if (next - at >= LONGEST_COLOUR) return 0;
      memcpy(wanted[which], at, (size_t)(next - at));
      wanted[which][next - at] = 0;
      takes_plain |= number == 39 || number == 49;
    } else {
      if (number >= 30) return 0;
      next = end_of(at, end);
      if (number == 0) {
        for (int i = 0; i < 2; i++) strcpy(wanted[i], plain[i]);
        if (has_attributes) {
          strcpy(rest, "0");
          is_reset = 1;
          for (int i = 0; i < 2; i++) strcpy(shown[i], plain[i]);
        }
        has_attributes = 0;
      } else {
        // What cannot be set back without the attributes is set back before they are on.
        if (!takes_plain && !has_attributes && !is_reset) set_colours(INK);
        if (rest[0]) strcat(rest, ";");
        strncat(rest, at, (size_t)(next - at));
        if (number < 10) has_attributes = 1;
      }
    }
    if (next == end) break;
    at = next + 1;
  }
  if (!rest[0]) return 1;
  put("\033[", 2);
  if (strcmp(rest, "0") != 0) put(rest, strlen(rest));
  put("m", 1);
  return 1;
}

// Takes a whole sequence: ESC, and what follows it.
static void take_sequence(void) {
  char last = sequence[sequence_length - 1];
  if (sequence[1] == '(') {
    if (letters != last) put(sequence, sequence_length);
    letters = last;
    return;
  }
  if (sequence[1] != '[') {
    set_colours(INK);
    put(sequence, sequence_length);
    // It may put anything back.
    ct_forget_look();
    return;
  }
  int is_private = sequence[2] >= '<' && sequence[2] <= '?';
  if (last == 'm' && !is_private) {
    char parameters[LONGEST_SEQUENCE];
    size_t length = sequence_length - 3;
    memcpy(parameters, sequence + 2, length);
    parameters[length] = 0;
    if (take_look(parameters, parameters + length)) return;
    set_colours(INK);
    put(sequence, sequence_length);
    ct_forget_look();
    return;
  }
  // Moving the cursor shows nothing, erasing shows the ground.
  if (is_private || !strchr("ABCDGHd`", last))
    set_colours(is_private || has_attributes || !strchr("JKXP@LMST", last) ? INK : GROUND);
  put(sequence, sequence_length);
  // Beside those of ECMA-48 some have letters of their own for colours.
  if (!is_private && !strchr("ABCDEFGHIJKLMPSTXZ@`abcdfghlnqrt", last)) ct_forget_look();
}

static void take_byte(char byte) {
  if (sequence_length == 0) {
    if (byte == 033)
      sequence[sequence_length++] = byte;
    else {
      if (byte == ' ')
        set_colours(has_attributes ? INK : GROUND);
      else if (byte != '\r' && byte != '\b' && byte != 016 && byte != 017)
        set_colours(INK);
      put(&byte, 1);
    }
    return;
  }
  sequence[sequence_length++] = byte;
  int is_control = sequence[1] == '[';
  int is_whole = sequence_length == 2 ? !strchr("[()*+ #%", byte)
                 : is_control         ? byte >= '@' && byte <= '~'
                                      : 1;
  if (is_whole) {
    take_sequence();
    sequence_length = 0;
  } else if (sequence_length == sizeof sequence) {
    // Longer than any that is understood.
    set_colours(INK);
    put(sequence, sequence_length);
    ct_forget_look();
  }
}

void ct_write_economically(const char *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) take_byte(bytes[i]);
  // Whoever writes next, such as the shell, finds no colours left on.
  if (strcmp(wanted[INK], plain[INK]) == 0 && strcmp(wanted[GROUND], plain[GROUND]) == 0)
    set_colours(INK);
  flush();
}
