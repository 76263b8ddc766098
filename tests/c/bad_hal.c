/*
 * Every function of the default HAL that takes a pointer, a handle or a length, with what it must
 * refuse: NULL, handles of nothing, dead or of another kind, lengths below zero, buffers one byte
 * short. Each has its code, and none looks where it must not: built with AddressSanitizer, or run
 * under valgrind. All memory is of exactly the size that is told.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "iot_import.h"

#ifdef RELEASE_2_2
/* They are there in every release, but only release 2.3.0 declares them. */
void *HAL_Calloc(uint32_t nmemb, uint32_t size);
void *HAL_Realloc(void *ptr, uint32_t size);
void *HAL_Fopen(const char *path, const char *mode);
uint32_t HAL_Fread(void *buff, uint32_t size, uint32_t count, void *stream);
uint32_t HAL_Fwrite(const void *ptr, uint32_t size, uint32_t count, void *stream);
int HAL_Fseek(void *stream, long offset, int origin);
int HAL_Fclose(void *stream);
long HAL_Ftell(void *stream);
int HAL_GetNetifInfo(char *nif_str);
int HAL_GetUUID(uint8_t *buf, int len);
#endif

static int failures;

static void check(int line, const char *call, long long got, long long wanted)
{
    if (got != wanted) {
        printf("line %d: %s is %lld, not %lld\n", line, call, got, wanted);
        failures++;
    }
}

#define IS(wanted, call) check(__LINE__, #call, (long long)(intptr_t)(call), (wanted))
#define U32_FAILURE ((long long)(uint32_t)-1)

static void *room(size_t size)
{
    void *memory = malloc(size);

    if (memory == NULL) {
        abort();
    }
    memset(memory, 0x55, size);
    return memory;
}

static void identity(void)
{
    /* One byte more than allowed, and exactly as much. */
    static int (*const setters[])(char *) = {
        HAL_SetProductKey, HAL_SetDeviceName, HAL_SetDeviceSecret, HAL_SetProductSecret};
    static int (*const getters[])(char *) = {
        HAL_GetProductKey, HAL_GetDeviceName, HAL_GetDeviceSecret, HAL_GetProductSecret};
    static const int most[] = {20, 32, 64, 64};
    size_t i;

    for (i = 0; i < sizeof most / sizeof *most; i++) {
        char *text = room((size_t)most[i] + 2), *got = room((size_t)most[i] + 1);

        memset(text, 'x', (size_t)most[i] + 1);
        text[most[i] + 1] = '\0';
        IS(-1, setters[i](NULL));
        IS(-1, setters[i](text));
        text[most[i]] = '\0';
        IS(most[i], setters[i](text));
        IS(-1, getters[i](NULL));
        IS(most[i], getters[i](got));
        IS(0, strcmp(text, got));
        free(text);
        free(got);
    }
    IS(-1, HAL_GetPartnerID(NULL));
    IS(-1, HAL_GetModuleID(NULL));
    IS(-1, HAL_GetDeviceID(NULL));
    IS(-1, HAL_GetFirmwareVersion(NULL));
    IS(-1, HAL_GetFirmwareVesion(NULL));
    IS(0, HAL_GetChipID(NULL));
    IS(-1, HAL_GetNetifInfo(NULL));
    IS(-1, HAL_GetUUID(NULL, 64));
    {
        uint8_t *id = room(1);

        IS(-1, HAL_GetUUID(id, -1));
        IS(-1, HAL_GetUUID(id, 0));
        IS(-1, HAL_GetUUID(id, 1));
        free(id);
    }
}

static void os(void)
{
    char *text = room(28);
    int stack_used = 7;
    void *thread = NULL;

    HAL_Free(NULL);
    HAL_MutexLock(NULL);
    HAL_MutexUnlock(NULL);
    HAL_MutexDestroy(NULL);
    HAL_SemaphorePost(NULL);
    HAL_SemaphoreDestroy(NULL);
    IS(-1, HAL_SemaphoreWait(NULL, 0));
    IS(-1, HAL_ThreadCreate(NULL, NULL, NULL, NULL, &stack_used));
    IS(-1, HAL_ThreadCreate(&thread, NULL, NULL, NULL, NULL));
    HAL_ThreadDetach(NULL);
    IS(0, HAL_GetTimeStr(NULL, 28));
    IS(0, HAL_GetTimeStr(text, 27));
    IS(0, HAL_GetTimeStr(text, -1));
    IS(1, HAL_GetTimeStr(text, 28) == text);
    IS(0, HAL_Random(0));
    HAL_Printf(NULL);
    IS(-1, HAL_Snprintf(text, 28, NULL));
    IS(6, HAL_Snprintf(NULL, 28, "%s", "abcdef"));
    IS(6, HAL_Snprintf(text, -1, "%s", "abcdef"));
    IS(6, HAL_Snprintf(text, 4, "%s", "abcdef"));
    IS(0, strcmp(text, "abc"));
    HAL_Free(HAL_Realloc(NULL, 8));
    free(text);
}

static void kv(void)
{
    char *value = room(4), *long_key = room(130);
    int len = 4;

    IS(-1, HAL_Kv_Set(NULL, value, 4, 1));
    IS(-1, HAL_Kv_Set("", value, 4, 1));
    IS(-1, HAL_Kv_Set("\xff", value, 4, 1));
    IS(-1, HAL_Kv_Set("key", NULL, 4, 1));
    IS(-1, HAL_Kv_Set("key", value, -1, 1));
    memset(long_key, 'k', 129);
    long_key[129] = '\0';
    IS(-1, HAL_Kv_Set(long_key, value, 4, 1));
    IS(0, HAL_Kv_Set("key", value, 4, 1));
    IS(-1, HAL_Kv_Get(NULL, value, &len));
    IS(-1, HAL_Kv_Get("key", NULL, &len));
    IS(-1, HAL_Kv_Get("key", value, NULL));
    IS(-1, HAL_Kv_Get("none", value, &len));
    len = -1;
    IS(-1, HAL_Kv_Get("key", value, &len));
    /* One byte short. */
    len = 3;
    IS(-1, HAL_Kv_Get("key", value, &len));
    IS(3, len);
    len = 4;
    IS(0, HAL_Kv_Get("key", value, &len));
    IS(-1, HAL_Kv_Del(NULL));
    IS(0, HAL_Kv_Del("none"));
    IS(-1, HAL_Config_Write(NULL, 4));
    IS(-1, HAL_Config_Write(value, 0));
    IS(-1, HAL_Config_Write(value, -1));
    IS(-1, HAL_Config_Read(value, 4));
    IS(0, HAL_Config_Write(value, 3));
    IS(-1, HAL_Config_Read(NULL, 3));
    IS(-1, HAL_Config_Read(value, 0));
    IS(-1, HAL_Config_Read(value, -1));
    IS(-1, HAL_Config_Read(value, 4));
    IS(0, HAL_Config_Read(value, 3));
    IS(0, HAL_Config_Read(value, 2));
    IS(0, HAL_Kv_Erase_All());
    IS(-1, HAL_Config_Read(value, 3));
    free(value);
    free(long_key);
}

static void streams(void)
{
    static const uintptr_t wild[] = {0, (uintptr_t)-1, 1000000, (uintptr_t)1 << 40};
    char *data = room(4);
    size_t i;

    IS(0, HAL_TCP_Establish(NULL, 1));
    IS(0, HAL_TCP_Establish("127.0.0.1", 1));
    IS(0, HAL_SSL_Establish(NULL, 1, NULL, 0));
    IS(0, HAL_SSL_Establish("127.0.0.1", 1, "not PEM", sizeof "not PEM"));
    for (i = 1; i < sizeof wild / sizeof *wild; i++) {
        IS(-1, HAL_TCP_Write(wild[i], data, 4, 0));
        IS(-2, HAL_TCP_Read(wild[i], data, 4, 0));
        IS(-1, HAL_TCP_Destroy(wild[i]));
    }
    IS(-1, HAL_TCP_Write(1, NULL, 4, 0));
    IS(-2, HAL_TCP_Read(1, NULL, 4, 0));
    for (i = 0; i < sizeof wild / sizeof *wild; i++) {
        IS(-1, HAL_SSL_Write(wild[i], data, 4, 0));
        IS(-2, HAL_SSL_Read(wild[i], data, 4, 0));
        IS(-1, HAL_SSL_Write(wild[i], data, -1, -1));
        IS(-2, HAL_SSL_Read(wild[i], data, -1, -1));
        IS(-1, HAL_SSL_Destroy(wild[i]));
        IS(-1, HAL_SSL_GetFd(wild[i]));
    }
    IS(-1, HAL_SSLHooks_set(NULL));
    {
        ssl_hooks_t hooks = {NULL, NULL};

        IS(-1, HAL_SSLHooks_set(&hooks));
        hooks.malloc = HAL_Malloc;
        IS(-1, HAL_SSLHooks_set(&hooks));
        hooks.free = HAL_Free;
        IS(0, HAL_SSLHooks_set(&hooks));
    }
    free(data);
}

static void datagrams(void)
{
    static const intptr_t wild[] = {-1, 1000000, (intptr_t)1 << 40};
    char host[] = "127.0.0.1", group[] = "224.0.0.251", no_group[] = "no group";
    unsigned char *data = room(4);
    NetworkAddr *remote = room(sizeof *remote);
    intptr_t socket;
    size_t i;

    /* Without a NUL, to the last byte. */
    memset(remote->addr, '1', sizeof remote->addr);
    IS(-1, HAL_UDP_create(NULL, 1));
    IS(-1, HAL_UDP_create_without_connect("\xff", 0));
    for (i = 0; i < sizeof wild / sizeof *wild; i++) {
        IS(-1, HAL_UDP_connect(wild[i], host, 1));
        IS(-1, HAL_UDP_close_without_connect(wild[i]));
        IS(-1, HAL_UDP_bindtodevice(wild[i], "lo"));
        IS(-1, HAL_UDP_joinmulticast(wild[i], group));
        IS(-1, HAL_UDP_write(wild[i], data, 4));
        IS(-1, HAL_UDP_read(wild[i], data, 4) < 0 ? -1 : 0);
        IS(1, HAL_UDP_readTimeout(wild[i], data, 4, 1) < 0);
        IS(1, HAL_UDP_recv(wild[i], data, 4, 0) <= 0);
        IS(1, HAL_UDP_send(wild[i], data, 4, 0) <= 0);
        HAL_UDP_close(wild[i]);
    }
    socket = HAL_UDP_create_without_connect(host, 0);
    IS(1, socket > 0);
    IS(-1, HAL_UDP_connect(socket, NULL, 1));
    IS(-1, HAL_UDP_bindtodevice(socket, NULL));
    IS(-1, HAL_UDP_joinmulticast(socket, NULL));
    IS(-1, HAL_UDP_joinmulticast(socket, no_group));
    IS(-1, HAL_UDP_write(socket, NULL, 4));
    IS(-1, HAL_UDP_read(socket, NULL, 4));
    IS(-1, HAL_UDP_readTimeout(socket, NULL, 4, 1));
    IS(-2, HAL_UDP_readTimeout(socket, data, 4, 1));
    IS(-1, HAL_UDP_recv(socket, NULL, 4, 1));
    IS(0, HAL_UDP_recv(socket, data, 4, 1));
    IS(-1, HAL_UDP_recvfrom(socket, remote, NULL, 4, 1));
    IS(0, HAL_UDP_recvfrom(socket, NULL, data, 4, 1));
    IS(-1, HAL_UDP_send(socket, NULL, 4, 1));
    IS(-1, HAL_UDP_sendto(socket, NULL, data, 4, 1));
    IS(-1, HAL_UDP_sendto(socket, remote, data, 4, 1));
    IS(0, HAL_UDP_close_without_connect(socket));
    IS(-1, HAL_UDP_close_without_connect(socket));
    free(data);
    free(remote);
}

static void fired(void *context)
{
    HAL_SemaphorePost(context);
}

static void timers(void)
{
    void *fire = HAL_SemaphoreCreate();
    void *timer;

    IS(0, HAL_Timer_Create("name", NULL, NULL));
    IS(-1, HAL_Timer_Start(NULL, 1));
    IS(-1, HAL_Timer_Stop(NULL));
    IS(-1, HAL_Timer_Delete(NULL));
    timer = HAL_Timer_Create(NULL, fired, fire);
    IS(-1, HAL_Timer_Start(timer, -1));
    IS(0, HAL_Timer_Start(timer, 1));
    IS(0, HAL_SemaphoreWait(fire, 10000));
    IS(0, HAL_Timer_Start(timer, 10000));
    IS(0, HAL_Timer_Start(timer, 0));
    IS(0, HAL_Timer_Stop(timer));
    IS(0, HAL_Timer_Delete(timer));
    HAL_SemaphoreDestroy(fire);
}

static void ciphers(void)
{
    uint8_t *key = room(16), *iv = room(16), *text = room(32);
    void *aes;

    IS(0, HAL_Aes128_Init(NULL, iv, HAL_AES_ENCRYPTION));
    IS(0, HAL_Aes128_Init(key, NULL, HAL_AES_ENCRYPTION));
    IS(0, HAL_Aes128_Init(key, iv, (AES_DIR_t)2));
    IS(-1, HAL_Aes128_Destroy(NULL));
    aes = HAL_Aes128_Init(key, iv, HAL_AES_ENCRYPTION);
    IS(-1, HAL_Aes128_Cbc_Encrypt(NULL, text, 1, text));
    IS(-1, HAL_Aes128_Cbc_Encrypt(aes, NULL, 1, text));
    IS(-1, HAL_Aes128_Cbc_Encrypt(aes, text, 1, NULL));
    IS(-1, HAL_Aes128_Cbc_Encrypt(aes, text, (size_t)-1, text));
    IS(-1, HAL_Aes128_Cbc_Encrypt(aes, text, ((size_t)-1 >> 4) + 1, text));
    IS(-1, HAL_Aes128_Cbc_Decrypt(aes, text, 1, text));
    IS(-1, HAL_Aes128_Cfb_Decrypt(aes, text, 1, text));
    IS(-1, HAL_Aes128_Cfb_Encrypt(aes, text, (size_t)-1, text));
    IS(0, HAL_Aes128_Cbc_Encrypt(aes, text, 2, text));
    IS(-1, HAL_Aes128_Cfb_Encrypt(aes, text, 32, text));
    IS(0, HAL_Aes128_Destroy(aes));
    free(key);
    free(iv);
    free(text);
}

static void files(void)
{
    char *data = room(4);

    IS(0, HAL_Fopen(NULL, "r"));
    IS(0, HAL_Fopen("/", NULL));
    IS(0, HAL_Fopen("/no/such/file", "r"));
    IS(0, HAL_Fread(data, 1, 4, NULL));
    IS(0, HAL_Fwrite(data, 1, 4, NULL));
    IS(-1, HAL_Fseek(NULL, 0, 0));
    IS(-1, HAL_Ftell(NULL));
    IS(-1, HAL_Fclose(NULL));
    IS(-1, HAL_Firmware_Persistence_Write(data, 4));
    IS(-1, HAL_Firmware_Persistence_Stop());
    HAL_Firmware_Persistence_Start();
    IS(-1, HAL_Firmware_Persistence_Write(NULL, 4));
    IS(0, HAL_Firmware_Persistence_Write(data, 4));
    IS(0, HAL_Firmware_Persistence_Stop());
    IS(-1, HAL_Firmware_Persistence_Stop());
    free(data);
}

static void *sleep_for_ever(void *arg)
{
    for (;;) {
        HAL_SleepMs(1);
    }
    return arg;
}

/* The threads of this process. */
static int running(void)
{
    DIR *tasks = opendir("/proc/self/task");
    const struct dirent *entry;
    int count = 0;

    while ((entry = readdir(tasks)) != NULL) {
        count += entry->d_name[0] != '.';
    }
    closedir(tasks);
    return count;
}

static void threads(void)
{
    void *thread = NULL, *detached = NULL;

    HAL_ThreadDetach((void *)1);
    HAL_ThreadDelete((void *)1);
    HAL_ThreadDetach(&thread);
    HAL_ThreadDelete(&thread);
    IS(0, HAL_ThreadCreate(&thread, sleep_for_ever, NULL, NULL, NULL));
    HAL_ThreadDelete(thread);
    HAL_ThreadDelete(thread);
    HAL_ThreadDetach(thread);
    IS(0, HAL_ThreadCreate(&detached, sleep_for_ever, NULL, NULL, NULL));
    HAL_ThreadDetach(detached);
    HAL_ThreadDetach(detached);
    HAL_ThreadDelete(detached);
    HAL_ThreadDelete(detached);
    /* Nobody else waits for it, and it would count as a leak. */
    while (running() > 1) {
        HAL_SleepMs(1);
    }
}

enum kind { MUTEX, SEMAPHORE, TIMER, AES, FILE_STREAM, KINDS };

static void make(void *handles[KINDS])
{
    uint8_t *key = room(16);

    handles[MUTEX] = HAL_MutexCreate();
    handles[SEMAPHORE] = HAL_SemaphoreCreate();
    handles[TIMER] = HAL_Timer_Create("name", fired, NULL);
    handles[AES] = HAL_Aes128_Init(key, key, HAL_AES_ENCRYPTION);
    handles[FILE_STREAM] = HAL_Fopen("/dev/null", "r+");
    free(key);
}

static void end(void *handles[KINDS])
{
    HAL_MutexDestroy(handles[MUTEX]);
    HAL_SemaphoreDestroy(handles[SEMAPHORE]);
    IS(0, HAL_Timer_Delete(handles[TIMER]));
    IS(0, HAL_Aes128_Destroy(handles[AES]));
    IS(0, HAL_Fclose(handles[FILE_STREAM]));
}

/* What is no handle of the kind gives each function's failure; some have none to give. */
static void refused(enum kind kind, void *handle)
{
    uint8_t *data = room(16);

    switch (kind) {
        case MUTEX:
            HAL_MutexLock(handle);
            HAL_MutexUnlock(handle);
            HAL_MutexDestroy(handle);
            break;
        case SEMAPHORE:
            HAL_SemaphorePost(handle);
            IS(-1, HAL_SemaphoreWait(handle, 0));
            HAL_SemaphoreDestroy(handle);
            break;
        case TIMER:
            IS(-1, HAL_Timer_Start(handle, 1));
            IS(-1, HAL_Timer_Stop(handle));
            IS(-1, HAL_Timer_Delete(handle));
            break;
        case AES:
            IS(-1, HAL_Aes128_Cbc_Encrypt(handle, data, 1, data));
            IS(-1, HAL_Aes128_Cbc_Decrypt(handle, data, 1, data));
            IS(-1, HAL_Aes128_Cfb_Encrypt(handle, data, 16, data));
            IS(-1, HAL_Aes128_Cfb_Decrypt(handle, data, 16, data));
            IS(-1, HAL_Aes128_Destroy(handle));
            break;
        default:
            IS(0, HAL_Fread(data, 1, 16, handle));
            IS(0, HAL_Fwrite(data, 1, 16, handle));
            IS(-1, HAL_Fseek(handle, 0, 0));
            IS(-1, HAL_Ftell(handle));
            IS(-1, HAL_Fclose(handle));
            break;
    }
    free(data);
}

static void handles(void)
{
    void *living[KINDS], *dead[KINDS], *wild[] = {(void *)1, (void *)-1, wild};
    uint8_t *data = room(16);
    size_t kind, i;

    make(dead);
    make(living);
    end(dead);
    for (kind = 0; kind < KINDS; kind++) {
        refused((enum kind)kind, dead[kind]);
        for (i = 0; i < sizeof wild / sizeof *wild; i++) {
            refused((enum kind)kind, wild[i]);
        }
        for (i = 0; i < KINDS; i++) {
            if (i != kind) {
                refused((enum kind)kind, living[i]);
            }
        }
    }
    /* None of that has touched the living. */
    HAL_MutexLock(living[MUTEX]);
    HAL_MutexUnlock(living[MUTEX]);
    IS(-1, HAL_SemaphoreWait(living[SEMAPHORE], 0));
    HAL_SemaphorePost(living[SEMAPHORE]);
    IS(0, HAL_SemaphoreWait(living[SEMAPHORE], 0));
    IS(0, HAL_Timer_Stop(living[TIMER]));
    IS(0, HAL_Aes128_Cbc_Encrypt(living[AES], data, 1, data));
    IS(0, HAL_Fseek(living[FILE_STREAM], 0, 0));
    end(living);
    free(data);
}

static void interfaces(void)
{
    char *address = room(16);

    IS(U32_FAILURE, HAL_Wifi_Get_IP(NULL, "lo"));
    IS(U32_FAILURE, HAL_Wifi_Get_IP(address, "no such interface"));
    IS(0, HAL_Wifi_Get_Mac(NULL));
    IS(1, HAL_Wifi_Get_IP(address, "lo") != (uint32_t)-1);
    IS(0, strcmp(address, "127.0.0.1"));
    free(address);
}

int main(void)
{
    identity();
    os();
    kv();
    streams();
    datagrams();
    timers();
    ciphers();
    files();
    handles();
    threads();
    interfaces();
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
