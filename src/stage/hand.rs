//! A process of its own for what strangers filmed: a decoder that dies of it, hangs or wants all memory takes nobody
//! with it. Whoever gives it work waits for an answer, for so long, and starts another one when there is none.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::time::{interval, sleep, timeout};
use waymark_datasets::ClipId;

/// What is to be done with a clip: a line of JSON to the process.
#[derive(Debug, Serialize, Deserialize)]
pub struct Task {
    /// The clip.
    pub clip: ClipId,
    /// Not to process it, but to refuse all of it, because of this.
    pub refuse: Option<String>,
}

/// What became of it: a line of JSON from the process.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// The models are loaded.
    Ready,
    /// The clip has its record now; so many frames were published.
    Done(u64),
    /// It could not be done, for no fault of the clip's.
    Failed(String),
}

/// What a task came to.
pub enum Worked {
    /// See [`Said::Done`].
    Done(u64),
    /// See [`Said::Failed`].
    Failed(String),
    /// The process ended, or was ended because it took too long.
    Died(String),
}

/// How much a process may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For one clip.
    pub time_max: Duration,
    /// Memory that it holds, models included. It is watched from outside: a decoder whose memory is denied gives up a
    /// frame and goes on, and the sender would be blamed for it.
    pub memory_max_bytes: u64,
}

/// Whoever does the work: one process at a time.
pub struct Hand {
    arguments: Vec<OsString>,
    limits: Limits,
    running: Option<Running>,
}

/// Starting takes as long as loading models does.
const START_TIME_MAX: Duration = Duration::from_secs(120);
/// Between two looks at how much memory a process holds.
const MEMORY_LOOK: Duration = Duration::from_millis(50);

impl Hand {
    /// Starts a process of this program with `arguments`, and waits until it is ready.
    pub async fn start(arguments: Vec<OsString>, limits: Limits) -> anyhow::Result<Self> {
        let running = Running::start(&arguments).await?;
        Ok(Self { arguments, limits, running: Some(running) })
    }

    /// Has `task` done. An error when no process can be started.
    pub async fn work(&mut self, task: &Task) -> anyhow::Result<Worked> {
        let mut running = match self.running.take() {
            Some(running) => running,
            None => Running::start(&self.arguments).await?,
        };
        if let Err(error) = running.tell(task) {
            return Ok(Worked::Died(error.to_string()));
        }
        let Limits { time_max, memory_max_bytes } = self.limits;
        let id = running.child.id();
        let worked = tokio::select! {
            said = running.said.recv() => match said {
                Some(Said::Done(frames)) => Worked::Done(frames),
                Some(Said::Failed(error)) => Worked::Failed(error),
                Some(Said::Ready) | None => return Ok(Worked::Died(running.end())),
            },
            () = sleep(time_max) => return Ok(Worked::Died(format!("it took longer than {} s", time_max.as_secs()))),
            () = outgrown(id, memory_max_bytes) => {
                return Ok(Worked::Died(format!("it took more memory than {memory_max_bytes} bytes")));
            }
        };
        self.running = Some(running);
        Ok(worked)
    }
}

struct Running {
    child: Child,
    tasks: ChildStdin,
    said: mpsc::UnboundedReceiver<Said>,
}

impl Running {
    async fn start(arguments: &[OsString]) -> anyhow::Result<Self> {
        let mut command = this_program("")?;
        // A key that asks us to end asks us alone: the clip at hand is brought to its end.
        command.args(arguments).process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().context("a process for clips cannot be started")?;
        let (tasks, lines) = (child.stdin.take(), child.stdout.take());
        let (tell, said) = mpsc::unbounded_channel();
        let lines = lines.context("the process for clips has no output")?;
        std::thread::spawn(move || {
            let parsed =
                BufReader::new(lines).lines().map_while(Result::ok).map_while(|l| serde_json::from_str(&l).ok());
            // Nobody listens any more once it was given up.
            parsed.map_while(|said| tell.send(said).ok()).for_each(drop);
        });
        let tasks = tasks.context("the process for clips has no input")?;
        let mut running = Self { child, tasks, said };
        match timeout(START_TIME_MAX, running.said.recv()).await {
            Ok(Some(Said::Ready)) => {
                tracing::info!("a process for clips is ready");
                Ok(running)
            }
            Ok(_) => bail!("the process for clips did not start: {}", running.end()),
            Err(_) => bail!("the process for clips was not ready in {} s", START_TIME_MAX.as_secs()),
        }
    }

    fn tell(&mut self, task: &Task) -> anyhow::Result<()> {
        Ok(writeln!(self.tasks, "{}", serde_json::to_string(task)?)?)
    }

    /// How it ended, as it seems to have done.
    fn end(mut self) -> String {
        match self.child.kill().and_then(|()| self.child.wait()) {
            Ok(status) => format!("it ended with {status}"),
            Err(error) => error.to_string(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait().map(drop)) {
            tracing::debug!(%error, "a process for clips cannot be ended");
        }
    }
}

/// Resolves once a process holds more than that; never where the system does not tell.
async fn outgrown(id: u32, memory_max_bytes: u64) {
    let mut looks = interval(MEMORY_LOOK);
    while held_bytes(id).is_none_or(|bytes| bytes <= memory_max_bytes) {
        looks.tick().await;
    }
}

/// `RssAnon: 1234 kB` among the lines that Linux has about a process: what is not just a file that is mapped.
fn held_bytes(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let kib = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    kib.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1_024)
}

/// This program, with `limits` in the shell's words; never with a core file, which would have raw pixels in it.
pub fn this_program(limits: &str) -> anyhow::Result<Command> {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &format!(r#"ulimit -c 0 && {limits} exec "$@""#), "waymark"]);
    command.arg(std::env::current_exe().context("where this program is")?);
    Ok(command)
}
