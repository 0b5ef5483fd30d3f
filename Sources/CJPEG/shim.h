// libjpeg-turbo's TurboJPEG interface, which reports errors by return value instead of setjmp.
#include <turbojpeg.h>
