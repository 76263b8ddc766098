/*
 * What firmware of release 2.3.0 counts on: one client a process, which NULL stands for; an identity
 * from the HAL; subscriptions before there is a client; callbacks.
 */
#include "device.h"

static int connected, offline_messages, messages, state_code, states;
static char state_message[80];

static int on_connected(void)
{
    /* The client is there already. */
    EXPECT(IOT_MQTT_CheckStateNormal(NULL) == 1);
    connected++;
    return 0;
}

static int on_state(const int code, const char *message)
{
    state_code = code;
    states++;
    snprintf(state_message, sizeof state_message, "%s", message);
    return 0;
}

/* The one that it hears of goes on, and a second one is refused. */
static int on_refused(const int code, const char *message)
{
    (void)code, (void)message;
    EXPECT(IOT_MQTT_Construct(NULL) == NULL);
    return 0;
}

static void count(void *counter, void *client, iotx_mqtt_event_msg_pt event)
{
    EXPECT(client != NULL);
    EXPECT(event->event_type == IOTX_MQTT_EVENT_PUBLISH_RECEIVED);
    ++*(int *)counter;
}

static void without_client(void)
{
    iotx_mqtt_topic_info_t message = {0};

    EXPECT(IOT_MQTT_Yield(NULL, 10) == -2);
    EXPECT(IOT_MQTT_CheckStateNormal(NULL) == -2);
    EXPECT(IOT_MQTT_Publish(NULL, TOPIC("update"), &message) == -2);
    EXPECT(IOT_MQTT_Publish_Simple(NULL, TOPIC("update"), 0, "x", 1) == -2);
    EXPECT(IOT_MQTT_Unsubscribe(NULL, TOPIC("data")) == -2);
    EXPECT(IOT_MQTT_Destroy(NULL) == -2);
    EXPECT(IOT_MQTT_Yield((void *)1, 10) == -2);
}

static void states_are_told(void)
{
    char long_text[100];

    EXPECT(iotx_state_event(ITE_STATE_OTA, -1, "nobody") == -1);
    IOT_RegisterCallback(ITE_STATE_EVERYTHING, on_state);
    EXPECT(iotx_state_event(ITE_STATE_OTA, STATE_OTA_BASE, "ota") == 0);
    EXPECT(state_code == -0x0700 && strcmp(state_message, "ota") == 0);
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    EXPECT(iotx_state_event(ITE_STATE_OTA, 1, long_text) == 0);
    EXPECT(strlen(state_message) == 64);
    EXPECT(iotx_state_event(ITE_STATE_OTA, 1, NULL) == 0);
    EXPECT(iotx_state_event(ITE_MQTT_CONNECT_SUCC, 1, "no state") == -1);
    EXPECT(iotx_state_event(-1, 1, "") == -1);
    EXPECT(iotx_state_event(30, 1, "") == -1);
    EXPECT(iotx_event_callback(ITE_STATE_USER_INPUT) == (void *)on_state);
    EXPECT(iotx_event_callback(-1) == NULL && iotx_event_callback(30) == NULL);
    EXPECT(iotx_event_callback(ITE_EVENT_NOTIFY) == NULL);

    states = 0;
    EXPECT(IOT_Ioctl(IOTX_IOCTL_SET_REGION, NULL) == -1);
    EXPECT(states == 1 && state_code == STATE_USER_INPUT_NULL_POINTER);
}

static void options_are_checked(void)
{
    char text[200];
    int value = IOTX_CLOUD_DOMAIN_MAX;
    uint16_t port = 1883;

    EXPECT(IOT_Ioctl(IOTX_IOCTL_SET_REGION, &value) == -1);
    memset(text, 'd', sizeof text);
    text[60] = '\0';
    EXPECT(IOT_Ioctl(IOTX_IOCTL_SET_MQTT_DOMAIN, text) == -1);
    EXPECT(IOT_Ioctl(IOTX_IOCTL_SET_HTTP_DOMAIN, text) == -1);
    EXPECT(IOT_Ioctl(IOTX_IOCTL_SET_MQTT_DOMAIN, "") == -1);
    text[60] = 'd';
    text[129] = '\0';
    EXPECT(IOT_Ioctl(IOTX_IOCTL_SET_ENDPOINT, text) == -1);
    EXPECT(IOT_Ioctl(IOTX_IOCTL_GET_REGION, &value) == 0 && value == IOTX_CLOUD_REGION_SHANGHAI);
    text[59] = '\0';
    EXPECT(IOT_Ioctl(IOTX_IOCTL_SET_MQTT_DOMAIN, text) == 0);
    EXPECT(IOT_Ioctl(IOTX_IOCTL_GET_REGION, &value) == 0 && value == IOTX_CLOUD_REGION_CUSTOM);
    EXPECT(IOT_Ioctl(IOTX_IOCTL_RECV_PROP_REPLY, &value) == -1);
    EXPECT(IOT_Ioctl(IOTX_IOCTL_SET_SUBDEV_SIGN, &value) == -1);
    EXPECT(IOT_Ioctl(17, &value) == -1);
    EXPECT(IOT_Ioctl(-1, &value) == -1);
    value = IOTX_CLOUD_REGION_SHANGHAI;
    EXPECT(IOT_Ioctl(IOTX_IOCTL_SET_REGION, &value) == 0);
    EXPECT(IOT_Ioctl(IOTX_IOCTL_SET_MQTT_PORT, &port) == 0);
}

/* The login that the options make, read where firmware reads it. */
static void login_follows_the_options(void)
{
    char own_endpoint[] = "own.endpoint.aliyuncs.com";
    char usual_endpoint[] = PRODUCT_KEY ".iot-as-mqtt.cn-shanghai.aliyuncs.com";
    iotx_conn_info_t *info = NULL;
    int off = 0;
    uint16_t usual_port = 0, test_environment = 1, usual_environment = 0;

    EXPECT(IOT_SetupConnInfo(PRODUCT_KEY, DEVICE_NAME, DEVICE_SECRET, (void **)&info) == 0);
    EXPECT(info->init == 1 && info->port == 1883);
    EXPECT(strcmp(info->host_name, PRODUCT_KEY ".iot-as-mqtt.cn-shanghai.aliyuncs.com") == 0);
    EXPECT(strcmp(info->username, DEVICE_NAME "&" PRODUCT_KEY) == 0);
    EXPECT(IOT_Ioctl(IOTX_IOCTL_SET_MQTT_PORT, &usual_port) == 0);
    EXPECT(IOT_Ioctl(IOTX_IOCTL_SET_ENDPOINT, own_endpoint) == 0);
    EXPECT(IOT_SetupConnInfo(PRODUCT_KEY, DEVICE_NAME, DEVICE_SECRET, (void **)&info) == 0);
    EXPECT(strcmp(info->host_name, "own.endpoint.aliyuncs.com") == 0 && info->port == 443);
    EXPECT(IOT_Ioctl(IOTX_IOCTL_SET_ENV, &test_environment) == 0);
    EXPECT(IOT_SetupConnInfo(PRODUCT_KEY, DEVICE_NAME, DEVICE_SECRET, (void **)&info) == 0);
    EXPECT(strcmp(info->host_name, "iot-as-mqtt.cn-shanghai.aliyuncs.com") == 0);
    EXPECT(IOT_Ioctl(IOTX_IOCTL_SET_ENV, &usual_environment) == 0);
    EXPECT(IOT_Ioctl(IOTX_IOCTL_SET_UUID_ENABLED, &off) == 0);
    EXPECT(strstr(info->client_id, "_uuid=") == NULL);
    EXPECT(IOT_Ioctl(IOTX_IOCTL_SET_ENDPOINT, usual_endpoint) == 0);
}

static void incomplete_parameters_are_refused(void)
{
    iotx_mqtt_param_t params = {0};

    params.port = 443;
    params.host = params.client_id = params.username = params.password = "x";
    params.write_buf_size = 1024;
    EXPECT(IOT_MQTT_Construct(&params) == NULL);
    params.read_buf_size = 1024;
    params.port = 0;
    EXPECT(IOT_MQTT_Construct(&params) == NULL);
    params.port = 443;
    params.host = "";
    EXPECT(IOT_MQTT_Construct(&params) == NULL);
}

static void a_refused_login_is_a_state(void)
{
    char wrong[] = "ik0qF60vcdvStygvKOTs3xEUbVj6BbSX";
    char right[] = DEVICE_SECRET;

    states = 0;
    IOT_RegisterCallback(ITE_STATE_MQTT_COMM, on_refused);
    EXPECT(HAL_SetDeviceSecret(wrong) == 32);
    EXPECT(IOT_MQTT_Construct(NULL) == NULL);
    EXPECT(states == 1);
    EXPECT(state_code == STATE_MQTT_CONNACK_BAD_USERDATA ||
           state_code == STATE_MQTT_CONNACK_NOT_AUTHORIZED);
    EXPECT(connected == 0);
    EXPECT(HAL_SetDeviceSecret(right) == 32);
}

static void one_client(void)
{
    void *client, *same;

    EXPECT(IOT_MQTT_Subscribe(NULL, NULL, 1, count, &offline_messages) == -2);
    EXPECT(IOT_MQTT_Subscribe(NULL, TOPIC("get"), 1, NULL, NULL) == -2);
    EXPECT(IOT_MQTT_Subscribe(NULL, "no/slash", 1, count, &offline_messages) == -41);
    EXPECT(IOT_MQTT_Subscribe(NULL, TOPIC("get"), 1, count, &offline_messages) == 0);
    IOT_RegisterCallback(ITE_MQTT_CONNECT_SUCC, on_connected);
    client = IOT_MQTT_Construct(NULL);
    EXPECT(client != NULL && connected == 1);
    same = IOT_MQTT_Construct(NULL);
    EXPECT(same == client && connected == 1);

    EXPECT(IOT_MQTT_Subscribe_Sync(NULL, TOPIC("data"), 1, count, &messages, 5000) > 0);
    EXPECT(IOT_MQTT_Publish_Simple(NULL, TOPIC("data"), 1, "hello", 5) > 0);
    EXPECT(IOT_MQTT_Publish_Simple(client, TOPIC("data"), 0, "hello", 5) == 0);
    EXPECT(IOT_MQTT_Publish_Simple(NULL, TOPIC("get"), 1, "hello", 5) > 0);
    EXPECT(IOT_MQTT_Publish_Simple(NULL, TOPIC("data"), 2, "hello", 5) == -1);
    EXPECT(IOT_MQTT_Publish_Simple(NULL, TOPIC("data"), 0, "hello", -1) == -1);
    EXPECT(IOT_MQTT_Publish_Simple(NULL, NULL, 0, "hello", 5) == -1);
    EXPECT(IOT_MQTT_Publish_Simple(NULL, TOPIC("data"), 0, NULL, 5) == -1);
    YIELD_UNTIL(NULL, messages == 2);
    YIELD_UNTIL(NULL, offline_messages == 1);
    EXPECT(IOT_MQTT_LogPost(NULL, "debug", "module", "text") == 0);
    EXPECT(IOT_MQTT_Unsubscribe(NULL, TOPIC("data")) > 0);

    EXPECT(IOT_MQTT_Destroy(NULL) == 0);
    EXPECT(IOT_MQTT_Destroy(NULL) == -2);
    /* The next one gets what was subscribed without a client as well. */
    client = IOT_MQTT_Construct(NULL);
    EXPECT(client != NULL && connected == 2);
    EXPECT(IOT_MQTT_Publish_Simple(NULL, TOPIC("get"), 1, "hello", 5) > 0);
    YIELD_UNTIL(NULL, offline_messages == 2);
    EXPECT(IOT_MQTT_Destroy(&client) == 0 && client == NULL);
}

int main(void)
{
    uint16_t port = 1883;

    IOT_OpenLog("single_client");
    IOT_SetLogLevel(IOT_LOG_INFO);
    without_client();
    states_are_told();
    options_are_checked();
    login_follows_the_options();
    incomplete_parameters_are_refused();
    /* Nothing wants the result: the HAL is told who the device is. */
    EXPECT(IOT_SetupConnInfo(PRODUCT_KEY, DEVICE_NAME, DEVICE_SECRET, NULL) == 0);
    EXPECT(IOT_Ioctl(IOTX_IOCTL_SET_MQTT_PORT, &port) == 0);
    a_refused_login_is_a_state();
    one_client();
    IOT_CloseLog();
    return failures == 0 ? 0 : 1;
}
