//! A bucket behind a line that fails: requests that are refused, cut off, or done without anybody being told.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use crate::cutter::next;

pub struct Flaky {
    pub endpoint: String,
    /// Requests that went wrong.
    pub faults: Arc<AtomicU64>,
    /// Of them, those that were done all the same.
    pub lost_replies: Arc<AtomicU64>,
}

impl Flaky {
    /// Passes requests on to the server at `to`, but of a hundred so many go wrong. The server gets one at a time, as
    /// whoever keeps a bucket decides on one after the other: moto looks whether an object is there, and then writes it.
    pub fn start(to: &str, percent: u64, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (faults, lost_replies) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let flaky = Self { endpoint, faults: faults.clone(), lost_replies: lost_replies.clone() };
        let to = to.strip_prefix("http://").unwrap().trim_end_matches('/').to_owned();
        let turn = Arc::new(Mutex::new(()));
        std::thread::spawn(move || {
            let mut random = seed;
            for client in listener.incoming().map_while(Result::ok) {
                random = next(random);
                let fault = Fault::of(random >> 16, percent);
                faults.fetch_add(u64::from(fault != Fault::None), Ordering::SeqCst);
                lost_replies.fetch_add(u64::from(fault == Fault::LostReply), Ordering::SeqCst);
                let (to, turn) = (to.clone(), turn.clone());
                // Either side may be gone by then.
                std::thread::spawn(move || drop(pass_on(client, (&to, &turn), fault)));
            }
        });
        flaky
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    Status(&'static str),
    CutOff,
    LostReply,
}

impl Fault {
    fn of(random: u64, percent: u64) -> Self {
        if random % 100 >= percent {
            return Self::None;
        }
        match random / 100 % 5 {
            0 => Self::Status("500 Internal Server Error"),
            1 => Self::Status("503 Slow Down"),
            2 => Self::Status("429 Too Many Requests"),
            3 => Self::CutOff,
            _ => Self::LostReply,
        }
    }
}

/// One request and one answer, then the line is hung up: so every request is a chance to fail.
fn pass_on(mut client: TcpStream, (to, turn): (&str, &Mutex<()>), fault: Fault) -> std::io::Result<()> {
    let request = read_request(&mut client)?;
    match fault {
        Fault::CutOff => return Ok(()),
        Fault::Status(status) => {
            let headers = "content-length: 0\r\nretry-after: 0\r\nconnection: close\r\n\r\n";
            return client.write_all(format!("HTTP/1.1 {status}\r\n{headers}").as_bytes());
        }
        Fault::None | Fault::LostReply => {}
    }
    let mut answer = Vec::new();
    {
        let _turn = turn.lock().unwrap();
        let mut server = TcpStream::connect(to)?;
        server.write_all(&request)?;
        server.read_to_end(&mut answer)?;
    }
    if fault == Fault::LostReply { Ok(()) } else { client.write_all(&answer) }
}

/// The whole request, asking that the line is hung up after it.
fn read_request(client: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 65_536];
    let mut more = |bytes: &mut Vec<u8>| match client.read(&mut buffer)? {
        0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
        count => {
            bytes.extend_from_slice(&buffer[..count]);
            Ok::<_, std::io::Error>(())
        }
    };
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        more(&mut bytes)?;
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let length =
        |line: &str| line.to_ascii_lowercase().strip_prefix("content-length:").map(|n| n.trim().parse().unwrap());
    let length: usize = head.lines().find_map(length).unwrap_or(0);
    while bytes.len() < end + length {
        more(&mut bytes)?;
    }
    let kept = head.trim_end().lines().filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
    let head: String = kept.map(|line| format!("{line}\r\n")).collect();
    Ok([format!("{head}connection: close\r\n\r\n").as_bytes(), &bytes[end..]].concat())
}
