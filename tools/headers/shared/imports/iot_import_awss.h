/** Room in bytes, with the NUL where it is text: for a short text, for the name and the password of a
 * network, for an IPv4 address, for what `HAL_Config_Write` takes, for a MAC address. */
#define STR_SHORT_LEN (32)
#define HAL_MAX_SSID_LEN (32 + 1)
#define HAL_MAX_PASSWD_LEN (64 + 1)
#define HAL_IP_LEN (15 + 1)
#define HAL_CONFIG_SIZE (2048)
#ifndef ETH_ALEN
#define ETH_ALEN (6)
#endif

/** How long a network may take to join, in milliseconds. */
#define WLAN_CONNECTION_TIMEOUT_MS (30 * 1000)

/** How a frame begins. */
enum AWSS_LINK_TYPE {
    AWSS_LINK_TYPE_NONE = 0,
    AWSS_LINK_TYPE_PRISM = 1,
    AWSS_LINK_TYPE_80211_RADIO = 2,
    AWSS_LINK_TYPE_80211_RADIO_AVS = 3,
    AWSS_LINK_TYPE_HT40_CTRL = 4,
};

/** A frame of 40 MHz, of which only this is known. */
struct HAL_Ht40_Ctrl {
    uint16_t length;
    uint8_t filter;
    signed char rssi;
};

/** How a network authenticates. */
enum AWSS_AUTH_TYPE {
    AWSS_AUTH_TYPE_OPEN = 0,
    AWSS_AUTH_TYPE_SHARED = 1,
    AWSS_AUTH_TYPE_WPAPSK = 2,
    AWSS_AUTH_TYPE_WPA8021X = 3,
    AWSS_AUTH_TYPE_WPA2PSK = 4,
    AWSS_AUTH_TYPE_WPA28021X = 5,
    AWSS_AUTH_TYPE_WPAPSKWPA2PSK = 6,
    AWSS_AUTH_TYPE_MAX = AWSS_AUTH_TYPE_WPAPSKWPA2PSK,
    AWSS_AUTH_TYPE_INVALID = 0xff,
};

/** How a network encrypts. */
enum AWSS_ENC_TYPE {
    AWSS_ENC_TYPE_NONE = 0,
    AWSS_ENC_TYPE_WEP = 1,
    AWSS_ENC_TYPE_TKIP = 2,
    AWSS_ENC_TYPE_AES = 3,
    AWSS_ENC_TYPE_TKIPAES = 4,
    AWSS_ENC_TYPE_MAX = AWSS_ENC_TYPE_TKIPAES,
    AWSS_ENC_TYPE_INVALID = 0xff,
};

/** The kinds of frames, and their bits in a mask. */
typedef enum HAL_Awss_Frame_Type {
    FRAME_ACTION = 0,
    FRAME_BEACON = 1,
    FRAME_PROBE_REQ = 2,
    FRAME_PROBE_RESPONSE = 3,
    FRAME_DATA = 4,
} HAL_Awss_Frame_Type_t;

#define FRAME_ACTION_MASK (1 << FRAME_ACTION)
#define FRAME_BEACON_MASK (1 << FRAME_BEACON)
#define FRAME_PROBE_REQ_MASK (1 << FRAME_PROBE_REQ)
#define FRAME_PROBE_RESP_MASK (1 << FRAME_PROBE_RESPONSE)
#define FRAME_DATA_MASK (1 << FRAME_DATA)

/** Hears a frame. */
typedef int (*awss_recv_80211_frame_cb_t)(char *buf, int length, enum AWSS_LINK_TYPE link_type,
                                          int with_fcs, signed char rssi);

/** Hears a frame that passed the filter. */
typedef void (*awss_wifi_mgmt_frame_cb_t)(uint8_t *buffer, int len, signed char rssi_dbm,
                                          int buffer_type);

/** A network. */
typedef struct {
    enum AWSS_AUTH_TYPE auth;
    enum AWSS_ENC_TYPE encry;
    uint8_t channel;
    signed char rssi_dbm;
    char ssid[HAL_MAX_SSID_LEN];
    uint8_t mac[ETH_ALEN];
} awss_ap_info_t;

/** Hears of a network that a scan found. */
typedef int (*awss_wifi_scan_result_cb_t)(const char ssid[HAL_MAX_SSID_LEN],
                                          const uint8_t bssid[ETH_ALEN], enum AWSS_AUTH_TYPE auth,
                                          enum AWSS_ENC_TYPE encry, uint8_t channel,
                                          signed char rssi, int is_last_ap);

#ifdef __cplusplus
extern "C" {
#endif

/** How long provisioning may take. Not supported yet: returns -1. */
int HAL_Awss_Get_Timeout_Interval_Ms(void);

/** How long a channel is listened to. Not supported yet: returns -1. */
int HAL_Awss_Get_Channelscan_Interval_Ms(void);

/** Has every frame told. Not supported yet: does nothing. */
void HAL_Awss_Open_Monitor(awss_recv_80211_frame_cb_t cb);

/** Ends that. Not supported yet: does nothing. */
void HAL_Awss_Close_Monitor(void);

/** Listens to another channel. Not supported yet: does nothing. */
void HAL_Awss_Switch_Channel(char primary_channel, char secondary_channel,
                             uint8_t bssid[ETH_ALEN]);

/** Joins a network. Not supported yet: returns -1. */
int HAL_Awss_Connect_Ap(uint32_t connection_timeout_ms, char ssid[HAL_MAX_SSID_LEN],
                        char passwd[HAL_MAX_PASSWD_LEN], enum AWSS_AUTH_TYPE auth,
                        enum AWSS_ENC_TYPE encry, uint8_t bssid[ETH_ALEN], uint8_t channel);

/** Sends a frame. Not supported yet: returns -1. */
int HAL_Wifi_Send_80211_Raw_Frame(enum HAL_Awss_Frame_Type type, uint8_t *buffer, int len);

/** Has the frames of a mask told. Not supported yet: returns -1. */
int HAL_Wifi_Enable_Mgmt_Frame_Filter(uint32_t filter_mask, uint8_t vendor_oui[3],
                                      awss_wifi_mgmt_frame_cb_t callback);

/** Looks for networks. Not supported yet: returns -1. */
int HAL_Wifi_Scan(awss_wifi_scan_result_cb_t cb);

/** Which network the device is in. Not supported yet: returns -1. */
int HAL_Wifi_Get_Ap_Info(char ssid[HAL_MAX_SSID_LEN], char passwd[HAL_MAX_PASSWD_LEN],
                         uint8_t bssid[ETH_ALEN]);

/** How the device encrypts what it sends. Not supported yet: returns -1. */
int HAL_Awss_Get_Encrypt_Type(void);

/** How a connection of provisioning is encrypted. Not supported yet: returns -1. */
int HAL_Awss_Get_Conn_Encrypt_Type(void);

/** How long the default network is tried. Not supported yet: returns -1. */
int HAL_Awss_Get_Connect_Default_Ssid_Timeout_Interval_Ms(void);

/** Opens an access point. Not supported yet: returns -1. */
int HAL_Awss_Open_Ap(const char *ssid, const char *passwd, int beacon_interval, int hide);

/** Closes the access point. Not supported yet: returns -1. */
int HAL_Awss_Close_Ap(void);

/** How strong Wi-Fi is. Not supported yet: returns -1. */
int HAL_Wifi_Get_Rssi_Dbm(void);

/** Lets Wi-Fi sleep. Not supported yet: returns -1. */
int HAL_Wifi_Low_Power(int timeout_ms);

/** How strong the radio at 433 MHz is. Not supported yet: returns -1. */
int HAL_RF433_Get_Rssi_Dbm(void);

/** The name of the system. Not supported yet: returns NULL. */
char *HAL_Wifi_Get_Os_Version(char version_str[STR_SHORT_LEN]);

#ifdef __cplusplus
}
#endif
