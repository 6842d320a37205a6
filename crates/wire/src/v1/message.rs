//! What travels on TCP: one JSON object for each message.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{DecodeError, EncodeError, NetworkHash, cut, encode};
use crate::limits;

/// A message with its common fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Who sent it, and when.
    pub header: Header,
    /// What it says.
    pub body: Body,
}

/// The fields every message has.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    /// A UUID; nodes relay each id once.
    pub message_id: String,
    /// The node that wrote it, not the one that passed it on.
    pub sender_id: String,
    /// The name that node gives itself; at most [`limits::NAME`] bytes.
    pub sender_name: String,
    /// Unix seconds by the sender's clock.
    pub timestamp: f64,
}

/// The kinds of message.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// A text for everyone.
    Chat(Chat),
    /// A piece of a file.
    FileChunk(FileChunk),
    /// Whom the sender can reach.
    PeerList(PeerList),
    /// Known as a type, without a use.
    FileRequest,
}

/// A text for everyone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chat {
    /// Plain text, or the base64 of a Fernet token in a network with a password.
    pub content: String,
}

/// A piece of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct FileChunk {
    /// A UUID for the whole transfer.
    pub file_id: String,
    /// From 0.
    pub index: u64,
    /// At most [`limits::CHUNK`] bytes.
    pub data: Vec<u8>,
    /// The same in every chunk of a file; all of it is a claim.
    pub file: FileMetadata,
}

/// What a chunk says of its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileMetadata {
    /// As the sender's file system has it.
    pub filename: String,
    /// Bytes in all.
    pub file_size: u64,
    /// SHA-256 of the whole file, hexadecimal.
    pub file_hash: String,
    /// How many chunks there are.
    pub total_chunks: u64,
}

/// Whom the sender can reach. Only nodes of ours send one.
#[derive(Debug, Clone, PartialEq)]
pub struct PeerList {
    /// The sender's network.
    pub network: Option<NetworkHash>,
    /// At most [`limits::PEER_LIST`]; entries with the sender's own id are its own addresses.
    pub peers: Vec<ListedPeer>,
}

/// One entry of a `peer_list`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListedPeer {
    /// The node.
    pub node_id: String,
    /// Its display name.
    pub node_name: String,
    /// Where the sender reaches it.
    pub ip: String,
    /// Its TCP port.
    pub port: u16,
    /// Unix seconds.
    pub last_seen: f64,
}

impl Message {
    /// Writes the message as one JSON object without anything around it.
    ///
    /// # Errors
    /// When it would exceed [`limits::MESSAGE_OUT`].
    pub fn encode(&self) -> Result<Bytes, EncodeError> {
        let header = &self.header;
        let mut json = Json {
            kind: self.body.kind().into(),
            message_id: header.message_id.as_str().into(),
            sender_id: header.sender_id.as_str().into(),
            sender_name: cut(&header.sender_name, limits::NAME).into(),
            timestamp: Some(header.timestamp),
            content: None,
            file_id: None,
            chunk_index: None,
            chunk_data: None,
            file_metadata: None,
            net: None,
            peers: None,
        };
        match &self.body {
            Body::Chat(chat) => json.content = Some(chat.content.as_str().into()),
            Body::FileChunk(chunk) => {
                json.file_id = Some(chunk.file_id.as_str().into());
                json.chunk_index = Some(chunk.index);
                json.chunk_data = Some(STANDARD.encode(&chunk.data).into());
                json.file_metadata = Some(chunk.file.clone());
            }
            Body::PeerList(list) => {
                json.net = list.network.map(|hash| hash.to_string());
                json.peers = Some(list.peers.iter().take(limits::PEER_LIST).cloned().collect());
            }
            Body::FileRequest => {}
        }
        encode(&json, limits::MESSAGE_OUT)
    }

    /// Reads one JSON object.
    ///
    /// # Errors
    /// Says what is wrong with it; the message is then ignored and the connection closed.
    pub fn decode(object: &[u8]) -> Result<Self, DecodeError> {
        if object.len() > limits::MESSAGE {
            return Err(DecodeError::TooLong {
                limit: limits::MESSAGE,
            });
        }
        let json: Json<'_> =
            serde_json::from_slice(object).map_err(|_| DecodeError::NotAnObject)?;
        let header = Header {
            message_id: id(&json.message_id, "message_id")?,
            sender_id: id(&json.sender_id, "sender_id")?,
            sender_name: cut(&json.sender_name, limits::NAME).to_owned(),
            timestamp: json.timestamp.ok_or(DecodeError::BadField("timestamp"))?,
        };
        let body = match &*json.kind {
            "chat" => {
                let content = json
                    .content
                    .filter(|content| content.len() <= limits::CONTENT)
                    .ok_or(DecodeError::BadField("content"))?;
                Body::Chat(Chat {
                    content: content.into_owned(),
                })
            }
            "file_chunk" => Body::FileChunk(decode_chunk(json)?),
            "peer_list" => {
                let mut peers = json.peers.ok_or(DecodeError::BadField("peers"))?;
                peers.truncate(limits::PEER_LIST);
                peers.retain(|peer| peer.node_id.len() <= limits::ID);
                let network = json.net.as_deref().and_then(NetworkHash::parse);
                Body::PeerList(PeerList { network, peers })
            }
            "file_request" => Body::FileRequest,
            _ => return Err(DecodeError::UnknownType),
        };
        Ok(Self { header, body })
    }
}

impl Body {
    /// The `type` on the wire.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Chat(_) => "chat",
            Self::FileChunk(_) => "file_chunk",
            Self::PeerList(_) => "peer_list",
            Self::FileRequest => "file_request",
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Json<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    message_id: Cow<'a, str>,
    #[serde(borrow)]
    sender_id: Cow<'a, str>,
    #[serde(borrow)]
    sender_name: Cow<'a, str>,
    timestamp: Option<f64>,
    // The original program has `content: null` in every message that is not a chat.
    #[serde(borrow, default)]
    content: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    file_id: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    chunk_index: Option<u64>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    chunk_data: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file_metadata: Option<FileMetadata>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    net: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    peers: Option<Vec<ListedPeer>>,
}

fn id(text: &str, field: &'static str) -> Result<String, DecodeError> {
    if text.is_empty() || text.len() > limits::ID {
        return Err(DecodeError::BadField(field));
    }
    Ok(text.to_owned())
}

fn decode_chunk(json: Json<'_>) -> Result<FileChunk, DecodeError> {
    let data = json.chunk_data.ok_or(DecodeError::BadField("chunk_data"))?;
    if data.len() > limits::CHUNK.div_ceil(3) * 4 {
        return Err(DecodeError::BadField("chunk_data"));
    }
    let data = STANDARD
        .decode(data.as_bytes())
        .map_err(|_| DecodeError::BadField("chunk_data"))?;
    if data.len() > limits::CHUNK {
        return Err(DecodeError::BadField("chunk_data"));
    }
    let file = json
        .file_metadata
        .ok_or(DecodeError::BadField("file_metadata"))?;
    if file.filename.len() > limits::FILE_NAME || file.file_hash.len() > limits::ID {
        return Err(DecodeError::BadField("file_metadata"));
    }
    Ok(FileChunk {
        file_id: id(&json.file_id.unwrap_or_default(), "file_id")?,
        index: json
            .chunk_index
            .ok_or(DecodeError::BadField("chunk_index"))?,
        data,
        file,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn from_ana(body: Body) -> Message {
        let header = Header {
            message_id: "7a0c6b1e-5d0a-4d9b-9d52-0d6b6c2f8a11".into(),
            sender_id: "abcd1234".into(),
            sender_name: "ana".into(),
            timestamp: 1_699_123_456.5,
        };
        Message { header, body }
    }

    #[test]
    fn a_chat_looks_as_the_original_program_expects_it() {
        let chat = from_ana(Body::Chat(Chat {
            content: "hello".into(),
        }));
        assert_eq!(
            std::str::from_utf8(&chat.encode().unwrap()).unwrap(),
            r#"{"type":"chat","message_id":"7a0c6b1e-5d0a-4d9b-9d52-0d6b6c2f8a11","sender_id":"abcd1234","sender_name":"ana","timestamp":1699123456.5,"content":"hello"}"#
        );
    }

    #[test]
    fn a_chunk_looks_as_the_original_program_expects_it() {
        let chunk = from_ana(Body::FileChunk(FileChunk {
            file_id: "f".into(),
            index: 2,
            data: b"abc".to_vec(),
            file: FileMetadata {
                filename: "a.txt".into(),
                file_size: 16387,
                file_hash: "00".repeat(32),
                total_chunks: 3,
            },
        }));
        let json: serde_json::Value = serde_json::from_slice(&chunk.encode().unwrap()).unwrap();
        assert!(json["content"].is_null() && json.get("content").is_some());
        assert_eq!(json["chunk_index"], 2);
        assert_eq!(json["chunk_data"], "YWJj");
        assert_eq!(json["file_metadata"]["total_chunks"], 3);
    }

    #[test]
    fn a_chat_of_null_content_is_refused_by_name() {
        let json = br#"{"type":"chat","message_id":"m","sender_id":"a","sender_name":"ana","timestamp":1,"content":null}"#;
        assert_eq!(Message::decode(json), Err(DecodeError::BadField("content")));
    }

    #[test]
    fn an_unknown_type_and_a_deep_nest_are_refused() {
        let json = br#"{"type":"gossip","message_id":"m","sender_id":"a","sender_name":"ana","timestamp":1}"#;
        assert_eq!(Message::decode(json), Err(DecodeError::UnknownType));
        let nest = format!("{}{}", r#"{"type":"#, "[".repeat(100_000));
        assert_eq!(
            Message::decode(nest.as_bytes()),
            Err(DecodeError::NotAnObject)
        );
    }

    #[test]
    fn a_text_that_escapes_into_too_many_bytes_is_not_sent() {
        let chat = from_ana(Body::Chat(Chat {
            content: "\u{1}".repeat(limits::TEXT),
        }));
        assert!(matches!(chat.encode(), Err(EncodeError::TooLong { .. })));
    }

    #[test]
    fn a_chunk_over_eight_kibibytes_is_refused() {
        let mut chunk = FileChunk {
            file_id: "f".into(),
            index: 0,
            data: vec![7; limits::CHUNK],
            file: FileMetadata {
                filename: "a".into(),
                file_size: 1,
                file_hash: String::new(),
                total_chunks: 1,
            },
        };
        let fits = from_ana(Body::FileChunk(chunk.clone())).encode().unwrap();
        assert!(Message::decode(&fits).is_ok());
        chunk.data.push(7);
        let over = from_ana(Body::FileChunk(chunk)).encode().unwrap();
        assert_eq!(
            Message::decode(&over),
            Err(DecodeError::BadField("chunk_data"))
        );
    }

    prop_compose! {
        fn any_body()(
            kind in 0..3,
            text in "\\PC{0,200}",
            data in proptest::collection::vec(any::<u8>(), 0..limits::CHUNK),
            numbers in any::<[u64; 3]>(),
            port in any::<u16>(),
        ) -> Body {
            match kind {
                0 => Body::Chat(Chat { content: text }),
                1 => Body::FileChunk(FileChunk {
                    file_id: "f".into(),
                    index: numbers[0],
                    data,
                    file: FileMetadata {
                        filename: text,
                        file_size: numbers[1],
                        file_hash: "ab".repeat(32),
                        total_chunks: numbers[2],
                    },
                }),
                _ => Body::PeerList(PeerList {
                    network: Some(NetworkHash::of(&text)),
                    peers: vec![ListedPeer {
                        node_id: "b".into(),
                        node_name: text,
                        ip: "10.0.0.1".into(),
                        port,
                        last_seen: 1.5,
                    }],
                }),
            }
        }
    }

    proptest! {
        #[test]
        fn every_message_survives_the_wire(body in any_body()) {
            let message = from_ana(body);
            prop_assert_eq!(Message::decode(&message.encode().unwrap()), Ok(message));
        }

        #[test]
        fn no_bytes_make_the_decoder_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let _ = Message::decode(&bytes);
            let _ = super::super::Beacon::decode(&bytes);
        }

        #[test]
        fn no_edit_of_a_message_makes_the_decoder_panic(
            body in any_body(), at in any::<prop::sample::Index>(), byte in any::<u8>()
        ) {
            let mut bytes = from_ana(body).encode().unwrap().to_vec();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _ = Message::decode(&bytes);
        }
    }
}
