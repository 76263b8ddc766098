/** The release of the C SDK that this library replaces. */
#define LINKKIT_VERSION "2.2.1.1"

/* The names that release 2.3.0 gives to the same sites and options. */
#define iotx_cloud_region_types_t iotx_cloud_domain_types_t
#define IOTX_CLOUD_REGION_SHANGHAI IOTX_CLOUD_DOMAIN_SH
#define IOTX_CLOUD_REGION_SINGAPORE IOTX_CLOUD_DOMAIN_SG
#define IOTX_CLOUD_REGION_JAPAN IOTX_CLOUD_DOMAIN_JP
#define IOTX_CLOUD_REGION_USA_WEST IOTX_CLOUD_DOMAIN_US
#define IOTX_CLOUD_REGION_GERMANY IOTX_CLOUD_DOMAIN_GER
#define IOTX_IOCTL_SET_REGION IOTX_IOCTL_SET_DOMAIN
#define IOTX_IOCTL_GET_REGION IOTX_IOCTL_GET_DOMAIN
