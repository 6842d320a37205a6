//! Sockets and nothing else: discovery, interfaces, listener, senders.
