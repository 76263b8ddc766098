/* How a function uses a parameter: it reads it, writes it, or both. */
#define _IN_
#define _OU_
#define _INOUT_
#define _IN_OPT_
