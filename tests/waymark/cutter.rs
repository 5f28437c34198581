//! A bad link: passes bytes on between a client and a server, and hangs up now and then.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub struct Cutter {
    pub url: String,
    /// How often it hung up.
    pub cuts: Arc<AtomicU64>,
}

impl Cutter {
    /// Listens for good, passes each connection on to whatever `to` says at that time, and hangs up after a number of
    /// bytes from the client that `seed` decides: at most `bytes_max`, but `cuts_max` times in all.
    pub fn start(to: impl Fn() -> String + Send + 'static, (bytes_max, cuts_max): (u64, u64), seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let cuts = Arc::new(AtomicU64::new(0));
        let counted = cuts.clone();
        std::thread::spawn(move || {
            let mut random = seed;
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(to().strip_prefix("http://").unwrap()) else { continue };
                random = next(random);
                let is_cut = counted.load(Ordering::SeqCst) < cuts_max;
                let limit = if is_cut { 1 + random % bytes_max } else { u64::MAX };
                pass_on(client, server, limit, counted.clone());
            }
        });
        Self { url, cuts }
    }
}

/// A step of a generator that is random enough to choose bytes by.
pub fn next(random: u64) -> u64 {
    random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407).rotate_left(17)
}

fn pass_on(client: TcpStream, server: TcpStream, limit: u64, cuts: Arc<AtomicU64>) {
    let (from_server, to_client) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    std::thread::spawn(move || copy(from_server, to_client, u64::MAX));
    std::thread::spawn(move || {
        if copy(client, server, limit) == limit {
            cuts.fetch_add(1, Ordering::SeqCst);
        }
    });
}

/// Copies until either side ends, or `limit` bytes were passed; then hangs up on both. Returns how many were.
fn copy(mut from: TcpStream, mut to: TcpStream, limit: u64) -> u64 {
    let mut passed = 0;
    let mut buffer = [0; 4_096];
    while passed < limit {
        let wanted = usize::try_from(limit - passed).unwrap_or(usize::MAX).min(buffer.len());
        match from.read(&mut buffer[..wanted]) {
            Ok(count) if count > 0 && to.write_all(&buffer[..count]).is_ok() => passed += count as u64,
            _ => break,
        }
    }
    // Either may be gone already.
    drop((from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both)));
    passed
}
