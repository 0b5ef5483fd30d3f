// libwebp: single pictures and, through its demuxer, the frames of animations.
#include <webp/decode.h>
#include <webp/demux.h>
