//! Accepting connections, with limits on how long a client may take to say what it wants.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service as HyperService;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;

use super::limits::PeerAddress;
use super::service::Service;

/// Headers must be there within this time, and the next request on a connection, too.
const HEADERS_TIME_MAX: Duration = Duration::from_secs(30);
/// Of all headers of a request together, and of what is read ahead.
const HEADERS_MAX_BYTES: usize = 64 << 10;
const HEADERS_MAX: usize = 100;
/// A machine that is out of sockets gets some back in time.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Connections that wait to be accepted: as many as the system allows (`net.core.somaxconn`), for when many come at
/// the same moment.
const BACKLOG: u32 = 65_535;

/// Listens at `address`.
///
/// # Errors
/// When the address cannot be listened on.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A server that was killed may start again at once.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves `router` on `listener` until `shutdown` resolves; then requests in flight store what they have, and end.
///
/// # Errors
/// When requests did not end in time; what was acknowledged is stored all the same.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    service: Arc<Service>,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let connections = Arc::new(Semaphore::new(service.settings.connections_max));
    let graceful = GracefulShutdown::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accept = async {
            let permit = connections.clone().acquire_owned().await.map_err(io::Error::other)?;
            Ok::<_, io::Error>((listener.accept().await?.0, permit))
        };
        let accepted = tokio::select! {
            accepted = accept => accepted,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, permit)) => {
                let connection = graceful.watch(connection(stream, router.clone()));
                tokio::spawn(async move {
                    if let Err(error) = connection.await {
                        tracing::debug!(%error, "a connection broke");
                    }
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "no connection could be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    service.close();
    let drain_max = Duration::from_secs(service.settings.drain_max_s.into());
    tokio::time::timeout(drain_max, graceful.shutdown()).await.map_err(io::Error::other)
}

type Connection = http1::Connection<TokioIo<TcpStream>, FromPeer>;

/// The router, told who is at the other end.
struct FromPeer {
    router: TowerToHyperService<Router>,
    address: Option<PeerAddress>,
}

impl HyperService<Request<Incoming>> for FromPeer {
    type Response = <TowerToHyperService<Router> as HyperService<Request<Incoming>>>::Response;
    type Error = <TowerToHyperService<Router> as HyperService<Request<Incoming>>>::Error;
    type Future = <TowerToHyperService<Router> as HyperService<Request<Incoming>>>::Future;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        if let Some(address) = self.address {
            // Also for those who do not know this crate.
            request.extensions_mut().insert(address.0);
            request.extensions_mut().insert(address);
        }
        self.router.call(request)
    }
}

fn connection(stream: TcpStream, router: Router) -> Connection {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection will wait before it sends");
    }
    let address = stream.peer_addr().ok().map(|peer| PeerAddress(peer.ip()));
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_TIME_MAX)
        .max_buf_size(HEADERS_MAX_BYTES)
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(stream), FromPeer { router: TowerToHyperService::new(router), address })
}
