// zlib; Datasets unpacks gzip files with inflate.
#include <zlib.h>
