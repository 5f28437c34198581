//! Storing takes turns: what is more than the disk can do waits for a moment, and is sent away then, while it is still
//! cheap to do so. One device has few turns at a time, so that one that floods keeps nobody waiting but itself.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::available_parallelism;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until, timeout};
use waymark_datasets::DeviceId;

use super::line::Line;
use super::paces::Paces;
use super::problem::Problem;
use super::settings::ServeSettings;

/// Who waits longer would get an answer that nobody waits for any more.
const WAIT_MAX: Duration = Duration::from_millis(500);
/// So many may wait for a moment: one more would hardly get a turn in time.
const WAITING_MAX: usize = 192;
/// A disk of this machine is no faster with more turns than this for each processor: each only takes longer.
const TURNS_PER_CORE: usize = 4;
/// A bucket is behind a network, and most of a turn is waiting for that.
const TURNS_OF_BUCKET: usize = 96;
const DEVICE_TURNS_OF_BUCKET: usize = 8;
/// Each may take two of the 512 threads that tokio has for what blocks: its own, and that of a decision.
const TURNS_MAX: usize = 200;

/// Turns to store something.
#[derive(Debug)]
pub(super) struct Turns {
    all: Arc<Semaphore>,
    /// For one of all turns. Those who wait for one of their device's keep nobody else out.
    line: Line,
    device_max: usize,
    of_devices: Mutex<HashMap<DeviceId, OfDevice>>,
    paces: Mutex<Paces>,
}

/// What one device may do at a time.
#[derive(Debug, Clone)]
struct OfDevice {
    turns: Arc<Semaphore>,
    /// To wait for a turn with an announcement: so that what was announced comes before what is not.
    announcing: Arc<Semaphore>,
}

/// One turn, over when it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    _permit: OwnedSemaphorePermit,
    _of_device: Option<OwnedSemaphorePermit>,
}

impl Turns {
    /// Turns to store in a folder, or in a bucket.
    pub(super) fn new(settings: &ServeSettings, is_folder: bool) -> Self {
        let cores = available_parallelism().map_or(1, NonZeroUsize::get);
        let of_folder = (cores.saturating_mul(TURNS_PER_CORE), 1);
        let (usual, device_usual) = if is_folder { of_folder } else { (TURNS_OF_BUCKET, DEVICE_TURNS_OF_BUCKET) };
        let count = settings.storing_max.unwrap_or(usual).clamp(1, TURNS_MAX);
        Self {
            all: Arc::new(Semaphore::new(count)),
            line: Line::new(WAITING_MAX, count.div_ceil(2)),
            device_max: settings.device_storing_max.unwrap_or(device_usual).max(1),
            of_devices: Mutex::default(),
            paces: Mutex::new(Paces::new(settings.device_storing_per_s, Instant::now())),
        }
    }

    /// Whether it is worth waiting for a turn with something new: to be asked before it costs anything.
    pub(super) fn check(&self) -> Result<(), Problem> {
        if self.line.is_open(Instant::now()) { Ok(()) } else { Err(busy()) }
    }

    /// A turn for a request that may as well come again later: 503 if there is none in time.
    pub(super) async fn begin(&self) -> Result<Turn, Problem> {
        in_time(self.wait_from(Instant::now(), None)).await
    }

    /// The same for a clip that `device` announces.
    pub(super) async fn begin_announcing(&self, device: &DeviceId) -> Result<Turn, Problem> {
        self.check()?;
        let in_line = async {
            let _first = self.of_device(device).announcing.acquire_owned().await.ok()?;
            self.wait_for(device).await
        };
        in_time(in_line).await
    }

    /// Makes `turn` one of the device that it turned out to be of. While that has too many, others have this one.
    pub(super) async fn narrow(&self, turn: Turn, device: &DeviceId) -> Result<Turn, Problem> {
        let Ok(permit) = self.of_device(device).turns.try_acquire_owned() else {
            drop(turn);
            return in_time(self.wait_for(device)).await;
        };
        let due = self.reserve(device);
        if due <= Instant::now() {
            return Ok(Turn { _of_device: Some(permit), ..turn });
        }
        drop(turn);
        in_time(self.wait_from(due, Some(permit))).await
    }

    /// A turn for a request of `device` that is let through, however long that takes, as it has brought its bytes.
    pub(super) async fn wait_for(&self, device: &DeviceId) -> Option<Turn> {
        // Nobody closes a semaphore; if somebody did, everybody might go on.
        let permit = self.of_device(device).turns.acquire_owned().await.ok()?;
        self.wait_from(self.reserve(device), Some(permit)).await
    }

    /// Forgets the devices that have no turn, so that memory does not grow with time.
    pub(super) fn forget_idle(&self) {
        let is_used = |of_device: &OfDevice| {
            [&of_device.turns, &of_device.announcing].iter().any(|permits| Arc::strong_count(permits) > 1)
        };
        self.devices(|devices| devices.retain(|_, of_device| is_used(of_device)));
    }

    async fn wait_from(&self, due: Instant, of_device: Option<OwnedSemaphorePermit>) -> Option<Turn> {
        // A timer has steps of a millisecond.
        if due > Instant::now() {
            sleep_until(due).await;
        }
        let place = self.line.join(Instant::now());
        let permit = self.all.clone().acquire_owned().await.ok()?;
        drop(place);
        Some(Turn { _permit: permit, _of_device: of_device })
    }

    fn reserve(&self, device: &DeviceId) -> Instant {
        self.paces.lock().unwrap_or_else(PoisonError::into_inner).reserve(device, Instant::now())
    }

    fn of_device(&self, device: &DeviceId) -> OfDevice {
        let idle =
            || OfDevice { turns: Arc::new(Semaphore::new(self.device_max)), announcing: Arc::new(Semaphore::new(1)) };
        self.devices(|devices| devices.entry(device.clone()).or_insert_with(idle).clone())
    }

    /// No step under the lock can stop half way.
    fn devices<T>(&self, work: impl FnOnce(&mut HashMap<DeviceId, OfDevice>) -> T) -> T {
        work(&mut self.of_devices.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn in_time(turn: impl Future<Output = Option<Turn>>) -> Result<Turn, Problem> {
    let turn = timeout(WAIT_MAX, turn).await.ok().flatten();
    turn.ok_or_else(busy)
}

fn busy() -> Problem {
    Problem::busy("too many requests at once: try again later")
}
