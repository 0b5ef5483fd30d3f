// giflib; it unpacks rasters, and Pictures lays the frames over each other.
#include <gif_lib.h>
