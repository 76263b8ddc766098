/*
 * RRPC: an application asks a device something and waits for the answer.
 *
 * The platform publishes a question to /sys/<product key>/<device name>/rrpc/request/<id>, and has
 * to find the answer on .../rrpc/response/<id>, the same id, within a few seconds. So the device
 * answers inside the handler, where the id is at hand.
 *
 * Usage: rrpc [COUNT]
 *   Ends when COUNT questions were answered; without, it goes on for ever.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "iot_import.h"
#include "iot_export.h"

#define PRODUCT_KEY     "a1ExpAkj9Hi"
#define DEVICE_NAME     "Example_dev1"
#define DEVICE_SECRET   "ik0qF60vcdvStygvKOTs3xEUbVj6BbSR"

#define RRPC            "/sys/" PRODUCT_KEY "/" DEVICE_NAME "/rrpc"
#define TOPIC_REQUEST   RRPC "/request/"
#define TOPIC_RESPONSE  RRPC "/response/"

#define TOPIC_MAX       128

static int answered;

/* Writes the topic of the answer to that of a question. Returns 0, or -1 for another topic. */
static int response_topic(const iotx_mqtt_topic_info_t *question, char topic[TOPIC_MAX + 1])
{
    const size_t prefix_len = strlen(TOPIC_REQUEST);
    int written;

    /* The topic does not end in a NUL. */
    if (question->topic_len <= prefix_len
        || strncmp(question->ptopic, TOPIC_REQUEST, prefix_len) != 0) {
        return -1;
    }
    written = HAL_Snprintf(topic, TOPIC_MAX + 1, "%s%.*s", TOPIC_RESPONSE,
                           (int)(question->topic_len - prefix_len),
                           question->ptopic + prefix_len);
    return written > 0 && written <= TOPIC_MAX ? 0 : -1;
}

static void on_question(void *pcontext, void *pclient, iotx_mqtt_event_msg_pt msg)
{
    iotx_mqtt_topic_info_pt question = (iotx_mqtt_topic_info_pt)msg->msg;
    iotx_mqtt_topic_info_t answer;
    char topic[TOPIC_MAX + 1];
    char text[64];
    int rc;

    (void)pcontext;

    HAL_Printf("asked: %.*s\n", (int)question->payload_len, question->payload);
    if (response_topic(question, topic) != 0) {
        return;
    }
    HAL_Snprintf(text, sizeof(text), "{\"uptime\":%u}", (unsigned int)HAL_UptimeMs());

    /* A handler may publish. QoS 0: nobody waits for an answer that comes again later. */
    memset(&answer, 0, sizeof(answer));
    answer.qos = IOTX_MQTT_QOS0;
    answer.payload = text;
    answer.payload_len = (uint32_t)strlen(text);
    rc = IOT_MQTT_Publish(pclient, topic, &answer);
    if (rc < 0) {
        HAL_Printf("the answer could not be sent: %d\n", rc);
        return;
    }
    HAL_Printf("answered: %s\n", text);
    answered++;
}

static void *connect_device(void)
{
    static char write_buf[1024];
    static char read_buf[1024];
    iotx_conn_info_pt conn_info = NULL;
    iotx_mqtt_param_t params;

    if (IOT_SetupConnInfo(PRODUCT_KEY, DEVICE_NAME, DEVICE_SECRET, (void **)&conn_info) != 0) {
        return NULL;
    }

    memset(&params, 0, sizeof(params));
    params.host = conn_info->host_name;
    params.port = conn_info->port;
    params.client_id = conn_info->client_id;
    params.username = conn_info->username;
    params.password = conn_info->password;
    params.pub_key = conn_info->pub_key;
    /* A question from the time when the device was away is of no use any more. */
    params.clean_session = 1;
    params.request_timeout_ms = 2000;
    params.keepalive_interval_ms = 60000;
    params.pwrite_buf = write_buf;
    params.write_buf_size = sizeof(write_buf);
    params.pread_buf = read_buf;
    params.read_buf_size = sizeof(read_buf);
    return IOT_MQTT_Construct(&params);
}

int main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 0;
    void *pclient;
    int rc;

    IOT_OpenLog("rrpc");
    IOT_SetLogLevel(IOT_LOG_INFO);

    pclient = connect_device();
    if (pclient == NULL) {
        HAL_Printf("the device could not log in; the log says why\n");
        return 1;
    }
    /* "+" stands for the id, which is another one each time. */
    rc = IOT_MQTT_Subscribe_Sync(pclient, TOPIC_REQUEST "+", IOTX_MQTT_QOS0, on_question, NULL,
                                 5000, 1);
    while (rc == 0 && (count == 0 || answered < count)) {
        rc = IOT_MQTT_Yield(pclient, 100);
    }
    IOT_MQTT_Destroy(&pclient);
    IOT_CloseLog();
    return rc == 0 ? 0 : 1;
}
