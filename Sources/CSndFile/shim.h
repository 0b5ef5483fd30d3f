// libsndfile, which decodes sounds. The library by which it decodes MP3 prints on stderr what it finds
// wrong, and libsndfile has no way to tell it not to.
#ifndef CSNDFILE_SHIM_H
#define CSNDFILE_SHIM_H

#include <sndfile.h>
#include <stdio.h>

/// Lets the C stream stderr lead nowhere; the descriptor below it stays as it is. To be called by one
/// thread at a time.
///
/// Gives the stream that it was, for sound_speak; NULL where it stays as it is.
static inline FILE *sound_hush(void) {
  // Never closed: another thread may be printing.
  static FILE *nowhere = NULL;
  if (!nowhere) nowhere = fopen("/dev/null", "we");
  if (!nowhere) return NULL;
  FILE *former = stderr;
  stderr = nowhere;
  return former;
}

/// Makes stderr what it was.
static inline void sound_speak(FILE *former) {
  if (former) stderr = former;
}

#endif
