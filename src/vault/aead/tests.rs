//! The vectors of RFC 7518, and every flipped byte.

use super::*;

/// RFC 7518 Appendix B.3, "Test Cases for `AES_256_CBC_HMAC_SHA_512`".
const CIPHERTEXT: &str = "
    4a ff aa ad b7 8c 31 c5 da 4b 1b 59 0d 10 ff bd 3d d8 d5 d3 02 42 35 26 91 2d a0 37 ec bc c7 bd
    82 2c 30 1d d6 7c 37 3b cc b5 84 ad 3e 92 79 c2 e6 d1 2a 13 74 b7 7f 07 75 53 df 82 94 10 44 6b
    36 eb d9 70 66 29 6a e6 42 7e a7 5c 2e 08 46 a1 1a 09 cc f5 37 0d c8 0b fe cb ad 28 c7 3f 09 b3
    a3 b7 5e 66 2a 25 94 41 0a e4 96 b2 e2 e6 60 9e 31 e6 e0 2c c8 37 f0 53 d2 1f 37 ff 4f 51 95 0b
    be 26 38 d0 9d d7 a4 93 09 30 80 6d 07 03 b1 f6";
const TAG: &str = "
    4d d3 b4 c0 88 a7 f4 5c 21 68 39 64 5b 20 12 bf 2e 62 69 a8 c5 6a 81 6d bc 1b 26 77 61 95 5b c5";
const IV: &str = "1a f3 8c 2d c2 b9 6f fd d8 66 94 09 23 41 bc 04";
const PLAINTEXT: &[u8] = b"A cipher system must not be required to be secret, and it must be able \
    to fall into the hands of the enemy without inconvenience";
const ASSOCIATED: &[u8] = b"The second principle of Auguste Kerckhoffs";

fn bytes(hex: &str) -> Vec<u8> {
    hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).expect("hex")).collect()
}

fn array<const N: usize>(hex: &str) -> [u8; N] {
    bytes(hex).try_into().expect("the length of the vector")
}

/// The key of all vectors of Appendix B: 00 01 02 … 3f.
fn key() -> Key {
    Key::new(&std::array::from_fn(|at| u8::try_from(at).expect("small")))
}

#[test]
fn the_vector_of_rfc_7518_appendix_b_3() {
    let (ciphertext, tag) = key().encrypt(&array(IV), ASSOCIATED, PLAINTEXT);
    assert_eq!(ciphertext, bytes(CIPHERTEXT));
    assert_eq!(tag, array(TAG));
    let opened = key().decrypt(&array(IV), ASSOCIATED, &bytes(CIPHERTEXT), &array(TAG));
    assert_eq!(opened.as_deref().map(Vec::as_slice), Some(PLAINTEXT));
}

#[test]
fn any_changed_bit_is_noticed() {
    let (iv, ciphertext, tag) = (array::<16>(IV), bytes(CIPHERTEXT), array::<32>(TAG));
    let opens = |iv: &Iv, associated: &[u8], ciphertext: &[u8], tag: &Tag| {
        key().decrypt(iv, associated, ciphertext, tag).is_some()
    };
    assert!(opens(&iv, ASSOCIATED, &ciphertext, &tag));
    for at in 0..ciphertext.len() {
        let mut changed = ciphertext.clone();
        changed[at] ^= 1;
        assert!(!opens(&iv, ASSOCIATED, &changed, &tag), "ciphertext byte {at}");
    }
    for at in 0..32 {
        let mut changed = tag;
        changed[at] ^= 0x80;
        assert!(!opens(&iv, ASSOCIATED, &ciphertext, &changed), "tag byte {at}");
    }
    for at in 0..16 {
        let mut changed = iv;
        changed[at] ^= 1;
        assert!(!opens(&changed, ASSOCIATED, &ciphertext, &tag), "iv byte {at}");
    }
    assert!(!opens(&iv, b"The first principle", &ciphertext, &tag));
    assert!(!opens(&iv, ASSOCIATED, &ciphertext[..ciphertext.len() - 16], &tag));
    assert!(!opens(&iv, ASSOCIATED, b"", &tag));
}
