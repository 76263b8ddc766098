/* Firmware of 2.2.1 that is built for ID2, as the vendor's example is with SUPPORT_ITLS. */
#include "device.h"

int main(void)
{
    char product_key[] = PRODUCT_KEY, name[] = DEVICE_NAME, secret[] = DEVICE_SECRET;
    char product_secret[] = PRODUCT_SECRET;
    void *info = &failures;
    int region = IOTX_CLOUD_DOMAIN_SH, dynamic_register = 0;

    open_log();
    HAL_SetProductKey(product_key);
    HAL_SetDeviceName(name);
    HAL_SetDeviceSecret(secret);
#if defined(SUPPORT_ITLS)
    HAL_SetProductSecret(product_secret);
#endif
    IOT_Ioctl(IOTX_IOCTL_SET_DOMAIN, &region);
    IOT_Ioctl(IOTX_IOCTL_SET_DYNAMIC_REGISTER, &dynamic_register);
    EXPECT(IOT_SetupConnInfo(product_key, name, secret, &info) == -1);
    EXPECT(info == NULL);
    EXPECT(IOT_SetupConnInfo(product_key, name, secret, NULL) == -1);
    return failures != 0;
}
