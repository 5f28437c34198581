//! `waymark device zone`: places that are never shown.

use std::path::PathBuf;

use serde_json::json;
use waymark_ingest::privacy::Zone;

use super::Ask;
use crate::Done;
use crate::cli::{ZoneCommand, ZoneFile};
use crate::zones;

pub(super) fn run(ask: &Ask, what: &ZoneCommand) -> anyhow::Result<Done> {
    match what {
        ZoneCommand::Add { name, at, radius, file } => {
            let (file, zone) = (path(file), Zone::new(name, *at, *radius)?);
            let mut all = zones::read(&file)?;
            all.retain(|other| other.name() != zone.name());
            all.push(zone.clone());
            zones::write(&file, &all)?;
            let text = format!("{}; {} zones in {}", line(&zone), all.len(), file.display());
            ask.say(&json!({ "zone": zone, "zones": all.len(), "file": file }), &text)?;
        }
        ZoneCommand::List { file } => {
            for zone in zones::read(&path(file))? {
                ask.say(&zone, &line(&zone))?;
            }
        }
        ZoneCommand::Remove { name, file } => {
            let file = path(file);
            let mut all = zones::read(&file)?;
            let before = all.len();
            all.retain(|zone| zone.name() != name);
            anyhow::ensure!(all.len() < before, "{} has no zone {name:?}", file.display());
            zones::write(&file, &all)?;
            let text = format!("removed; {} zones in {}", all.len(), file.display());
            ask.say(&json!({ "removed": name, "zones": all.len(), "file": file }), &text)?;
        }
    }
    Ok(Done::Yes)
}

/// The command line has one of the two.
fn path(file: &ZoneFile) -> PathBuf {
    let named = file.zones.clone().or_else(|| file.key.as_deref().map(zones::beside_key));
    named.unwrap_or_else(|| PathBuf::from("zones.toml"))
}

fn line(zone: &Zone) -> String {
    let (latitude, longitude) = (zone.centre().latitude_deg(), zone.centre().longitude_deg());
    format!("{}: {} m around {latitude},{longitude}", zone.name(), zone.radius_m())
}
