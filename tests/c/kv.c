/* kv get KEY | kv set KEY VALUE | kv delete KEY: the library's own store.
 * kv carry KEY VALUE FOLDER: stores a value, goes to the folder and reads it there. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "iot_import.h"

int main(int argc, char **argv)
{
    char value[256];
    int len = sizeof(value);

    if (argc == 5 && strcmp(argv[1], "carry") == 0) {
        if (HAL_Kv_Set(argv[2], argv[3], (int)strlen(argv[3]), 1) != 0 || chdir(argv[4]) != 0) {
            return 1;
        }
        argv[1] = "get";
        argc = 3;
    }
    if (argc == 3 && strcmp(argv[1], "get") == 0) {
        if (HAL_Kv_Get(argv[2], value, &len) != 0) {
            return 1;
        }
        printf("%.*s\n", len, value);
        return 0;
    }
    if (argc == 4 && strcmp(argv[1], "set") == 0) {
        return HAL_Kv_Set(argv[2], argv[3], (int)strlen(argv[3]), 1) == 0 ? 0 : 1;
    }
    if (argc == 3 && strcmp(argv[1], "delete") == 0) {
        return HAL_Kv_Del(argv[2]) == 0 ? 0 : 1;
    }
    return 2;
}
