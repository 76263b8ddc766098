//! The defaults of the HAL, as the C functions to which the weak `HAL_*` of `shim/` forward.
//!
//! What each does is documented at its declaration in `hal::c`. `NULL` where a pointer is
//! needed gives the function's failure value.

mod crypt;
mod files;
mod firmware;
mod identity;
mod memory;
mod network;
mod store;
mod sync;
mod tcp;
mod threads;
mod time;
mod timer;
mod udp;
pub(crate) mod values;

#[cfg(test)]
mod tests {
    use std::ffi::{CStr, c_char, c_int};
    use std::ptr::{null, null_mut};

    use super::values::FAILED;
    use crate::hal::c::*;

    fn get(getter: unsafe extern "C" fn(*mut c_char) -> c_int) -> (c_int, String) {
        let mut buffer = [0x55; 80];
        // SAFETY: the buffer is longer than any text of the identity, and the getter ends it.
        unsafe {
            let len = getter(buffer.as_mut_ptr());
            (len, CStr::from_ptr(buffer.as_ptr()).to_str().unwrap().to_owned())
        }
    }

    fn set(setter: unsafe extern "C" fn(*mut c_char) -> c_int, text: &CStr) -> c_int {
        // SAFETY: the text is NUL-terminated, and our setters only read it.
        unsafe { setter(text.as_ptr().cast_mut()) }
    }

    #[test]
    fn the_identity_goes_in_and_comes_out() {
        assert_eq!(set(HAL_SetProductKey, c"a1ExpAkj9Hi"), 11);
        assert_eq!(set(HAL_SetDeviceName, c"Example_dyn1"), 12);
        assert_eq!(set(HAL_SetDeviceName, c"a name of more than 32 characters"), FAILED);
        assert_eq!(set(HAL_SetProductSecret, c"ffFnFlKQW3HYjjPR"), 16);
        assert_eq!(get(HAL_GetProductKey), (11, "a1ExpAkj9Hi".to_owned()));
        assert_eq!(get(HAL_GetDeviceName), (12, "Example_dyn1".to_owned()));
        assert_eq!(get(HAL_GetDeviceID), (24, "a1ExpAkj9Hi.Example_dyn1".to_owned()));
        assert_eq!(get(HAL_GetProductSecret), (16, "ffFnFlKQW3HYjjPR".to_owned()));
        assert_eq!(get(HAL_GetPartnerID), (23, "example.demo.partner-id".to_owned()));
        assert_eq!(get(HAL_GetModuleID), (22, "example.demo.module-id".to_owned()));
        assert_eq!(get(HAL_GetFirmwareVesion), (23, "app-1.0.0-20180101.1000".to_owned()));
        assert_eq!(hal().product_secret().expose(), "ffFnFlKQW3HYjjPR");
        assert!(hal().set_device_secret(&crate::base::identity::Secret::new("s".repeat(64))));
        assert_eq!(get(HAL_GetDeviceSecret), (64, "s".repeat(64)));
        assert!(!hal().set_device_secret(&crate::base::identity::Secret::new("s".repeat(65))));
        assert!(!hal().set_device_secret(&crate::base::identity::Secret::new("a\0b")));
    }

    #[test]
    fn null_gives_the_failure_value() {
        // SAFETY: NULL is what these functions are documented to take.
        unsafe {
            HAL_Free(null_mut());
            HAL_MutexLock(null_mut());
            HAL_MutexUnlock(null_mut());
            HAL_MutexDestroy(null_mut());
            HAL_SemaphorePost(null_mut());
            assert_eq!(HAL_SemaphoreWait(null_mut(), 0), FAILED);
            HAL_SemaphoreDestroy(null_mut());
            let created = HAL_ThreadCreate(null_mut(), None, null_mut(), null_mut(), null_mut());
            assert_eq!(created, FAILED);
            HAL_ThreadDetach(null_mut());
            assert!(HAL_GetTimeStr(null_mut(), 28).is_null());
            for setter in
                [HAL_SetProductKey, HAL_SetDeviceName, HAL_SetDeviceSecret, HAL_SetProductSecret]
            {
                assert_eq!(setter(null_mut()), FAILED);
            }
            for getter in [
                HAL_GetProductKey,
                HAL_GetDeviceName,
                HAL_GetDeviceSecret,
                HAL_GetProductSecret,
                HAL_GetPartnerID,
                HAL_GetModuleID,
                HAL_GetDeviceID,
                HAL_GetFirmwareVesion,
                HAL_GetFirmwareVersion,
            ] {
                assert_eq!(getter(null_mut()), FAILED);
            }
            assert!(HAL_GetChipID(null_mut()).is_null());
            let mut len = 4;
            let mut value = [0_u8; 4];
            assert_eq!(HAL_Kv_Set(null(), value.as_ptr().cast(), 4, 1), FAILED);
            assert_eq!(HAL_Kv_Set(c"key".as_ptr(), null(), 4, 1), FAILED);
            assert_eq!(HAL_Kv_Set(c"key".as_ptr(), value.as_ptr().cast(), -1, 1), FAILED);
            assert_eq!(HAL_Kv_Get(null(), value.as_mut_ptr().cast(), &mut len), FAILED);
            assert_eq!(HAL_Kv_Get(c"key".as_ptr(), null_mut(), &mut len), FAILED);
            assert_eq!(HAL_Kv_Get(c"key".as_ptr(), value.as_mut_ptr().cast(), null_mut()), FAILED);
            assert_eq!(HAL_Kv_Del(null()), FAILED);
            assert_eq!(HAL_TCP_Establish(null(), 1), 0);
            assert_eq!(HAL_TCP_Destroy(usize::MAX), FAILED);
            assert_eq!(HAL_TCP_Write(1, null(), 4, 0), FAILED);
            assert_eq!(HAL_TCP_Read(1, null_mut(), 4, 0), -2);
            assert_eq!(HAL_SSL_Establish(null(), 1, null(), 0), 0);
            assert_eq!(HAL_SSL_Destroy(0), FAILED);
            assert_eq!(HAL_SSL_Write(0, null(), 4, 0), FAILED);
            assert_eq!(HAL_SSL_Read(0, null_mut(), 4, -1), -2);
            HAL_Printf(null());
            assert_eq!(HAL_Snprintf(null_mut(), 0, null()), FAILED);
        }
    }

    #[test]
    fn printing_stays_within_its_room() {
        let mut buffer = [0x55_u8; 8];
        let buf = buffer.as_mut_ptr().cast();
        // SAFETY: the lengths told are within the buffer, and the format takes one string.
        unsafe {
            assert_eq!(HAL_Snprintf(buf, 4, c"%s".as_ptr(), c"abcdef".as_ptr()), 6);
            assert_eq!(HAL_Snprintf(buf, -1, c"%s".as_ptr(), c"abcdef".as_ptr()), 6);
            assert_eq!(HAL_Snprintf(buf, 0, c"%s".as_ptr(), c"abcdef".as_ptr()), 6);
            assert_eq!(HAL_Snprintf(null_mut(), 8, c"%s".as_ptr(), c"abcdef".as_ptr()), 6);
        }
        assert_eq!(&buffer, b"abc\0\x55\x55\x55\x55");
    }

    #[test]
    fn times_and_numbers_come_from_the_defaults() {
        let mut buffer: [c_char; 28] = [0x55; 28];
        // SAFETY: the lengths told are the buffer's, or less.
        unsafe {
            assert!(HAL_GetTimeStr(buffer.as_mut_ptr(), 27).is_null());
            assert_eq!(HAL_GetTimeStr(buffer.as_mut_ptr(), 28), buffer.as_mut_ptr());
            assert_eq!(CStr::from_ptr(buffer.as_ptr()).count_bytes(), 18);
            let before = HAL_UptimeMs();
            HAL_SleepMs(10);
            assert!(HAL_UptimeMs() >= before + 10);
            HAL_Srandom(1);
        }
        assert_eq!(hal().random(1), 0);
        assert!(hal().utc_ms() > 0);
    }

    #[test]
    fn semaphores_and_mutexes_live_behind_handles() {
        // SAFETY: the handles are used between their creation and their destruction.
        unsafe {
            let (mutex, semaphore) = (HAL_MutexCreate(), HAL_SemaphoreCreate());
            HAL_MutexLock(mutex);
            HAL_MutexUnlock(mutex);
            HAL_MutexDestroy(mutex);
            HAL_SemaphorePost(semaphore);
            assert_eq!(HAL_SemaphoreWait(semaphore, PLATFORM_WAIT_INFINITE), 0);
            assert_eq!(HAL_SemaphoreWait(semaphore, 1), FAILED);
            HAL_SemaphoreDestroy(semaphore);
        }
    }

    #[test]
    fn the_defaults_know_themselves() {
        assert_eq!(hal().tcp_read_style(), crate::hal::ReadStyle::Available);
        assert!(!hal().has_own_ssl());
        assert_eq!(hal().pinned_root(), None);
        // SAFETY: the function returns a NUL-terminated text.
        let root = unsafe { CStr::from_ptr(iotx_ca_get()) }.to_str().unwrap();
        assert_eq!(root, crate::transport::GLOBALSIGN_R1_PEM);
    }
}
