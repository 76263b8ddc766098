//! AES-128 in the modes CBC and CFB, for firmware that has no cipher of its own.

use aes::Aes128;
use cbc::cipher::{Block, BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use zeroize::Zeroizing;

/// The length of keys, of initial vectors and of blocks, in bytes.
pub(crate) const BLOCK: usize = 16;

/// What a context is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    CbcEncrypt,
    CbcDecrypt,
    CfbEncrypt,
    CfbDecrypt,
}

impl Mode {
    fn encrypts(self) -> bool {
        matches!(self, Mode::CbcEncrypt | Mode::CfbEncrypt)
    }
}

/// A key on its way through a text. The first use settles the mode.
pub(crate) struct Context {
    encrypts: bool,
    key: Zeroizing<[u8; BLOCK]>,
    iv: [u8; BLOCK],
    cipher: Option<Cipher>,
}

enum Cipher {
    CbcEncrypt(cbc::Encryptor<Aes128>),
    CbcDecrypt(cbc::Decryptor<Aes128>),
    CfbEncrypt(cfb_mode::BufEncryptor<Aes128>),
    CfbDecrypt(cfb_mode::BufDecryptor<Aes128>),
}

impl Context {
    pub(crate) fn new(key: &[u8; BLOCK], iv: &[u8; BLOCK], encrypts: bool) -> Self {
        Context { encrypts, key: Zeroizing::new(*key), iv: *iv, cipher: None }
    }

    /// Goes on through the text, in place. `false`, and nothing happens: the context is for
    /// something else, or a CBC text does not end with a block.
    pub(crate) fn apply(&mut self, mode: Mode, data: &mut [u8]) -> bool {
        if mode.encrypts() != self.encrypts {
            return false;
        }
        let (key, iv) = ((&*self.key).into(), (&self.iv).into());
        let cipher = self.cipher.get_or_insert_with(|| match mode {
            Mode::CbcEncrypt => Cipher::CbcEncrypt(KeyIvInit::new(key, iv)),
            Mode::CbcDecrypt => Cipher::CbcDecrypt(KeyIvInit::new(key, iv)),
            Mode::CfbEncrypt => Cipher::CfbEncrypt(KeyIvInit::new(key, iv)),
            Mode::CfbDecrypt => Cipher::CfbDecrypt(KeyIvInit::new(key, iv)),
        });
        match (mode, cipher) {
            (Mode::CbcEncrypt, Cipher::CbcEncrypt(cipher)) => {
                blocks(data, |block| cipher.encrypt_block(block))
            }
            (Mode::CbcDecrypt, Cipher::CbcDecrypt(cipher)) => {
                blocks(data, |block| cipher.decrypt_block(block))
            }
            (Mode::CfbEncrypt, Cipher::CfbEncrypt(cipher)) => {
                cipher.encrypt(data);
                true
            }
            (Mode::CfbDecrypt, Cipher::CfbDecrypt(cipher)) => {
                cipher.decrypt(data);
                true
            }
            _ => false,
        }
    }
}

fn blocks(data: &mut [u8], mut apply: impl FnMut(&mut Block<Aes128>)) -> bool {
    let (blocks, rest) = data.as_chunks_mut::<BLOCK>();
    if !rest.is_empty() {
        return false;
    }
    for block in blocks {
        apply(block.into());
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    // NIST SP 800-38A, F.2.1 and F.3.13.
    const KEY: [u8; 16] = *b"\x2b\x7e\x15\x16\x28\xae\xd2\xa6\xab\xf7\x15\x88\x09\xcf\x4f\x3c";
    const IV: [u8; 16] = *b"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f";
    const PLAIN: [u8; 32] = *b"\x6b\xc1\xbe\xe2\x2e\x40\x9f\x96\xe9\x3d\x7e\x11\x73\x93\x17\x2a\xae\x2d\x8a\x57\x1e\x03\xac\x9c\x9e\xb7\x6f\xac\x45\xaf\x8e\x51";
    const CBC: [u8; 32] = *b"\x76\x49\xab\xac\x81\x19\xb2\x46\xce\xe9\x8e\x9b\x12\xe9\x19\x7d\x50\x86\xcb\x9b\x50\x72\x19\xee\x95\xdb\x11\x3a\x91\x76\x78\xb2";
    const CFB: [u8; 32] = *b"\x3b\x3f\xd9\x2e\xb7\x2d\xad\x20\x33\x34\x49\xf8\xe8\x3c\xfb\x4a\xc8\xa6\x45\x37\xa0\xb3\xa9\x3f\xcd\xe3\xcd\xad\x9f\x1c\xe5\x8b";

    /// In pieces, as a firmware may feed it.
    fn run(mode: Mode, text: &[u8], piece: usize) -> Vec<u8> {
        let mut context = Context::new(&KEY, &IV, mode.encrypts());
        let mut data = text.to_vec();
        for part in data.chunks_mut(piece) {
            assert!(context.apply(mode, part));
        }
        data
    }

    #[test]
    fn the_standards_examples_come_out() {
        for piece in [16, 32] {
            assert_eq!(run(Mode::CbcEncrypt, &PLAIN, piece), CBC);
            assert_eq!(run(Mode::CbcDecrypt, &CBC, piece), PLAIN);
        }
        for piece in [1, 5, 16, 32] {
            assert_eq!(run(Mode::CfbEncrypt, &PLAIN, piece), CFB);
            assert_eq!(run(Mode::CfbDecrypt, &CFB, piece), PLAIN);
        }
    }

    #[test]
    fn a_context_serves_one_purpose() {
        let mut context = Context::new(&KEY, &IV, true);
        assert!(!context.apply(Mode::CbcDecrypt, &mut [0; 16]));
        assert!(!context.apply(Mode::CbcEncrypt, &mut [0; 17]));
        assert!(context.apply(Mode::CbcEncrypt, &mut [0; 16]));
        assert!(!context.apply(Mode::CfbEncrypt, &mut [0; 16]));
    }
}
