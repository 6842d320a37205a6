//! TLS 1.3 with raw public keys: the key of a device is its certificate
//! (docs/protocol-v2.md 5.1, RFC 7250).

use std::{fmt, io, net::SocketAddr, sync::Arc, thread, time::Duration};

use gossamer_crypto::{DeviceId, DeviceKey};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName, Error, ServerConfig,
    SignatureScheme,
    client::{
        AlwaysResolvesClientRawPublicKeys, Resumption,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{
        CryptoProvider, WebPkiSupportedAlgorithms,
        aws_lc_rs::{self, cipher_suite, kx_group},
        verify_tls13_signature_with_raw_key,
    },
    pki_types::{
        CertificateDer, PrivatePkcs8KeyDer, ServerName, SubjectPublicKeyInfoDer, UnixTime,
    },
    server::{
        AlwaysResolvesServerRawPublicKeys, NoServerSessionStorage,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
    sign::CertifiedKey,
    version::TLS13,
};
use tokio::{io::BufReader, net::TcpStream, time::timeout};
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{
    LinkError,
    carrier::Carrier,
    limits,
    traffic::{Counted, Traffic},
};

/// What a connection under TLS goes over. The library reads 4 KiB at a time; the buffer makes it
/// fewer system calls.
pub(crate) type Socket = Box<TlsStream<BufReader<Carrier>>>;

/// What runs inside a TLS connection; agreed on by ALPN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Link,
    Stream,
}

impl Service {
    const ALL: [Self; 2] = [Self::Link, Self::Stream];

    fn alpn(self) -> Vec<u8> {
        match self {
            Self::Link => b"gossamer-link/2".to_vec(),
            Self::Stream => b"gossamer-stream/2".to_vec(),
        }
    }
}

/// 32 bytes that both ends derive from a handshake and nobody else can (RFC 8446 7.5): what binds
/// an admission to its connection (docs/protocol-v2.md 5.3). Never printed, wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Exporter([u8; 32]);

impl Exporter {
    /// The bytes.
    #[must_use]
    pub fn expose_secret(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exporter(..)")
    }
}

/// A connection whose handshake is done: the other side has the key of `device`.
pub(crate) struct Secure {
    pub(crate) socket: Socket,
    pub(crate) device: DeviceId,
    pub(crate) addr: SocketAddr,
    pub(crate) service: Service,
    pub(crate) exporter: Exporter,
}

/// Shakes hands in the name of one device.
pub(crate) struct Identity {
    provider: Arc<CryptoProvider>,
    key: Arc<CertifiedKey>,
    acceptor: TlsAcceptor,
    traffic: Arc<Traffic>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(..)")
    }
}

impl Identity {
    pub(crate) fn new(key: &DeviceKey, traffic: Arc<Traffic>) -> Self {
        let provider = Arc::new(provider());
        wake_up(&provider);
        let key = certified(&provider, key);
        let acceptor = server_config(&provider, &key).into();
        Self {
            provider,
            key,
            acceptor,
            traffic,
        }
    }

    /// What TLS goes over, from a connection.
    pub(crate) fn carry(&self, tcp: TcpStream) -> Result<Carrier, LinkError> {
        // Frames are flushed when they are to go out; waiting for more to send would delay them.
        tcp.set_nodelay(true).map_err(LinkError::Unreachable)?;
        Ok(Carrier::Tcp(Counted::new(tcp, Arc::clone(&self.traffic))))
    }

    /// The server's side of a handshake.
    pub(crate) async fn accept(
        &self,
        carrier: Carrier,
        addr: SocketAddr,
    ) -> Result<Secure, LinkError> {
        let handshake = self.acceptor.accept(buffered(carrier));
        let stream = in_time(limits::HANDSHAKE, handshake).await?;
        secure(Box::new(stream.into()), addr)
    }

    /// The client's side. With a device expected, no other is spoken to.
    pub(crate) async fn connect(
        &self,
        carrier: Carrier,
        addr: SocketAddr,
        service: Service,
        expected: Option<DeviceId>,
    ) -> Result<Secure, LinkError> {
        let config = client_config(&self.provider, &self.key, service, expected);
        let name = ServerName::from(addr.ip());
        let handshake = TlsConnector::from(config).connect(name, buffered(carrier));
        let stream = in_time(limits::HANDSHAKE, handshake).await?;
        secure(Box::new(stream.into()), addr)
    }
}

fn buffered(carrier: Carrier) -> BufReader<Carrier> {
    BufReader::with_capacity(limits::READ, carrier)
}

async fn in_time<T>(
    most: Duration,
    handshake: impl Future<Output = io::Result<T>>,
) -> Result<T, LinkError> {
    timeout(most, handshake)
        .await
        .map_err(|_| LinkError::TimedOut)?
        .map_err(LinkError::of_handshake)
}

/// Reads who and what a handshake agreed on.
fn secure(socket: Socket, addr: SocketAddr) -> Result<Secure, LinkError> {
    let (_, tls) = socket.get_ref();
    let service = Service::ALL
        .into_iter()
        .find(|service| tls.alpn_protocol() == Some(&service.alpn()))
        .ok_or(LinkError::Refused(Error::NoApplicationProtocol))?;
    let device = tls
        .peer_certificates()
        .and_then(|keys| DeviceId::from_spki(keys.first()?))
        .ok_or(LinkError::Refused(Error::NoCertificatesPresented))?;
    let exporter = exporter(&socket).map_err(LinkError::Refused)?;
    Ok(Secure {
        socket,
        device,
        addr,
        service,
        exporter,
    })
}

fn exporter(socket: &Socket) -> Result<Exporter, Error> {
    let (out, label) = ([0; 32], b"EXPORTER-gossamer2-admission");
    let bytes = match socket.as_ref() {
        TlsStream::Client(client) => client.get_ref().1.export_keying_material(out, label, None),
        TlsStream::Server(server) => server.get_ref().1.export_keying_material(out, label, None),
    };
    bytes.map(Exporter)
}

/// The library's random numbers begin with tens of milliseconds of gathering entropy, once in a
/// process. The first handshake would otherwise wait for that at both ends, and the runtime with it.
fn wake_up(provider: &CryptoProvider) {
    let random = provider.secure_random;
    // Where no thread is to be had, the first handshake does it after all.
    let _ = thread::Builder::new()
        .name("entropy".to_owned())
        .spawn(move || random.fill(&mut [0]));
}

/// The suites and groups of docs/protocol-v2.md 5.1, best first.
fn provider() -> CryptoProvider {
    CryptoProvider {
        cipher_suites: vec![
            cipher_suite::TLS13_AES_256_GCM_SHA384,
            cipher_suite::TLS13_AES_128_GCM_SHA256,
            cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
        ],
        kx_groups: vec![kx_group::X25519MLKEM768, kx_group::X25519],
        ..aws_lc_rs::default_provider()
    }
}

fn certified(provider: &CryptoProvider, key: &DeviceKey) -> Arc<CertifiedKey> {
    let pkcs8 = key.to_pkcs8();
    let der = PrivatePkcs8KeyDer::from(pkcs8.as_slice()).clone_key();
    let signer = provider
        .key_provider
        .load_private_key(der.into())
        .expect("a DeviceKey is an Ed25519 key, which the provider supports");
    let spki = CertificateDer::from(key.id().to_spki().to_vec());
    Arc::new(CertifiedKey::new(vec![spki], signer))
}

fn server_config(provider: &Arc<CryptoProvider>, key: &Arc<CertifiedKey>) -> Arc<ServerConfig> {
    let verifier = PeerKey::new(provider, None);
    let resolver = AlwaysResolvesServerRawPublicKeys::new(Arc::clone(key));
    let mut config = ServerConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(&[&TLS13])
        .expect("the suites are those of TLS 1.3")
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(Arc::new(resolver));
    config.alpn_protocols = Service::ALL.map(Service::alpn).to_vec();
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Arc::new(config)
}

fn client_config(
    provider: &Arc<CryptoProvider>,
    key: &Arc<CertifiedKey>,
    service: Service,
    expected: Option<DeviceId>,
) -> Arc<ClientConfig> {
    let verifier = PeerKey::new(provider, expected);
    let resolver = AlwaysResolvesClientRawPublicKeys::new(Arc::clone(key));
    let mut config = ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(&[&TLS13])
        .expect("the suites are those of TLS 1.3")
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_client_cert_resolver(Arc::new(resolver));
    config.alpn_protocols = vec![service.alpn()];
    config.resumption = Resumption::disabled();
    config.enable_sni = false;
    Arc::new(config)
}

/// Checks that the other side has the key it shows, and that it is the expected one, if any.
#[derive(Debug)]
struct PeerKey {
    expected: Option<DeviceId>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl PeerKey {
    fn new(provider: &CryptoProvider, expected: Option<DeviceId>) -> Arc<Self> {
        Arc::new(Self {
            expected,
            algorithms: provider.signature_verification_algorithms,
        })
    }

    fn check(&self, spki: &[u8]) -> Result<(), Error> {
        let device = DeviceId::from_spki(spki)
            .ok_or(Error::InvalidCertificate(CertificateError::BadEncoding))?;
        match self.expected {
            Some(expected) if expected != device => {
                Err(CertificateError::ApplicationVerificationFailure.into())
            }
            Some(_) | None => Ok(()),
        }
    }

    /// The proof that the other side has the private key.
    fn check_signature(
        &self,
        message: &[u8],
        spki: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let spki = SubjectPublicKeyInfoDer::from(spki.as_ref());
        verify_tls13_signature_with_raw_key(message, &spki, signature, &self.algorithms)
    }
}

/// Never asked: only TLS 1.3 is configured.
const NO_TLS12: Error = Error::PeerIncompatible(rustls::PeerIncompatible::Tls12NotOffered);

impl ServerCertVerifier for PeerKey {
    fn verify_server_cert(
        &self,
        spki: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.check(spki).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(NO_TLS12)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        spki: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.check_signature(message, spki, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

impl ClientCertVerifier for PeerKey {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        spki: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.check(spki).map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(NO_TLS12)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        spki: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.check_signature(message, spki, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}
