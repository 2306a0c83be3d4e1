use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;

/// How much is read at once.
pub(super) const ROOM: usize = 16 << 10;

/// A stream of bytes from and to a client, and what only a socket can do to it.
pub(super) trait Transport: AsyncRead + AsyncWrite + Send + Unpin + 'static {
    /// Reads what has come already, without waiting for more.
    fn read_now(&mut self, buffer: &mut BytesMut) -> io::Result<usize> {
        let mut bytes = vec![0; ROOM];
        let mut read = ReadBuf::new(&mut bytes);
        // Whoever waits for more asks again, with a waker of its own.
        match Pin::new(self).poll_read(&mut Context::from_waker(Waker::noop()), &mut read) {
            Poll::Ready(Ok(())) => {
                buffer.extend_from_slice(read.filled());
                Ok(read.filled().len())
            }
            Poll::Ready(Err(error)) => Err(error),
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }

    /// Lets small writes go out at once.
    fn send_at_once(&self) {}

    /// Lets the end of the stream leave together with the last bytes before it, where that is possible.
    fn hold_until_end(&self) {}

    /// Sends bytes so that their last part is missing to whoever decrypts them, where that is possible.
    fn send_part(&mut self, bytes: &[u8]) -> impl Future<Output = io::Result<()>> + Send {
        let _ = bytes;
        std::future::ready(Ok(()))
    }

    /// Ends the stream as if it broke off, where an end that is meant can be told from that.
    fn cut(&mut self) -> impl Future<Output = io::Result<()>> + Send {
        self.shutdown()
    }

    /// Ends the stream so that the client's next read fails, whatever was sent to it, where that is possible.
    fn reset(self)
    where
        Self: Sized,
    {
    }
}

impl Transport for TcpStream {
    /// Asks the system itself, as bytes may have come that the runtime has not heard of yet.
    fn read_now(&mut self, buffer: &mut BytesMut) -> io::Result<usize> {
        let mut bytes = vec![0; ROOM];
        let length = rustix::io::read(&*self, &mut bytes)?;
        buffer.extend_from_slice(bytes.get(..length).unwrap_or_default());
        Ok(length)
    }

    fn send_at_once(&self) {
        // Without it, small responses wait for acknowledgements. It fails only if the client is gone.
        let _ = self.set_nodelay(true);
    }

    /// A client that looks whether its connection is still open, and only then sends its next request,
    /// is to find it closed. If the end came a moment later, it would depend on the machine whether that
    /// request fails. Nobody but the system can hold these bytes, and only Linux is asked to.
    fn hold_until_end(&self) {
        #[cfg(target_os = "linux")]
        // Where it is refused, the end comes right after the bytes, as on other systems.
        let _ = rustix::net::sockopt::set_tcp_cork(self, true);
    }

    fn reset(self) {
        // Closing a socket of the kind that does not linger is what sends RST. It fails only if the
        // connection is gone already.
        let _ = self.set_zero_linger();
    }
}

#[cfg(test)]
impl Transport for tokio::io::DuplexStream {}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn what_has_come_is_read_without_waiting_for_more() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut buffer = BytesMut::from(&b"before "[..]);
        let nothing = socket.read_now(&mut buffer).unwrap_err();
        assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
        client.write_all(b"a few bytes").await.unwrap();
        socket.readable().await.unwrap();
        assert_eq!(socket.read_now(&mut buffer).unwrap(), 11);
        assert_eq!(buffer, &b"before a few bytes"[..]);
    }

    #[tokio::test]
    async fn a_stream_that_is_no_socket_is_read_in_the_same_way() {
        let (mut client, mut stream) = tokio::io::duplex(ROOM);
        let mut buffer = BytesMut::new();
        let nothing = stream.read_now(&mut buffer).unwrap_err();
        assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
        client.write_all(b"a few bytes").await.unwrap();
        assert_eq!(stream.read_now(&mut buffer).unwrap(), 11);
        assert_eq!(buffer, &b"a few bytes"[..]);
        drop(client);
        assert_eq!(stream.read_now(&mut buffer).unwrap(), 0);
    }
}
