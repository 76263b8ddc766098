/*
 * Registers a device, connects and ends, then looks for the device's secret in all memory that the
 * process can write to. Half of it counts, and so does half of what the store writes of it.
 */
#include <stdlib.h>

#include "device.h"

#define SECRET_SIZE 32
/* 32 bytes in base64, without the last character, which pads. */
#define BASE64_SIZE 43
#define MASK        0x5a

/* The search must not find what it searches for in its own memory. */
static char masked_secret[SECRET_SIZE];
static char masked_base64[BASE64_SIZE];

static int handed_over;

int HAL_SetDeviceSecret(char *secret)
{
    size_t i;

    EXPECT(strlen(secret) == SECRET_SIZE);
    for (i = 0; i < SECRET_SIZE; i++) {
        masked_secret[i] = (char)(secret[i] ^ MASK);
    }
    handed_over = 1;
    return SECRET_SIZE;
}

static void encode(void)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t i;

    for (i = 0; i < BASE64_SIZE; i++) {
        size_t bit = i * 6;
        unsigned pair = (unsigned)((masked_secret[bit / 8] ^ MASK) & 0xff) << 8;

        if (bit / 8 + 1 < SECRET_SIZE) {
            pair |= (unsigned)((masked_secret[bit / 8 + 1] ^ MASK) & 0xff);
        }
        masked_base64[i] = (char)(digits[pair >> (10 - bit % 8) & 63] ^ MASK);
    }
}

static size_t count(const char *start, const char *end, const char *masked, size_t len)
{
    size_t found = 0;
    const char *at;

    for (at = start; at + len <= end; at++) {
        size_t i = 0;

        while (i < len && at[i] == (char)(masked[i] ^ MASK)) {
            i++;
        }
        found += i == len;
    }
    return found;
}

static size_t count_halves(const char *start, const char *end, const char *masked, size_t len)
{
    size_t half = len / 2;

    return count(start, end, masked, half) + count(start, end, masked + len - half, half);
}

/* Looks through the memory of the process, and says where something was found. */
static size_t search(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512];
    size_t found = 0;

    EXPECT(maps != NULL);
    while (maps != NULL && fgets(line, sizeof(line), maps) != NULL) {
        unsigned long start, end;
        char access[5];

        if (sscanf(line, "%lx-%lx %4s", &start, &end, access) == 3
            && strncmp(access, "rw", 2) == 0) {
            const char *from = (const char *)start;
            const char *to = (const char *)end;
            size_t as_text = count_halves(from, to, masked_secret, SECRET_SIZE);
            size_t as_base64 = count_halves(from, to, masked_base64, BASE64_SIZE);

            if (as_text + as_base64 > 0) {
                printf("found %zu times as text and %zu times as base64 in %s", as_text, as_base64,
                       line);
            }
            found += as_text + as_base64;
        }
    }
    if (maps != NULL) {
        fclose(maps);
    }
    return found;
}

/* The search finds what is there: a copy on the heap, of the secret or of its base64. */
static void check_search(const char *masked, size_t len, size_t already)
{
    char *copy = malloc(len);
    size_t i;

    EXPECT(copy != NULL);
    for (i = 0; i < len; i++) {
        copy[i] = (char)(masked[i] ^ MASK);
    }
    EXPECT(search() == already + 2);
    memset(copy, 0, len);
    free(copy);
}

int main(void)
{
    static struct device device;
    size_t found;
    void *client;

    open_log();
    HAL_SetProductSecret(PRODUCT_SECRET);
    EXPECT(set_up(&device, DYNAMIC_NAME, NULL) == 0);
    EXPECT(handed_over);
    client = IOT_MQTT_Construct(&device.params);
    EXPECT(client != NULL && IOT_MQTT_Destroy(&client) == 0);

    encode();
    found = search();
    printf("the secret is found %zu times\n", found);
    EXPECT(found == 0);
    check_search(masked_secret, SECRET_SIZE, found);
    check_search(masked_base64, BASE64_SIZE, found);
    return failures == 0 ? 0 : 1;
}
