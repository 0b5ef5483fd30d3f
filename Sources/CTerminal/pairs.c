// Colour pairs are never changed one by one: ncurses then searches the whole screen for each, some
// 10 us, where a new pair takes 0.3. When they run out, all are taken back at once and the
// screen is written anew.

#define _XOPEN_SOURCE_EXTENDED 1
#define _GNU_SOURCE 1
#define _DARWIN_C_SOURCE 1
#define NCURSES_WIDECHAR 1

#include "pairs.h"

#include <stdint.h>
#include <stdlib.h>

// ncurses 6.1 brought pairs beyond 32767 and a way to take all back.
#if defined(NCURSES_EXT_COLORS) && NCURSES_EXT_COLORS && \
    (NCURSES_VERSION_MAJOR > 6 || (NCURSES_VERSION_MAJOR == 6 && NCURSES_VERSION_MINOR >= 1))
#define HAS_EXTENDED_PAIRS 1
#else
#define HAS_EXTENDED_PAIRS 0
#endif

// ncurses keeps the pairs in a tree and copies it as it grows: with 262,144 of them a full frame of
// 120 x 40 new colours took 8 ms and every twentieth 40, with twice the screen's cells 7 and 7. To take
// all back costs a whole screen's bytes, though: over a network these allow about forty
// keys before that.
enum { MOST_PAIRS = 0x10000, USUAL_PAIRS = 0x7fff };

struct entry {
  uint64_t colours;
  int32_t pair;
};

static struct entry *table;  // open addressing, twice as many slots as pairs
static uint32_t slots;
static int limit, next_pair, has_run_out;

static void forget_all(void) {
  for (uint32_t i = 0; i < slots; i++) table[i].pair = 0;
  next_pair = 1;
  has_run_out = 0;
}

void ct_pairs_open(int count) {
  limit = count > MOST_PAIRS ? MOST_PAIRS : count;
  if (!HAS_EXTENDED_PAIRS && limit > 32767) limit = 32767;
  slots = 16;
  while (slots < 2u * (uint32_t)(limit > 0 ? limit : 1)) slots *= 2;
  table = malloc(slots * sizeof *table);
  if (!table) {
    slots = 0;
    limit = 0;
  }
  forget_all();
}

void ct_pairs_close(void) {
  free(table);
  table = NULL;
  slots = 0;
  limit = 0;
}

int ct_pairs_suffice(int cells, int cells_on_screen) {
  // A terminal with few pairs has few colours too, and mostly needs no pair that is not given.
  if (limit < USUAL_PAIRS) return !has_run_out;
  int enough = 2 * cells_on_screen > USUAL_PAIRS ? 2 * cells_on_screen : USUAL_PAIRS;
  return next_pair + cells <= (enough < limit ? enough : limit);
}

int ct_pairs_reset(void) {
  if (next_pair <= 1) return 0;
#if HAS_EXTENDED_PAIRS
  reset_color_pairs();
#endif
  forget_all();
  return 1;
}

int ct_pair(int foreground, int background) {
  if (foreground < 0 && background < 0) return 0;
  if (!table) return 0;
  uint64_t colours = (uint64_t)(uint32_t)foreground << 32 | (uint32_t)background;
  uint64_t mixed = colours * 0x9E3779B97F4A7C15u;
  uint32_t slot = (uint32_t)(mixed >> 32) & (slots - 1);
  while (table[slot].pair) {
    if (table[slot].colours == colours) return table[slot].pair;
    slot = (slot + 1) & (slots - 1);
  }
  if (next_pair >= limit) {
    has_run_out = 1;
    return 0;
  }
#if HAS_EXTENDED_PAIRS
  if (init_extended_pair(next_pair, foreground, background) != OK) return 0;
#else
  if (init_pair((short)next_pair, (short)foreground, (short)background) != OK) return 0;
#endif
  table[slot].colours = colours;
  table[slot].pair = next_pair;
  return next_pair++;
}

int ct_set_cell(cchar_t *cell, const wchar_t *text, attr_t attributes, int pair) {
#if HAS_EXTENDED_PAIRS
  // The short parameter would cut the number; the pointer carries all of it.
  return setcchar(cell, text, attributes, (short)(pair > 32767 ? 32767 : pair), &pair);
#else
  return setcchar(cell, text, attributes, (short)pair, NULL);
#endif
}
