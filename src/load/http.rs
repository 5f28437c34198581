//! HTTP/1.1 as far as a load generator speaks it: what it costs should not be measured.

use anyhow::{Context, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Headers and body of an answer are small.
const ANSWER_MAX_BYTES: usize = 1 << 20;

/// One connection.
pub struct Connection {
    stream: TcpStream,
    /// Read, and not yet used.
    ahead: Vec<u8>,
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    headers: String,
    pub body: Vec<u8>,
}

impl Answer {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

impl Connection {
    pub async fn open(address: &str) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, ahead: Vec::new() })
    }

    /// Sends a request and waits for its answer. `headers` are whole lines; the length is added.
    pub async fn ask(&mut self, line: &str, headers: &str, body: &[&[u8]]) -> anyhow::Result<Answer> {
        let length: usize = body.iter().map(|part| part.len()).sum();
        let head = format!("{line} HTTP/1.1\r\nhost: bench\r\n{headers}content-length: {length}\r\n\r\n");
        // Small requests go out in one piece.
        let first = body.first().copied().unwrap_or_default();
        self.send(&[head.as_bytes(), first].concat()).await?;
        for part in body.iter().skip(1) {
            self.send(part).await?;
        }
        self.answer(line.starts_with("HEAD")).await
    }

    /// Sends bytes, whatever they are.
    pub async fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes).await
    }

    async fn answer(&mut self, is_head: bool) -> anyhow::Result<Answer> {
        let end = loop {
            if let Some(at) = self.ahead.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            self.more().await?;
        };
        let head = String::from_utf8(self.ahead.drain(..end).collect())?;
        let (line, headers) = head.split_once("\r\n").context("an answer without a status line")?;
        let status =
            line.split(' ').nth(1).and_then(|status| status.parse().ok()).context("an answer without a status")?;
        let mut answer = Answer { status, headers: headers.into(), body: Vec::new() };
        if is_head || status == 204 {
            return Ok(answer);
        }
        answer.body = match answer.header("content-length") {
            Some(length) => self.exactly(length.parse()?).await?,
            None if answer.header("transfer-encoding").is_some() => self.chunks().await?,
            None => Vec::new(),
        };
        Ok(answer)
    }

    async fn chunks(&mut self) -> anyhow::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let end = loop {
                if let Some(at) = self.ahead.windows(2).position(|window| window == b"\r\n") {
                    break at;
                }
                self.more().await?;
            };
            let line = String::from_utf8(self.ahead.drain(..end + 2).collect())?;
            let length = usize::from_str_radix(line.trim(), 16)?;
            ensure!(body.len() + length <= ANSWER_MAX_BYTES, "an answer without an end");
            body.extend(self.exactly(length).await?);
            self.exactly(2).await?;
            if length == 0 {
                return Ok(body);
            }
        }
    }

    async fn exactly(&mut self, length: usize) -> anyhow::Result<Vec<u8>> {
        ensure!(length <= ANSWER_MAX_BYTES, "an answer of {length} bytes");
        while self.ahead.len() < length {
            self.more().await?;
        }
        Ok(self.ahead.drain(..length).collect())
    }

    /// Waits until the server hangs up, or says something.
    pub async fn heard(&mut self) -> bool {
        self.more().await.is_ok()
    }

    async fn more(&mut self) -> anyhow::Result<()> {
        ensure!(self.ahead.len() <= ANSWER_MAX_BYTES, "an answer without an end");
        let mut buffer = [0; 4_096];
        let count = self.stream.read(&mut buffer).await?;
        ensure!(count > 0, "the server hung up");
        self.ahead.extend_from_slice(buffer.get(..count).unwrap_or_default());
        Ok(())
    }
}
