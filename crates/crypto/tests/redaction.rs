//! No secret shows when it is printed, as a log or a failed assertion would.

use gossamer_crypto::{
    Admission, DatabaseKey, DeviceId, DeviceKey, Fernet, FernetKey, FileId, FileKey, Keyring,
    NetworkFernet, NetworkKey, Password, PasswordKey, Role, Sealer, Transcript, UserKey,
};

const SECRET: [u8; 32] = [0xd7; 32];

#[test]
fn no_secret_shows_when_printed() {
    let password = Password::new("hunter2");
    let password_key = PasswordKey::derive(&password, "mesh");
    let id = DeviceId::new([0; 32]);
    let (admission, _) = Admission::start(Role::Client, &password_key, &id, &id);
    let (_, theirs) = Admission::start(Role::Server, &password_key, &id, &id);
    let transcript = Transcript {
        exporter: SECRET,
        client_hello: b"hello",
        server_hello: b"hello",
    };
    let network_key = NetworkKey::new(SECRET);
    let keyring = Keyring::from_iter([network_key.clone()]);
    let file_key = FileKey::new(SECRET);

    let printed = [
        format!("{:?}", DeviceKey::from_secret(&SECRET)),
        format!("{:?}", UserKey::from_secret(&SECRET)),
        format!("{password:?}"),
        format!("{password_key:?}"),
        format!("{transcript:?}"),
        format!("{admission:?}"),
        format!("{:?}", admission.finish(&theirs, &transcript)),
        format!("{network_key:?}"),
        format!("{:?}", NetworkFernet::new(&keyring)),
        format!("{:?}", FernetKey::from(SECRET)),
        format!("{:?}", Fernet::new(&FernetKey::from(SECRET))),
        format!("{file_key:?}"),
        format!("{:?}", Sealer::new(&file_key, FileId::new([0; 16]))),
        format!("{:?}", DatabaseKey::new(SECRET)),
    ];
    let expected = [
        "DeviceKey(..)",
        "UserKey(..)",
        "Password(..)",
        "PasswordKey(..)",
        "Transcript(..)",
        "Admission(..)",
        "Ok(Confirmation(..))",
        "NetworkKey(..)",
        "NetworkFernet(..)",
        "FernetKey(..)",
        "Fernet(..)",
        "FileKey(..)",
        "Sealer(FileId(00000000))",
        "DatabaseKey(..)",
    ];
    assert_eq!(printed, expected);
}

/// A keyring shows the ids of its keys, which are hashes.
#[test]
fn a_keyring_shows_ids_only() {
    let key = NetworkKey::new(SECRET);
    let expected = format!("Keyring({{{:?}: NetworkKey(..)}})", key.id());
    assert_eq!(format!("{:?}", Keyring::from_iter([key])), expected);
}
