//! Compiles SQLCipher with its libtomcrypt provider into this crate, so that a C compiler is all
//! the encrypted database needs on any system (docs/decisions/0001-sqlcipher-backend.md).

use std::{env, path::PathBuf};

/// What SQLCipher uses of libtomcrypt: AES-256-CBC, HMAC, PBKDF2 and the Fortuna generator.
const LIBTOMCRYPT: &[&str] = &[
    "ciphers/aes/aes.c",
    "hashes/helper/hash_memory.c",
    "hashes/sha1.c",
    "hashes/sha2/sha256.c",
    "hashes/sha2/sha512.c",
    "mac/hmac/hmac_done.c",
    "mac/hmac/hmac_init.c",
    "mac/hmac/hmac_memory.c",
    "mac/hmac/hmac_process.c",
    "misc/burn_stack.c",
    "misc/crypt/crypt_argchk.c",
    "misc/crypt/crypt_cipher_descriptor.c",
    "misc/crypt/crypt_cipher_is_valid.c",
    "misc/crypt/crypt_find_cipher.c",
    "misc/crypt/crypt_find_hash.c",
    "misc/crypt/crypt_hash_descriptor.c",
    "misc/crypt/crypt_hash_is_valid.c",
    "misc/crypt/crypt_prng_descriptor.c",
    "misc/crypt/crypt_register_cipher.c",
    "misc/crypt/crypt_register_hash.c",
    "misc/crypt/crypt_register_prng.c",
    "misc/pkcs5/pkcs_5_2.c",
    "misc/zeromem.c",
    "modes/cbc/cbc_decrypt.c",
    "modes/cbc/cbc_done.c",
    "modes/cbc/cbc_encrypt.c",
    "modes/cbc/cbc_start.c",
    "prngs/fortuna.c",
    "prngs/rng_get_bytes.c",
];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=native");
    let windows = env::var_os("CARGO_CFG_WINDOWS").is_some();
    compile_libtomcrypt();
    compile_sqlcipher(windows);

    let out_dir = env::var("OUT_DIR").unwrap_or_default();
    println!("cargo:rustc-link-search=native={out_dir}");
    let kind = link_kind();
    println!("cargo:rustc-link-lib={kind}=gossamer_sqlcipher");
    println!("cargo:rustc-link-lib={kind}=gossamer_tomcrypt");
    if windows {
        println!("cargo:rustc-link-lib=advapi32");
    }
}

/// The crates that call SQLite come after this one on the linker's command line. Linkers that read
/// it once, front to back, would leave all of a plain archive out; Apple's look again.
fn link_kind() -> &'static str {
    match env::var("CARGO_CFG_TARGET_VENDOR").as_deref() {
        Ok("apple") => "static",
        _ => "static:+whole-archive",
    }
}

fn compile_libtomcrypt() {
    let sources = sqlcipher_src::source_dir().join("libtomcrypt");
    c_build()
        .define("LTC_SOURCE", None)
        .define("LTC_NO_TEST", None)
        .files(LIBTOMCRYPT.iter().map(|file| sources.join(file)))
        .compile("gossamer_tomcrypt");
}

fn compile_sqlcipher(windows: bool) {
    let mut build = c_build();
    build
        .define("SQLITE_HAS_CODEC", None)
        .define("SQLCIPHER_CRYPTO_LIBTOMCRYPT", None)
        .define("SQLITE_EXTRA_INIT", "sqlcipher_extra_init")
        .define("SQLITE_EXTRA_SHUTDOWN", "sqlcipher_extra_shutdown")
        // Its errors reach the caller as results; a library writes no log of its own.
        .define("SQLCIPHER_OMIT_LOG", None)
        .define("SQLCIPHER_OMIT_LOG_DEVICE", None)
        // Nothing unencrypted in temporary files.
        .define("SQLITE_TEMP_STORE", "2")
        .define("SQLITE_CORE", None)
        .define("SQLITE_THREADSAFE", "1")
        .define("SQLITE_DEFAULT_FOREIGN_KEYS", "1")
        .define("SQLITE_ENABLE_API_ARMOR", None)
        .define("SQLITE_ENABLE_FTS5", None)
        .define("SQLITE_OMIT_LOAD_EXTENSION", None)
        .define("HAVE_STDINT_H", "1")
        .define("HAVE_ISNAN", None);
    if !windows {
        build
            .define("HAVE_USLEEP", "1")
            .define("HAVE_LOCALTIME_R", None);
    }
    let source = sqlcipher_src::source_dir().join(sqlcipher_src::SOURCE_FILE);
    build
        .include(source.parent().unwrap_or(&source))
        .file("native/no_exit_cleanup.c")
        .compile("gossamer_sqlcipher");
}

/// A build of third-party C: optimised in every profile, its warnings not ours. `main` links it.
fn c_build() -> cc::Build {
    let headers: PathBuf = sqlcipher_src::source_dir().join(sqlcipher_src::LIBTOMCRYPT_INCLUDE_DIR);
    let mut build = cc::Build::new();
    build
        .include(headers)
        .opt_level(2)
        .warnings(false)
        .cargo_metadata(false);
    build
}
