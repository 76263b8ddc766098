/* Every line of code that the vendor's page on device authentication shows. */

#include "iot_import.h"
#include "iot_export.h"

/* What the page leaves to its example program. */
#define EXAMPLE_TRACE(text) HAL_Printf("%s\r\n", text)
int user_argc;
char **user_argv;
int mqtt_client(void);
void choose_login_method(void);
void per_device(void);
void per_product(void);
void smart_living(void);

void choose_login_method(void)
{
    /* Choose Login Method */
    int dynamic_register = 1; /* 0: Do not use unique-certificate-per-product, 1: use unique-certificate-per-product */
    IOT_Ioctl(IOTX_IOCTL_SET_DYNAMIC_REGISTER, (void *)&dynamic_register);
}

void per_device(void)
{
    // for demo only
    /* Set the authentication mode */
    int dynamic_register = 0;
    IOT_Ioctl(IOTX_IOCTL_SET_DYNAMIC_REGISTER, (void *)&dynamic_register);
}

void per_product(void)
{
    /* Turn on the dynamic registration function */
    int dynamic_register = 1; /* 1: Use unique-certificate-per-product */
    IOT_Ioctl(IOTX_IOCTL_SET_DYNAMIC_REGISTER, (void *)&dynamic_register);
}

#define PRODUCT_KEY "a1ExpAkj9Hi"
#define PRODUCT_SECRET "ffFnFlKQW3HYjjPR"
#define DEVICE_NAME "Example_dyn1"
/* #define DEVICE_SECRET "ik0qF60vcdvStygvKOTs3xEUbVj6BbSR" */

int main(int argc, char **argv)
{
    IOT_OpenLog("mqtt");
    IOT_SetLogLevel(IOT_LOG_DEBUG);
    user_argc = argc;
    user_argv = argv;
    HAL_SetProductKey(PRODUCT_KEY);
    HAL_SetProductSecret(PRODUCT_SECRET);
    HAL_SetDeviceName(DEVICE_NAME);
    /* HAL_SetDeviceSecret(DEVICE_SECRET); */
    /* Choose Login Server */
    int domain_type = IOTX_CLOUD_DOMAIN_SH;
    IOT_Ioctl(IOTX_IOCTL_SET_DOMAIN, (void *)&domain_type);
    /* Choose Login Method */
    int dynamic_register = 1;
    IOT_Ioctl(IOTX_IOCTL_SET_DYNAMIC_REGISTER, (void *)&dynamic_register);
    mqtt_client();
    IOT_DumpMemoryStats(IOT_LOG_DEBUG);
    IOT_CloseLog();
    EXAMPLE_TRACE("out of sample!") ;
    return 0;
}

void smart_living(void)
{
    /* Choose Login Server */
    int domain_type = IOTX_CLOUD_REGION_SINGAPORE;
    IOT_Ioctl(IOTX_IOCTL_SET_REGION, (void *)&domain_type);
}
