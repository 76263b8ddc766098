/* Prints what the HAL's clock says: the local time, and the milliseconds since 1970. */
#include <stdio.h>

#include "iot_import.h"

int main(void)
{
    char text[32];

    if (HAL_GetTimeStr(text, sizeof text) == NULL) {
        return 1;
    }
    printf("%s, %lld\n", text, (long long)HAL_UTC_Get());
    return 0;
}
