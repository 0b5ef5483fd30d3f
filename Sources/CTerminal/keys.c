// What terminfo and the locale say of what a terminal sends. Swift reads the bytes and makes keys of
// them: see TerminalInputParser.swift.

#define _XOPEN_SOURCE_EXTENDED 1
#define _GNU_SOURCE 1
#define _DARWIN_C_SOURCE 1
#define NCURSES_WIDECHAR 1

#include "CTerminal.h"

#include <curses.h>
#include <term.h>

#include <string.h>
#include <wchar.h>

const char *ct_key_name(int number) {
  for (int i = 0; strnames[i] != NULL; i++)
    if (strnames[i][0] == 'k' && number-- == 0) return strnames[i];
  return NULL;
}

const char *ct_capability(const char *name) {
  const char *bytes = tigetstr((char *)name);
  return bytes == (const char *)-1 ? NULL : bytes;
}

int ct_decode(const unsigned char *bytes, size_t length, uint32_t *scalar) {
  mbstate_t state;
  memset(&state, 0, sizeof state);
  wchar_t character = 0;
  size_t count = mbrtowc(&character, (const char *)bytes, length, &state);
  if (count == (size_t)-2) return CT_INCOMPLETE;
  if (count == (size_t)-1 || (count != 0 && count != length)) return CT_INVALID;
  *scalar = (uint32_t)character;
  return CT_DECODED;
}
