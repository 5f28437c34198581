//! The town itself as tables: what stands in it, and how its streets run.

use std::path::Path;

use waymark_datasets::Heading;

use super::{ObjectRow, StreetRow, TableFile};
use crate::error::Error;
use crate::plan::TownEpoch;
use crate::plane::Vec2;
use crate::town::{MapObject, Street, Town};

/// Writes `objects.parquet` and `streets.parquet` into the folder `truth`.
pub(crate) fn survey(town: &Town, truth: &Path) -> Result<(), Error> {
    TableFile::write(truth, &town.objects.iter().map(object).collect::<Result<Vec<_>, _>>()?)?;
    let streets = (1..).zip(&town.streets.streets).map(|(id, street)| points(id, street));
    TableFile::write(truth, &streets.collect::<Result<Vec<_>, _>>()?.concat())
}

fn object(object: &MapObject) -> Result<ObjectRow, Error> {
    let (latitude, longitude) = object.centre.ground().degrees();
    Ok(ObjectRow {
        object_id: object.id,
        class: object.kind.class().parse()?,
        text: object.kind.text(),
        latitude_deg: latitude.try_into()?,
        longitude_deg: longitude.try_into()?,
        azimuth_deg: Heading::wrapping(object.facing.heading_rad().to_degrees()),
        height_m: object.centre.z,
        in_epoch_1: object.stands_in(TownEpoch::One),
        in_epoch_2: object.stands_in(TownEpoch::Two),
    })
}

/// The rows of one street.
fn points(street_id: u32, street: &Street) -> Result<Vec<StreetRow>, Error> {
    let row = |(point, at): (u32, &Vec2)| {
        let (latitude, longitude) = at.degrees();
        Ok(StreetRow {
            street_id,
            point,
            latitude_deg: latitude.try_into()?,
            longitude_deg: longitude.try_into()?,
            width_m: street.kerb_m() * 2.0,
        })
    };
    (0..).zip(street.line.points()).map(row).collect()
}
