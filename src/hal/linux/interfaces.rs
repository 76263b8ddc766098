//! The machine's network interfaces, as the kernel shows them.

use std::ffi::CStr;
use std::fs;
use std::io;
use std::net::Ipv4Addr;

/// An interface other than the loopback one.
#[derive(Clone, Debug)]
pub(crate) struct Interface {
    pub(crate) name: String,
    /// Six bytes as `01:23:45:67:89:AB`.
    pub(crate) mac: String,
    /// Whether it is a radio.
    pub(crate) wireless: bool,
}

/// All interfaces that have a hardware address; the one to the default gateway first.
pub(crate) fn all() -> Vec<Interface> {
    const CLASS: &str = "/sys/class/net";
    let default = default_route();
    let names = fs::read_dir(CLASS).into_iter().flatten().flatten();
    let mut interfaces: Vec<Interface> = names
        .filter_map(|entry| {
            let mac = fs::read_to_string(entry.path().join("address")).ok()?;
            let mac = mac.trim().to_uppercase();
            // The loopback interface, and those that do not lead to a wire, have none.
            let real = mac.len() == "01:23:45:67:89:AB".len() && mac != "00:00:00:00:00:00";
            real.then(|| Interface {
                name: entry.file_name().to_string_lossy().into_owned(),
                mac,
                wireless: entry.path().join("wireless").exists(),
            })
        })
        .collect();
    interfaces.sort_by_key(|one| (Some(&one.name) != default.as_ref(), one.name.clone()));
    interfaces
}

/// The interfaces as the platform wants them: `ETH|0123456789AB|WiFi|03ACDEFF0032`, as many as fit
/// in `max` bytes.
pub(crate) fn report(max: usize) -> String {
    let mut text = String::new();
    for Interface { mac, wireless, .. } in all() {
        let kind = if wireless { "WiFi" } else { "ETH" };
        let bar = if text.is_empty() { "" } else { "|" };
        let entry = format!("{bar}{kind}|{}", mac.replace(':', ""));
        if text.len() + entry.len() > max {
            break;
        }
        text.push_str(&entry);
    }
    text
}

/// The interface that leads to the default gateway.
pub(crate) fn default_route() -> Option<String> {
    let routes = fs::read_to_string("/proc/net/route").ok()?;
    routes.lines().skip(1).find_map(|line| {
        let mut fields = line.split_whitespace();
        let (name, destination) = (fields.next()?, fields.next()?);
        (destination == "00000000").then(|| name.to_owned())
    })
}

/// The first IPv4 address of an interface; `None` without a name: of any but the loopback one.
pub(crate) fn address(name: Option<&str>) -> io::Result<Option<Ipv4Addr>> {
    let mut list = std::ptr::null_mut();
    // SAFETY: the pointer is live; the list is freed below.
    if unsafe { libc::getifaddrs(&mut list) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let mut found = None;
    let mut next = list;
    // SAFETY: each entry is NULL or a live member of the list.
    while let Some(entry) = unsafe { next.as_ref() } {
        next = entry.ifa_next;
        // SAFETY: the name ends with a NUL, and the address is NULL or as its family says.
        let (own_name, address) = unsafe { (CStr::from_ptr(entry.ifa_name), ipv4(entry.ifa_addr)) };
        let fits = match name {
            Some(name) => own_name.to_bytes() == name.as_bytes(),
            None => address.is_some_and(|address| !address.is_loopback()),
        };
        if fits && address.is_some() {
            found = address;
            break;
        }
    }
    // SAFETY: the list is getifaddrs's and is not used any more.
    unsafe { libc::freeifaddrs(list) };
    Ok(found)
}

/// # Safety
/// `address` is NULL, or points to an address as long as its family says.
unsafe fn ipv4(address: *const libc::sockaddr) -> Option<Ipv4Addr> {
    // SAFETY: as the caller promises.
    let family = unsafe { address.as_ref() }?.sa_family;
    if libc::c_int::from(family) != libc::AF_INET {
        return None;
    }
    // SAFETY: the family says that it is one; it may lie at any address.
    let address = unsafe { address.cast::<libc::sockaddr_in>().read_unaligned() };
    Some(Ipv4Addr::from(u32::from_be(address.sin_addr.s_addr)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loopback_interface_has_its_address_and_is_not_reported() {
        assert_eq!(address(Some("lo")).unwrap(), Some(Ipv4Addr::LOCALHOST));
        assert_eq!(address(Some("no such interface")).unwrap(), None);
        assert!(address(None).unwrap().is_none_or(|address| !address.is_loopback()));
        assert!(all().iter().all(|interface| interface.name != "lo"));
    }

    #[test]
    fn a_report_keeps_to_its_room() {
        assert!(report(20).len() <= 20);
        assert_eq!(report(0), "");
    }
}
