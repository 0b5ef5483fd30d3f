// libpng; the simplified interface (png_image_*) is what Pictures uses, it needs no setjmp.
#include <png.h>
