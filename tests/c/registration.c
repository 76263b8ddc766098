/* registration NAME [quiet]: a device that registers itself, or finds its secret, connects and ends.
 * Says at once when the secret is stored. Quiet, it does not open the log. */
#include <unistd.h>

#include "device.h"

/* Called once the secret is in the store. */
int HAL_SetDeviceSecret(char *secret)
{
    static const char stored[] = "the secret is stored\n";

    EXPECT(write(STDOUT_FILENO, stored, sizeof(stored) - 1) == sizeof(stored) - 1);
    return (int)strlen(secret);
}

int main(int argc, char **argv)
{
    static struct device device;
    void *client;

    if (argc < 2) {
        return 2;
    }
    if (argc == 2) {
        open_log();
    }
    HAL_SetProductSecret(PRODUCT_SECRET);
    if (set_up(&device, argv[1], NULL) != 0) {
        return 1;
    }
    client = IOT_MQTT_Construct(&device.params);
    EXPECT(client != NULL && IOT_MQTT_Destroy(&client) == 0);
    return failures == 0 ? 0 : 2;
}
