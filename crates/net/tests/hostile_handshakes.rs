//! Whoever does not finish the handshake of docs/protocol-v2.md 5.1 is closed, costs little, and
//! keeps nobody else out. The other side is a socket, or a TLS client that is not one of ours.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::wildcard_enum_match_arm,
    reason = "a test that meets the unexpected has failed; one that cannot run says so"
)]

mod common;

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use common::{DEADLINE, Person, ana, ben, key, link};
use gossamer_net::{LinkError, NetEvent};
use rustls::{
    AlertDescription, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        AlwaysResolvesClientRawPublicKeys,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, UnixTime},
    sign::CertifiedKey,
    version::{TLS12, TLS13},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

const LINK: &[u8] = b"gossamer-link/2";

#[tokio::test]
async fn what_is_neither_json_nor_tls_is_closed_at_once() {
    let mut ana = ana().await;
    for bytes in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        b"SSH-2.0-x\r\n",
        b"\0",
        b"\x80\x2e",
    ] {
        let mut answer = Vec::new();
        let mut socket = say(&ana, bytes).await;
        let end = timeout(DEADLINE, socket.read_to_end(&mut answer)).await;
        assert!(end.is_ok() && answer.is_empty());
    }
    is_well(&mut ana).await;
}

#[tokio::test]
async fn what_is_not_a_handshake_is_closed_at_once() {
    let mut ana = ana().await;
    for bytes in [
        &b"\x16\x03\x01\xff\xff"[..],
        b"\x16GET / HTTP/1.1\r\n\r\n",
        &[0x16; 5000],
    ] {
        assert!(is_closed(&mut say(&ana, bytes).await).await);
    }
    is_well(&mut ana).await;
}

#[tokio::test]
async fn a_truncated_handshake_leaves_nothing_behind() {
    let mut ana = ana().await;
    let hello = hello();
    for length in [1, 5, 6, hello.len() / 2, hello.len() - 1] {
        let mut socket = say(&ana, &hello[..length]).await;
        socket.shutdown().await.unwrap();
        assert!(is_closed(&mut socket).await);
    }
    is_well(&mut ana).await;
}

#[tokio::test]
async fn a_stalled_handshake_is_closed_in_time() {
    let mut ana = ana().await;
    let hello = hello();
    let mut stalled = [
        say(&ana, &hello[..1]).await,
        say(&ana, &hello[..100]).await,
        say(&ana, &hello).await,
    ];
    for socket in &mut stalled {
        assert!(is_closed(socket).await);
    }
    is_well(&mut ana).await;
}

#[tokio::test]
async fn a_handshake_that_drips_is_closed_in_time() {
    let mut ana = ana().await;
    let begun = Instant::now();
    let mut socket = say(&ana, &hello()[..1]).await;
    for byte in &hello()[1..] {
        if socket.write_all(&[*byte]).await.is_err() {
            break;
        }
        // A byte comes back only if the connection is closed.
        if timeout(std::time::Duration::from_millis(50), socket.read_u8())
            .await
            .is_ok()
        {
            break;
        }
    }
    assert!(begun.elapsed() < DEADLINE);
    is_well(&mut ana).await;
}

#[tokio::test]
async fn stalled_handshakes_keep_nobody_out() {
    let (mut ana, mut ben) = (ana().await, ben().await);
    let begun = Instant::now();
    let mut stalled = Vec::new();
    for _ in 0..200 {
        stalled.push(say(&ana, &hello()).await);
    }
    loop {
        ben.net.dial_link(ana.addr, Some(ana.id));
        match ben.event().await {
            NetEvent::LinkUp { .. } => break,
            NetEvent::LinkFailed { why, .. } => {
                assert!(
                    matches!(why, LinkError::Refused(_) | LinkError::NotTls),
                    "{why}"
                );
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(
        begun.elapsed().as_secs() < 4,
        "before the stalled ones are out of time"
    );
    assert_eq!(ana.up().await.device, ben.id);
}

#[tokio::test]
async fn an_older_tls_is_refused() {
    let mut ana = ana().await;
    let config = ClientConfig::builder_with_protocol_versions(&[&TLS12])
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let refused = shake_hands(&ana, config, LINK).await.unwrap_err();
    assert_eq!(
        refused,
        Error::AlertReceived(AlertDescription::ProtocolVersion)
    );
    is_well(&mut ana).await;
}

#[tokio::test]
async fn certificates_are_refused() {
    let mut ana = ana().await;
    let config = ClientConfig::builder_with_protocol_versions(&[&TLS13])
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let refused = shake_hands(&ana, config, LINK).await.unwrap_err();
    assert!(matches!(refused, Error::AlertReceived(_)), "{refused}");
    is_well(&mut ana).await;
}

#[tokio::test]
async fn another_protocol_inside_is_refused() {
    let mut ana = ana().await;
    let refused = shake_hands(&ana, raw_key(1), b"h2").await.unwrap_err();
    assert_eq!(
        refused,
        Error::AlertReceived(AlertDescription::NoApplicationProtocol)
    );
    is_well(&mut ana).await;
}

#[tokio::test]
async fn no_protocol_inside_is_refused() {
    let mut ana = ana().await;
    let mut stream = shake_hands(&ana, raw_key(1), b"").await.unwrap();
    assert!(is_closed(&mut stream).await);
    is_well(&mut ana).await;
}

#[tokio::test]
async fn a_client_without_a_key_is_refused() {
    let mut ana = ana().await;
    let config = ClientConfig::builder_with_protocol_versions(&[&TLS13])
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anyone))
        .with_no_client_auth();
    // It learns only when it reads (RFC 8446 4.4.2.4).
    if let Ok(mut stream) = shake_hands(&ana, config, LINK).await {
        assert!(is_closed(&mut stream).await);
    }
    is_well(&mut ana).await;
}

#[tokio::test]
async fn a_key_that_is_not_its_own_makes_nobody_that_device() {
    let mut ana = ana().await;
    let mut config = raw_key(1);
    let stolen = certified(2, key(3).id().to_spki().to_vec());
    config.client_auth_cert_resolver = Arc::new(AlwaysResolvesClientRawPublicKeys::new(stolen));
    if let Ok(mut stream) = shake_hands(&ana, config, LINK).await {
        assert!(is_closed(&mut stream).await);
    }
    is_well(&mut ana).await;
}

/// The control: what the others are refused for is all that was wrong with them.
#[tokio::test]
async fn a_foreign_client_that_does_all_of_it_is_a_link() {
    let mut ana = ana().await;
    let stream = shake_hands(&ana, raw_key(9), LINK).await.unwrap();
    assert_eq!(ana.up().await.device, key(9).id());
    let (_, tls) = stream.get_ref();
    let group = tls.negotiated_key_exchange_group().unwrap().name();
    assert_eq!(group, rustls::NamedGroup::X25519MLKEM768);
    let suite = tls.negotiated_cipher_suite().unwrap().suite();
    assert_eq!(suite, rustls::CipherSuite::TLS13_AES_256_GCM_SHA384);
}

#[tokio::test]
async fn the_classic_dialect_is_spoken_at_the_same_port() {
    let mut ana = ana().await;
    let chat = br#" {"type":"chat","message_id":"m","sender_id":"3f9c1a7e","sender_name":"ben",
        "timestamp":1.5,"content":"hello"}"#;
    let mut socket = say(&ana, chat).await;
    match ana.event().await {
        NetEvent::Message(received, _) => assert_eq!(received.source, socket.local_addr().unwrap()),
        other => panic!("{other:?}"),
    }
    socket.shutdown().await.unwrap();
}

#[tokio::test]
async fn one_address_has_four_connections_and_gets_them_back() {
    let mut elsewhere = gossamer_net::interfaces(&[]).into_iter().map(|at| at.addr);
    let Some(ip) = elsewhere.find(|addr| !addr.is_loopback()) else {
        return eprintln!("skipped: this machine has no address but loopback");
    };
    let mut ana = Person::at(1, ip.into()).await;
    let mut ben = Person::at(2, ip.into()).await;
    let mut links = Vec::new();
    for _ in 0..4 {
        links.push(link(&mut ben, &mut ana).await);
    }
    ben.net.dial_link(ana.addr, None);
    assert!(matches!(ben.failure().await, LinkError::Refused(_)));

    let (first, _) = links.remove(0);
    ben.net.close_link(first.link, None);
    ana.down().await;
    ben.down().await;
    link(&mut ben, &mut ana).await;
}

/// Nothing of it was reported, and an honest device still gets in.
async fn is_well(ana: &mut Person) {
    ana.is_left_alone().await;
}

async fn say(ana: &Person, bytes: &[u8]) -> TcpStream {
    let mut socket = TcpStream::connect(ana.addr).await.unwrap();
    socket.set_nodelay(true).unwrap();
    socket.write_all(bytes).await.unwrap();
    socket
}

/// Waits for the end, whatever comes before it.
async fn is_closed(socket: &mut (impl AsyncReadExt + Unpin)) -> bool {
    let end = async { while let Ok(1..) = socket.read(&mut [0; 1024]).await {} };
    timeout(DEADLINE, end).await.is_ok()
}

/// What a client of ours says first.
fn hello() -> Vec<u8> {
    let mut config = raw_key(9);
    config.alpn_protocols = vec![LINK.to_vec()];
    let name = ServerName::from(IpAddr::from([127, 0, 0, 1]));
    let mut client = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let mut hello = Vec::new();
    client.write_tls(&mut hello).unwrap();
    hello
}

async fn shake_hands(
    ana: &Person,
    mut config: ClientConfig,
    alpn: &[u8],
) -> Result<TlsStream<TcpStream>, Error> {
    config.alpn_protocols = if alpn.is_empty() {
        vec![]
    } else {
        vec![alpn.to_vec()]
    };
    let SocketAddr::V4(addr) = ana.addr else {
        panic!("{}", ana.addr)
    };
    let name = ServerName::from(IpAddr::from(*addr.ip()));
    let tcp = TcpStream::connect(ana.addr).await.unwrap();
    let handshake = TlsConnector::from(Arc::new(config)).connect(name, tcp);
    let done = timeout(DEADLINE, handshake).await.unwrap();
    done.map_err(|error| error.downcast().unwrap())
}

/// A client with a raw public key that takes any server.
fn raw_key(secret: u8) -> ClientConfig {
    let key = certified(secret, key(secret).id().to_spki().to_vec());
    let mut provider = aws_lc_rs::default_provider();
    provider.kx_groups = vec![
        aws_lc_rs::kx_group::X25519MLKEM768,
        aws_lc_rs::kx_group::X25519,
    ];
    ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anyone))
        .with_client_cert_resolver(Arc::new(AlwaysResolvesClientRawPublicKeys::new(key)))
}

fn certified(secret: u8, spki: Vec<u8>) -> Arc<CertifiedKey> {
    let pkcs8 = PrivatePkcs8KeyDer::from(key(secret).to_pkcs8().to_vec());
    let provider = aws_lc_rs::default_provider();
    let signer = provider
        .key_provider
        .load_private_key(pkcs8.into())
        .unwrap();
    Arc::new(CertifiedKey::new(vec![spki.into()], signer))
}

#[derive(Debug)]
struct Anyone;

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}
