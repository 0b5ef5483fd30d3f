// zlib; Datasets unpacks gzip files with inflate, Tensors the arrays of .npz.
#include <zlib.h>
