//! Random numbers from the operating system.

use std::io;

/// A random number below `bound`, each as likely as the other; 0 for 0.
pub(crate) fn below(bound: u32) -> io::Result<u32> {
    below_from(bound, number)
}

/// Scales a random number down to the range by a multiplication, and draws again in the few cases
/// that would make some results likelier than others (Lemire's method).
fn below_from(bound: u32, mut draw: impl FnMut() -> io::Result<u32>) -> io::Result<u32> {
    if bound == 0 {
        return Ok(0);
    }
    let unfair = bound.wrapping_neg() % bound;
    loop {
        let product = u64::from(draw()?) * u64::from(bound);
        let (result, rest) = ((product >> 32) as u32, product as u32);
        if rest >= unfair {
            return Ok(result);
        }
    }
}

fn number() -> io::Result<u32> {
    let mut bytes = [0; size_of::<u32>()];
    loop {
        // SAFETY: the buffer is writable and as long as is said.
        let got = unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), bytes.len(), 0) };
        // The kernel fills so short a request wholly or not at all.
        if usize::try_from(got) == Ok(bytes.len()) {
            return Ok(u32::from_ne_bytes(bytes));
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_below_the_bound() {
        assert_eq!(below(0).unwrap(), 0);
        assert_eq!(below(1).unwrap(), 0);
        let drawn: Vec<u32> = (0..1000).map(|_| below(10).unwrap()).collect();
        assert!(drawn.iter().all(|&number| number < 10));
        assert!((0..10).all(|wanted| drawn.contains(&wanted)));
    }

    #[test]
    fn draws_again_what_would_be_unfair() {
        // Of 2^32 numbers one is too many for three equal shares, and it is the first.
        let mut draws = [0, u32::MAX].into_iter();
        assert_eq!(below_from(3, || Ok(draws.next().unwrap())).unwrap(), 2);
        assert_eq!(draws.next(), None);
    }

    #[test]
    fn the_largest_bound_is_reached() {
        assert_eq!(below_from(u32::MAX, || Ok(u32::MAX)).unwrap(), u32::MAX - 1);
    }
}
