//! What stands there: as found, and as it is.

use tiny_skia::Pixmap;
use waymark_datasets::Position;
use waymark_datasets::rows::FeatureState;

use super::MapContent;
use super::mark::{Look, Style, error_line};
use super::view::View;

/// Draws true things hollow, found ones filled over them, and a line between the two.
pub fn draw(picture: &mut Pixmap, view: &View, content: &MapContent<'_>) {
    let place = |at: Position| view.place(at.point().0);
    let things = content.truth.map_or(&[][..], |truth| &truth.things);
    for thing in things.iter().filter(|thing| thing.stands) {
        let look = if thing.well_seen { Look::True } else { Look::Unseen };
        Style::of(&thing.class).draw(picture, place(thing.at), look);
    }
    for thing in things {
        if let Some(found_at) = thing.found_at {
            error_line(picture, (place(found_at), place(thing.at)));
        }
    }
    let real: Vec<Position> = things.iter().filter_map(|thing| thing.found_at).collect();
    for feature in content.features {
        let at = Position { latitude: feature.latitude_deg, longitude: feature.longitude_deg };
        let is_wrong = content.truth.is_some() && !real.contains(&at);
        let style = Style::of(&feature.class);
        let look = match feature.state {
            FeatureState::Gone => Look::Gone,
            FeatureState::Present | FeatureState::New if is_wrong => Look::Wrong,
            FeatureState::Present | FeatureState::New => Look::Found,
        };
        style.draw(picture, place(at), look);
        if feature.state == FeatureState::New {
            style.draw(picture, place(at), Look::New);
        }
    }
}
