/* tre-config.h - characters are codes that the host hands out one by one, from bytes or from UTF-8. */
#define HAVE_SYS_TYPES_H 1
#define HAVE_WCHAR_H 1
#define TRE_APPROX 1
#define TRE_MULTIBYTE 1 /* so that MB_CUR_MAX is asked */
#define TRE_WCHAR 1
#define TRE_VERSION "0.9.0"
#define TRE_VERSION_1 0
#define TRE_VERSION_2 9
#define TRE_VERSION_3 0
