//! Part of `iot_import.h`.

/// From where `HAL_Fseek` counts.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum hal_fs_seek_type_t {
    /// From the start.
    HAL_SEEK_SET = 0,
    /// From where the file is.
    HAL_SEEK_CUR = 1,
    /// From the end.
    HAL_SEEK_END = 2,
}
